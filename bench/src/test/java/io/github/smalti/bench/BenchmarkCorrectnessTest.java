package io.github.smalti.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.bench.checkpoint.RandomDalleBart;
import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.DalleBart;
import io.github.smalti.transformer.Sampling;
import io.github.smalti.transformer.TextIds;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is timed gives right results.
class BenchmarkCorrectnessTest {
    @Test
    void matmulGivesTheProduct() {
        var benchmark = new MatmulBenchmark();
        benchmark.shape = "70x33";
        benchmark.rows = 2;
        benchmark.precision = Precision.F32;
        benchmark.setUp();
        float[] out = benchmark.multiply().clone();
        var weight = RandomTensors.tensor(java.lang.foreign.Arena.ofAuto(), 0, 1 / Math.sqrt(70), 33, 70);
        float[] x = RandomTensors.floats(140, 99);
        double sum = 0;
        for (int k = 0; k < 70; k++) sum += x[70 + k] * (double) weight.at(32, k);
        assertEquals(sum, out[33 + 32], 1e-4);
        benchmark.tearDown();
    }

    @Test
    void convolutionGivesTheSameTwice() {
        var benchmark = new ConvolutionBenchmark();
        benchmark.shape = "16x8";
        benchmark.setUp();
        float[] out = benchmark.convolve().toPixels();
        assertArrayEquals(out, benchmark.convolve().toPixels());
        double square = 0;
        for (float value : out) square += value * value;
        assertEquals(1.0, Math.sqrt(square / out.length), 0.3, "weights keep the size of activations");
        benchmark.tearDown();
    }

    @Test
    void attentionOfEqualKeysIsTheirValue() {
        var benchmark = new AttentionBenchmark();
        benchmark.length = 64;
        benchmark.setUp();
        float[] value = RandomTensors.floats(1024, 1);
        float[] out = benchmark.attend();
        for (int i = 0; i < 1024; i++) assertEquals(value[i], out[i], 1e-5);
    }

    @Test
    void softmaxSumsToOne() {
        var benchmark = new PointwiseBenchmark();
        benchmark.length = 1000;
        benchmark.setUp();
        double sum = 0;
        for (float p : benchmark.softmax()) sum += p;
        assertEquals(1.0, sum, 1e-5);
    }

    @Test
    void randomCheckpointLoadsAndDraws(@TempDir Path folder) throws Exception {
        new RandomDalleBart(64, 4, 90, 2, 50, 40, 40, 5, 12).write(folder, DType.F16, 1, (_, _) -> {});
        try (Team team = new Team(2);
                DalleBart model = DalleBart.load(folder, new Compute(Compute.shared().kernels(), team),
                        Precision.BF16)) {
            var text = new TextIds(new int[]{0, 7, 2}, 3);
            var request = new CodeRequest(text, text, new Sampling.Random(1f, 0, 1f), 3f, 1, new int[]{0, 1});
            int[][] codes = model.generate(request, (_, _) -> true);
            assertEquals(5, codes[0].length);
            for (int code : codes[1]) assertTrue(code >= 0 && code < 40);
        }
    }

    @Test
    void limitsArePlausible() {
        try (Team team = new Team(1)) {
            MachineLimits limits = MachineLimits.measure(team);
            assertTrue(limits.gigaFlops() > 1 && limits.gigaBytes() > 0.5, limits.toString());
        }
    }
}
