package io.github.smalti.pipeline.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    Path folder;

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /// The disk is full after some bytes.
    private static AtomicFile.Content failing(int after) {
        return out -> {
            out.write(new byte[after]);
            throw new IOException("No space left on device");
        };
    }

    @Test
    void fullDiskLeavesNothingBehind() throws IOException {
        for (int after : new int[]{0, 1, 100_000}) {
            assertThrows(IOException.class, () -> AtomicFile.create(folder.resolve("new"), failing(after)));
            assertEquals(List.of(), names());
        }
    }

    @Test
    void fullDiskKeepsTheOldFile() throws IOException {
        Path file = folder.resolve("old");
        Files.writeString(file, "old");
        assertThrows(IOException.class, () -> AtomicFile.replace(file, failing(100)));
        assertEquals(List.of("old"), names());
        assertEquals("old", Files.readString(file));
    }

    @Test
    void otherFaultsLeaveNothingBehind() throws IOException {
        assertThrows(IllegalStateException.class, () -> AtomicFile.create(folder.resolve("new"), _ -> {
            throw new IllegalStateException("fault");
        }));
        assertEquals(List.of(), names());
    }

    @Test
    void fileThatAppearsMeanwhileIsKept() throws IOException {
        Path file = folder.resolve("file");
        assertThrows(FileAlreadyExistsException.class,
                () -> AtomicFile.create(file, _ -> Files.writeString(file, "theirs")));
        assertEquals("theirs", Files.readString(file));
        assertEquals(List.of("file"), names());
    }

    @Test
    void oneOfManyWritersWins() throws Exception {
        Path file = folder.resolve("file");
        List<Callable<Boolean>> writers = IntStream.range(0, 20).<Callable<Boolean>>mapToObj(i -> () -> {
            try {
                AtomicFile.create(file, out -> out.write(("content " + i).getBytes()));
                return true;
            } catch (FileAlreadyExistsException _) {
                return false;
            }
        }).toList();
        int winners = 0;
        try (var threads = Executors.newFixedThreadPool(4)) {
            for (Future<Boolean> writer : threads.invokeAll(writers)) winners += writer.get() ? 1 : 0;
        }
        assertEquals(1, winners);
        assertEquals(List.of("file"), names());
        assertFalse(Files.readString(file).isEmpty());
    }

    @Test
    void saysWhyInWords() {
        assertEquals("No space left on device", AtomicFile.reason(new IOException("No space left on device")));
        assertEquals("there is no such folder", AtomicFile.reason(new NoSuchFileException("/a")));
        assertEquals("permission denied", AtomicFile.reason(new AccessDeniedException("/a")));
    }
}
