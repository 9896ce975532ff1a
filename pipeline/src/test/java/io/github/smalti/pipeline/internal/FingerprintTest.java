package io.github.smalti.pipeline.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FingerprintTest {
    @TempDir
    Path folder;
    private Fingerprint fingerprint;
    private Path dalle;

    @BeforeEach
    void makeModel() throws IOException {
        fingerprint = new Fingerprint(new CacheFolder(_ -> folder.resolve("cache").toString(), folder, folder, "a"));
        dalle = Files.createDirectory(folder.resolve("dalle"));
        Files.writeString(dalle.resolve("config.json"), "{}");
        Files.write(dalle.resolve("flax_model.msgpack"), new byte[3 << 20]);
    }

    private String hash() throws IOException { return fingerprint.of(Map.of("dalle", dalle)); }

    /// `(cd model; sha256sum dalle/* | sha256sum)` gives the same.
    @Test
    void isTheHashOfTheListThatSha256sumPrints() throws IOException {
        var digest = Hashes.sha256();
        digest.update(("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a  dalle/config.json\n"
                + Hashes.of(dalle.resolve("flax_model.msgpack")) + "  dalle/flax_model.msgpack\n").getBytes());
        assertEquals(Hashes.hex(digest), hash());
    }

    @Test
    void ignoresWhatIsNoPartOfTheModel() throws IOException {
        String hash = hash();
        Files.writeString(dalle.resolve("README.md"), "x");
        Files.writeString(dalle.resolve(".DS_Store"), "x");
        Files.createDirectory(dalle.resolve("more.json"));
        assertEquals(hash, hash());
        Files.writeString(dalle.resolve("vocab.json"), "{}");
        assertNotEquals(hash, hash());
    }

    @Test
    void seesThatALargeFileChanged() throws IOException {
        String hash = hash();
        Path file = dalle.resolve("flax_model.msgpack");
        byte[] bytes = new byte[3 << 20];
        bytes[1000] = 1;
        Files.write(file, bytes);
        Files.setLastModifiedTime(file, FileTime.fromMillis(12345));
        assertNotEquals(hash, hash());
        Files.write(file, new byte[3 << 20]);
        Files.setLastModifiedTime(file, FileTime.fromMillis(54321));
        assertEquals(hash, hash());
    }

    @Test
    void keepsHashesOfLargeFiles() throws IOException {
        String hash = hash();
        Path note;
        try (var notes = Files.list(folder.resolve("cache/hashes"))) {
            note = notes.toList().getFirst();
        }
        String text = Files.readString(note);
        Files.writeString(note, text.substring(0, text.length() - 64) + "0".repeat(64));
        assertNotEquals(hash, hash(), "the note is believed");
        for (String damaged : new String[]{"", "x", text + "0", text.substring(1)}) {
            Files.writeString(note, damaged);
            assertEquals(hash, hash(), "a damaged note is not");
        }
    }

    @Test
    void worksWithoutAFolderToWriteTo() throws IOException {
        String hash = hash();
        var nowhere = new CacheFolder(_ -> dalle.resolve("config.json/cache").toString(), folder, folder, "a");
        assertEquals(hash, new Fingerprint(nowhere).of(Map.of("dalle", dalle)));
    }

    @Test
    void aFileCountsLikeItsFolder() throws IOException {
        Path alone = Files.createDirectory(folder.resolve("vqgan"));
        Path file = Files.writeString(alone.resolve("last.ckpt"), "x");
        assertEquals(fingerprint.of(Map.of("vqgan", alone)), fingerprint.of(Map.of("vqgan", file)));
    }
}
