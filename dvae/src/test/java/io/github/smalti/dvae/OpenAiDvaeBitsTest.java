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

class OpenAiDvaeBitsTest {
    private static final GoldenCase GOLDEN = GoldenCase.of("openai-dvae/b/case");
    private static final Pixels PICTURE = OpenAiDvaeGoldenTest.pictures(GOLDEN)[0];

    /// All bits of the golden picture's logits and of the golden codes' drawing.
    private static int[] results(OpenAiDvae codec) {
        float[] logits = codec.logits(PICTURE);
        float[] drawn = codec.decodeRaw(GOLDEN.ints("codes"), 3, 5).toPixels();
        float[] pixels = codec.decode(GOLDEN.ints("codes"), 3, 5).values();
        float[] all = OpenAiDvaeGoldenTest.joined(logits, drawn, pixels);
        int[] out = new int[all.length];
        Arrays.setAll(out, i -> Float.floatToRawIntBits(all[i]));
        return out;
    }

    private static OpenAiDvae load(Compute compute) {
        return OpenAiDvae.load(GoldenCase.path("openai-dvae/b"), compute);
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "7"})
    void bitsDependOnNeitherThreadsNorKernels(int threads) {
        try (Team team = new Team(threads);
                OpenAiDvae scalar = load(new Compute(Kernels.scalar(), team));
                OpenAiDvae best = load(new Compute(Kernels.best(), team));
                Team one = new Team(1);
                OpenAiDvae reference = load(new Compute(Kernels.best(), one))) {
            int[] want = results(reference);
            assertArrayEquals(want, results(scalar));
            assertArrayEquals(want, results(best));
        }
    }

    @Test
    void threadsMayShareAModel() throws Exception {
        try (OpenAiDvae codec = load(Compute.shared()); ExecutorService pool = Executors.newFixedThreadPool(4)) {
            int[] want = results(codec);
            Callable<int[]> task = () -> results(codec);
            int checked = 0;
            for (Future<int[]> result : pool.invokeAll(IntStream.range(0, 8).mapToObj(_ -> task).toList())) {
                assertArrayEquals(want, result.get());
                checked++;
            }
            assertEquals(8, checked);
        }
    }
}
