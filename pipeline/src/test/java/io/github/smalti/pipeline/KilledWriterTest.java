package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Processes killed while they write pictures: 6, or 100 with `-Psoak`. No half picture lies under its final name.
class KilledWriterTest {
    private static final int KILLS = Integer.getInteger("smalti.kills", 6);

    @TempDir
    Path folder;

    @Test
    void leavesWholePicturesOnly() throws IOException, InterruptedException {
        long seed = Long.getLong("tests.seed", System.nanoTime());
        var random = new Random(seed);
        Path pictures = Files.createDirectory(folder.resolve("pictures"));
        int whileWriting = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            ChildJvm child = ChildJvm.start(folder, Map.of(), List.of("-Xmx64m", "-XX:TieredStopAtLevel=1"),
                    WriteMain.class, pictures.toString());
            child.awaitOutput();
            Thread.sleep(random.nextInt(200));
            child.kill();
            String point = "kill " + kill + ", -Dtests.seed=" + seed;
            try (Stream<Path> files = Files.list(pictures)) {
                for (Path file : files.toList()) {
                    if (file.toString().endsWith(".tmp")) {
                        whileWriting++;
                        Files.delete(file);
                        continue;
                    }
                    assertTrue(file.getFileName().toString().matches("picture-[0-2]\\.png"), file + ", " + point);
                    assertEquals(WriteMain.SIDE, ImageFiles.read(file).rows(), point);
                }
            }
        }
        System.out.println(whileWriting + " of " + KILLS + " killed in the middle of a picture");
        boolean isEnough = KILLS < 50 || whileWriting > KILLS / 10; // few may all fall between two pictures
        assertTrue(isEnough, whileWriting + " killed in the middle of a picture, seed " + seed);
    }
}
