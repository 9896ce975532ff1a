package io.github.smalti.weights.hub.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListingTest {
    @TempDir
    Path folder;

    @Test
    void listsFilesAndLinksButNotFolders() throws IOException {
        Path file = Files.writeString(folder.resolve("b"), "1");
        Path below = Files.writeString(Files.createDirectories(folder.resolve("c/d")).resolve("e"), "2");
        Path link = Files.createSymbolicLink(folder.resolve("a"), Path.of("nowhere"));
        assertEquals(List.of(link, file, below), Listing.files(folder, 8, _ -> true));
        assertEquals(List.of(below), Listing.files(folder, 8, path -> path.endsWith("e")));
        assertEquals(List.of(link, file), Listing.files(folder, 2, _ -> true));
    }

    @Test
    void listsNothingWhereThereIsNoFolder() throws IOException {
        assertEquals(List.of(), Listing.files(folder.resolve("missing"), 8, _ -> true));
    }

    @Test
    void leavesOutWhatVanishesMeanwhile() throws IOException {
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            files.add(Files.writeString(Files.createDirectories(folder.resolve("f" + i)).resolve("x"), "1"));
            files.add(Files.writeString(folder.resolve("g" + i), "1"));
        }
        List<Path> listed = Listing.files(folder, 8, path -> {
            files.stream().filter(other -> !other.equals(path)).forEach(ListingTest::remove);
            return true;
        });
        assertEquals(1, listed.size(), listed.toString());
        assertTrue(Files.exists(listed.getFirst()));
    }

    private static void remove(Path file) {
        try {
            if (Files.deleteIfExists(file) && file.endsWith("x")) Files.delete(file.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
