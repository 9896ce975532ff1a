package io.github.smalti.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.DalleBart;
import io.github.smalti.transformer.Sampling;
import io.github.smalti.transformer.TextIds;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
        var weight = RandomTensors.tensor(Arena.ofAuto(), 0, 1 / Math.sqrt(70), 33, 70);
        float[] x = RandomTensors.floats(140, 99);
        double sum = 0;
        for (int k = 0; k < 70; k++) sum += x[70 + k] * (double) weight.at(32, k);
        assertEquals(sum, out[33 + 32], 1e-4);
        benchmark.tearDown();
    }

    /// One output pixel of every method against its definition, at an even and an odd size.
    @ParameterizedTest
    @CsvSource({"DIRECT, 16x8", "DIRECT, 48x7", "WINOGRAD, 16x8", "WINOGRAD, 48x7", "WINOGRAD_DOUBLED, 32x10"})
    void convolutionGivesItsSumsTwice(ConvolutionBenchmark.Method method, String shape) {
        var benchmark = new ConvolutionBenchmark();
        benchmark.shape = shape;
        benchmark.method = method;
        benchmark.setUp();
        float[] out = benchmark.convolve().toPixels();
        assertArrayEquals(out, benchmark.convolve().toPixels());
        int channels = MatmulBenchmark.inputs(shape);
        int edge = MatmulBenchmark.outputs(shape);
        int zoom = method == ConvolutionBenchmark.Method.WINOGRAD_DOUBLED ? 2 : 1;
        float[] in = RandomTensors.floats(edge / zoom * (edge / zoom) * channels, 2);
        var kernel = RandomTensors.tensor(Arena.ofAuto(), 1, 1 / Math.sqrt(9.0 * channels), channels, channels, 3, 3);
        double sum = 0;
        for (int y = edge - 2; y < edge; y++) { // the last pixel: the kernel's last row and column lie on the border
            for (int x = edge - 2; x < edge; x++) {
                for (int c = 0; c < channels; c++) {
                    sum += in[(y / zoom * (edge / zoom) + x / zoom) * channels + c]
                            * (double) kernel.at(channels - 1, c, y - edge + 2, x - edge + 2);
                }
            }
        }
        assertEquals(sum, out[out.length - 1], 1e-5);
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
        new RandomDalleBart(64, 4, 90, 2, 50, 40, 5).write(folder);
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
