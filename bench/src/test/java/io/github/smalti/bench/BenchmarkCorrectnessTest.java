package io.github.smalti.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.bench.checkpoint.RandomDalleBart;
import io.github.smalti.clip.Embeddings;
import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.Workspace;
import java.lang.foreign.Arena;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.DalleBart;
import io.github.smalti.transformer.Sampling;
import io.github.smalti.transformer.TextIds;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    @ParameterizedTest
    @CsvSource({"F32", "INT8"})
    void searchFindsTheLargestCosine(Precision precision) {
        var benchmark = new SearchBenchmark();
        benchmark.shape = "333x47";
        benchmark.precision = precision;
        benchmark.setUp();
        for (int i = 0; i < 20; i++) {
            var found = benchmark.search();
            assertEquals(10, found.size());
            float best = -1;
            for (int item = 0; item < 333; item++) {
                best = Math.max(best, Embeddings.cosine(benchmark.lastQuery(), benchmark.index().vector(item)));
            }
            assertEquals(best, found.getFirst().cosine());
        }
        benchmark.tearDown();
    }

    @ParameterizedTest
    @CsvSource({"1, F32", "64, F32", "127, F32", "256, F32", "1, BF16", "127, BF16", "256, BF16"})
    void attentionIsTheWeightedMeanOfItsValues(int length, Precision precision) {
        var benchmark = new AttentionBenchmark();
        benchmark.length = length;
        benchmark.precision = precision;
        benchmark.setUp();
        float[] out = benchmark.attend();
        float[] q = RandomTensors.floats(2 * 1024, 1000);
        for (int head : new int[]{0, 15}) {
            double[] expected = attention(q, 1024 + head * 64, head * 64, length, precision);
            for (int d = 0; d < 64; d++) assertEquals(expected[d], out[1024 + head * 64 + d], 2e-5);
        }
    }

    /// One head's attention in double precision, over keys and values as they are stored.
    private static double[] attention(float[] q, int qAt, int headAt, int length, Precision precision) {
        double total = 0;
        double[] sum = new double[64];
        for (int position = 0; position < length; position++) {
            float[] kv = AttentionBenchmark.keysAndValues(position);
            if (precision == Precision.BF16) {
                for (int i = 0; i < kv.length; i++) kv[i] = Float.intBitsToFloat(PackedMatrix.toBfloat16(kv[i]) << 16);
            }
            double score = 0;
            for (int d = 0; d < 64; d++) score += (double) q[qAt + d] * kv[headAt + d];
            double weight = Math.exp(score / 8);
            total += weight;
            for (int d = 0; d < 64; d++) sum[d] += weight * kv[1024 + headAt + d];
        }
        for (int d = 0; d < 64; d++) sum[d] /= total;
        return sum;
    }

    /// Eight grid rows, so that rings have turned; a whole image for the square that reaches from the last row to the first.
    @ParameterizedTest
    @CsvSource({"FULL, F32, 244", "ROW, F32, 244", "ROW, BF16, 244", "COLUMN, F32, 244", "COLUMN, BF16, 1040",
            "CONVOLUTION, F32, 244", "CONVOLUTION, BF16, 1040", "WRAPPED_CONVOLUTION, F32, 1024"})
    void sparseAttentionIsTheWeightedMeanOfWhatItsPatternSees(SparseAttentionBenchmark.Kind kind, Precision precision,
            int steps) {
        var benchmark = new SparseAttentionBenchmark();
        benchmark.kind = kind;
        benchmark.precision = precision;
        benchmark.setUp();
        float[] out = null;
        for (int step = 0; step < steps; step++) out = benchmark.attend();
        int last = (steps - 1) % 1024;
        for (int head : new int[]{0, 15}) {
            double[] expected = sparseAttention(benchmark, last, head * SparseAttentionBenchmark.HEAD_DIM);
            for (int d = 0; d < expected.length; d++) {
                assertEquals(expected[d], out[head * SparseAttentionBenchmark.HEAD_DIM + d], 2e-5);
            }
        }
    }

    private static double[] sparseAttention(SparseAttentionBenchmark benchmark, int position, int headAt) {
        int text = SparseAttentionBenchmark.TEXT_LENGTH;
        int width = SparseAttentionBenchmark.HEADS * SparseAttentionBenchmark.HEAD_DIM;
        float[] q = benchmark.token(text + position);
        double total = 0;
        double[] sum = new double[SparseAttentionBenchmark.HEAD_DIM];
        for (int to = 0; to <= text + position; to++) {
            if (to >= text && !benchmark.kind.pattern().sees(position, to - text)) continue;
            float[] kv = benchmark.token(to).clone();
            if (benchmark.precision == Precision.BF16) {
                for (int i = width; i < kv.length; i++) {
                    kv[i] = Float.intBitsToFloat(PackedMatrix.toBfloat16(kv[i]) << 16);
                }
            }
            double score = 0;
            for (int d = 0; d < sum.length; d++) score += (double) q[headAt + d] * kv[width + headAt + d];
            double weight = Math.exp(SparseAttentionBenchmark.SCALE * score);
            total += weight;
            for (int d = 0; d < sum.length; d++) sum[d] += weight * kv[2 * width + headAt + d];
        }
        for (int d = 0; d < sum.length; d++) sum[d] /= total;
        return sum;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1000, 2730, 16385})
    void pointwiseKernelsGiveTheirFunctions(int length) {
        var benchmark = new PointwiseBenchmark();
        benchmark.length = length;
        benchmark.setUp();
        double[] x = new double[length];
        float[] row = RandomTensors.floats(length, 1);
        for (int i = 0; i < length; i++) x[i] = row[i];
        double mean = Arrays.stream(x).average().orElseThrow();
        double variance = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
        float[] normed = benchmark.layerNorm().clone();
        double total = Arrays.stream(x).map(Math::exp).sum();
        float[] softmax = benchmark.softmax().clone();
        float[] gated = benchmark.gelu();
        for (int i = 0; i < length; i += Math.max(1, length / 97)) {
            assertEquals(x[i] * (x[i] - mean) / Math.sqrt(variance + 1e-5) + x[i], normed[i], 1e-4);
            assertEquals(Math.exp(x[i]) / total, softmax[i], 1e-6);
            assertEquals(x[i] * x[i] * normal(x[i]), gated[i], 1e-5);
        }
    }

    /// The normal distribution's cumulative function by Simpson's rule from 0.
    private static double normal(double x) {
        int steps = 200;
        double h = x / steps;
        double sum = 0;
        for (int i = 0; i < steps; i++) {
            double a = i * h;
            sum += h / 6 * (density(a) + 4 * density(a + h / 2) + density(a + h));
        }
        return 0.5 + sum;
    }

    private static double density(double x) { return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI); }

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

    /// The benchmark's own drawing equals one by scalar kernels on one thread.
    @Test
    void decoderStepDrawsTheCodesOfTheScalarTwin() throws Exception {
        var benchmark = new DecoderStepBenchmark();
        benchmark.images = 2;
        benchmark.precision = Precision.BF16;
        benchmark.setUp(new RandomDalleBart(33 * 2, 3, 91, 2, 51, 41, 41, DecoderStepBenchmark.STEPS, 12));
        try (Team team = new Team(1);
                DalleBart scalar = DalleBart.load(benchmark.folder(), new Compute(Kernels.scalar(), team),
                        Precision.BF16)) {
            assertArrayEquals(scalar.generate(benchmark.request(), (_, _) -> true), benchmark.draw());
        } finally {
            benchmark.tearDown();
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
