package io.github.smalti.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.bench.checkpoint.RandomDalleBart;
import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.Workspace;
import java.lang.foreign.Arena;
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
        for (Precision precision : Precision.values()) {
            var benchmark = new MatmulBenchmark();
            benchmark.shape = "1021x515";
            benchmark.rows = 2;
            benchmark.precision = precision;
            benchmark.setUp();
            float[] out = benchmark.multiply().clone();
            benchmark.tearDown();
            var weight = RandomTensors.tensor(java.lang.foreign.Arena.ofAuto(), 0, 1 / Math.sqrt(1021), 515, 1021);
            float[] x = RandomTensors.floats(2 * 1021, 99);
            // Rounding errors of 1021 weights below 1.73 / sqrt(1021) add up like a random walk: 6 standard deviations.
            double tolerance = switch (precision) {
                case F32 -> 1e-5;
                case BF16 -> 6 * 1.73 * 0x1p-9;
                case INT8 -> 6 * 1.73 / 127 / Math.sqrt(12);
            };
            for (int column = 0; column < 515; column++) {
                double sum = 0;
                for (int k = 0; k < 1021; k++) sum += x[1021 + k] * (double) weight.at(column, k);
                assertEquals(sum, out[515 + column], tolerance, precision + " column " + column);
            }
        }
    }

    @Test
    void convolutionsAgree() {
        float[] direct = convolve(ConvolutionBenchmark.Algorithm.DIRECT, "32x13");
        float[] winograd = convolve(ConvolutionBenchmark.Algorithm.WINOGRAD, "32x13");
        assertArrayEquals(direct, winograd, 1e-5f);
        double square = 0;
        for (float value : direct) square += value * value;
        assertEquals(1.0, Math.sqrt(square / direct.length), 0.3, "weights keep the size of activations");

        float[] doubled = convolve(ConvolutionBenchmark.Algorithm.DOUBLED_WINOGRAD, "32x14");
        assertEquals(14 * 14 * 32, doubled.length);
        var twice = new FeatureMap(14, 14, 32);
        float[] small = RandomTensors.floats(7 * 7 * 32, 2);
        for (int y = 0; y < 14; y++) {
            for (int x = 0; x < 14; x++) {
                System.arraycopy(small, (y / 2 * 7 + x / 2) * 32, twice.data(), twice.at(y, x), 32);
            }
        }
        Compute compute = Compute.shared();
        var weight = RandomTensors.tensor(Arena.ofAuto(), 1, 1 / Math.sqrt(9.0 * 32), 32, 32, 3, 3);
        PackedMatrix packed = PackedMatrix.packConvolution(Arena.ofAuto(), Precision.F32, weight);
        FeatureMap want = new Conv2d(compute, packed, null, 32, 3, 1).forward(twice,
                new Workspace(compute.team().size()));
        assertArrayEquals(want.toPixels(), doubled, 1e-5f);
    }

    private static float[] convolve(ConvolutionBenchmark.Algorithm algorithm, String shape) {
        var benchmark = new ConvolutionBenchmark();
        benchmark.shape = shape;
        benchmark.algorithm = algorithm;
        benchmark.setUp();
        float[] out = benchmark.convolve().toPixels();
        assertArrayEquals(out, benchmark.convolve().toPixels());
        benchmark.tearDown();
        return out;
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
