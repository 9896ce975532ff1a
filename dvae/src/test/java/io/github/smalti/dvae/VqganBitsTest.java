package io.github.smalti.dvae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.golden.GoldenCase;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VqganBitsTest {
    private static final GoldenCase GOLDEN = GoldenCase.of("vqgan/f4-attn/case");

    /// Codes of the golden picture and all bits of the golden codes' drawing.
    private static int[] results(Vqgan vqgan) {
        int[] found = vqgan.encode(new Pixels(24, 24, GOLDEN.floats("image")));
        float[] drawn = vqgan.decodeRaw(GOLDEN.ints("codes"), 6, 6).toPixels();
        int[] out = Arrays.copyOf(found, found.length + drawn.length);
        for (int i = 0; i < drawn.length; i++) out[found.length + i] = Float.floatToRawIntBits(drawn[i]);
        return out;
    }

    private static Vqgan load(Compute compute) { return Vqgan.load(GoldenCase.path("vqgan/f4-attn"), compute); }

    @ParameterizedTest
    @CsvSource({"1", "2", "7"})
    void bitsDependOnNeitherThreadsNorKernels(int threads) {
        try (Team team = new Team(threads);
                Vqgan scalar = load(new Compute(Kernels.scalar(), team));
                Vqgan best = load(new Compute(Kernels.best(), team));
                Team one = new Team(1);
                Vqgan reference = load(new Compute(Kernels.best(), one))) {
            int[] want = results(reference);
            assertArrayEquals(want, results(scalar));
            assertArrayEquals(want, results(best));
        }
    }

    @Test
    void threadsMayShareAModel() throws Exception {
        try (Vqgan vqgan = load(Compute.shared()); ExecutorService pool = Executors.newFixedThreadPool(4)) {
            int[] want = results(vqgan);
            Callable<int[]> task = () -> results(vqgan);
            int checked = 0;
            for (Future<int[]> result : pool.invokeAll(IntStream.range(0, 8).mapToObj(_ -> task).toList())) {
                assertArrayEquals(want, result.get());
                checked++;
            }
            assertEquals(8, checked);
        }
    }
}
