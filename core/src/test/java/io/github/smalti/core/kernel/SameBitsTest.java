package io.github.smalti.core.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class SameBitsTest {
    @Test
    void vectorKernelsGiveTheBitsOfTheirScalarTwins() {
        try (Arena arena = Arena.ofConfined()) {
            for (KernelCases.Case c : KernelCases.all(arena)) {
                float[] want = c.run().apply(Kernels.scalar());
                float[] got = c.run().apply(new VectorKernels());
                for (int i = 0; i < want.length; i++) {
                    if (Float.floatToRawIntBits(want[i]) != Float.floatToRawIntBits(got[i])) {
                        throw new AssertionError(c.name() + " [" + i + "]: scalar " + want[i] + ", vector " + got[i]);
                    }
                }
            }
        }
    }

    @Test
    void everyVectorWidthGivesTheSameBits() throws Exception {
        List<String> scalar = digests(0, true);
        assertEquals("kernels: scalar", scalar.getFirst());
        assertTrue(scalar.size() > 100, "cases ran");
        int widest = FloatVector.SPECIES_PREFERRED.vectorBitSize();
        for (int bits : new int[]{128, 256, 512}) {
            if (bits > widest) continue;
            List<String> vector = digests(bits, true);
            assertEquals("kernels: vector " + bits, vector.getFirst());
            assertEquals(scalar.subList(1, scalar.size()), vector.subList(1, vector.size()), bits + " bits");
        }
    }

    @Test
    void runsOnScalarKernelsWithoutTheVectorModuleAndSaysWhatToAdd() throws Exception {
        List<String> lines = digests(-1, false);
        assertTrue(lines.contains("kernels: scalar"), lines.toString());
        long advice = lines.stream().filter(l -> l.contains("--add-modules jdk.incubator.vector")).count();
        assertEquals(1, advice, "said once");
    }

    private static List<String> digests(int bits, boolean vectorModule) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (vectorModule) command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        if (bits >= 0) command.add("-Dsmalti.vector.bits=" + bits);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), KernelDigest.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return Arrays.stream(output.split("\n")).filter(l -> !l.contains("Using incubator modules")).toList();
    }
}
