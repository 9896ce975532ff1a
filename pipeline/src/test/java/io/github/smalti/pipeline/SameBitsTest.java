package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Codes, pixels and scores are the same bits with scalar kernels and vectors of any width; each runs in a JVM of its
/// own, since kernels are chosen once.
class SameBitsTest {
    private static final String MODULES = "--add-modules=jdk.incubator.vector";
    private static final String ADVICE = "add --add-modules jdk.incubator.vector to the java command";

    @TempDir
    Path folder;

    /// Widths that this machine has; scalar and 128 bits always.
    private static List<Integer> widths() throws IOException {
        Path facts = Path.of("/proc/cpuinfo");
        String flags = Files.exists(facts) ? Files.readString(facts) : "";
        List<Integer> widths = new ArrayList<>(List.of(0, 128));
        if (flags.contains(" avx2 ")) widths.add(256);
        if (flags.contains(" avx512f ") && flags.contains(" avx512dq ")) widths.add(512);
        return widths;
    }

    private String draw(String... options) throws IOException, InterruptedException {
        ChildJvm.Result result = ChildJvm.start(folder, Map.of(), List.of(options), DrawMain.class).await();
        assertEquals(0, result.exit(), result.errors());
        int said = (result.errors() + " ").split(ADVICE, -1).length - 1;
        assertEquals(List.of(options).contains(MODULES) ? 0 : 1, said, result.errors());
        return result.output();
    }

    @Test
    void drawsTheSameBitsAtEveryVectorWidth() throws Exception {
        String expected = DrawMain.hash();
        assertTrue(expected.matches("[0-9a-f]{64}"), expected);
        for (int bits : widths()) assertEquals(expected, draw(MODULES, "-Dsmalti.vector.bits=" + bits), bits + " bits");
    }

    @Test
    void runsWithoutTheVectorModuleAndSaysOnceWhatToAdd() throws Exception {
        assertEquals(draw(MODULES, "-Dsmalti.threads=1"), draw());
    }
}
