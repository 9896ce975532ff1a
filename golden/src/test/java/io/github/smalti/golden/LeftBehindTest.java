package io.github.smalti.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeftBehindTest {
    @TempDir
    Path folder;

    @Test
    void seesFilesThatStayMapped() throws Exception {
        Path file = Files.write(folder.resolve("file"), new byte[100]);
        long before = LeftBehind.mappedFiles();
        try (Arena arena = Arena.ofShared(); FileChannel channel = FileChannel.open(file)) {
            channel.map(FileChannel.MapMode.READ_ONLY, 0, 100, arena);
            assertEquals(before + 1, LeftBehind.mappedFiles());
        }
        assertEquals(before, LeftBehind.mappedFiles());
    }
}
