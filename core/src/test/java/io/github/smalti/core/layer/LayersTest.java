package io.github.smalti.core.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.ShapeMismatchException;
import io.github.smalti.core.Team;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.kernel.Kernels;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.CsvSource;

class LayersTest {
    private final Arena arena = Arena.ofShared();
    private final Compute two = new Compute(Kernels.best(), new Team(2));

    @AfterEach
    void close() {
        two.team().close();
        arena.close();
    }

    private static float[] floats(int n, long seed) {
        Random random = new Random(seed);
        float[] out = new float[n];
        for (int i = 0; i < n; i++) out[i] = (float) random.nextGaussian();
        return out;
    }

    private TensorView tensor(long seed, long... shape) {
        int n = 1;
        for (long size : shape) n *= (int) size;
        return TensorView.contiguous(DType.F32, shape, arena.allocateFrom(ValueLayout.JAVA_FLOAT, floats(n, seed)));
    }

    @ParameterizedTest
    @CsvSource({"3, 1, EVERY_SIDE", "3, 2, RIGHT_AND_BOTTOM", "3, 2, EVERY_SIDE", "1, 1, EVERY_SIDE",
            "7, 1, EVERY_SIDE"})
    void convolutionMatchesItsDefinition(int kernel, int stride, Conv2d.Padding padding) {
        int rows = 6;
        int cols = 8;
        int inputs = 5;
        int outputs = 19;
        TensorView weight = tensor(1, outputs, inputs, kernel, kernel);
        float[] bias = floats(outputs, 2);
        float[] pixels = floats(rows * cols * inputs, 3);
        var layer = new Conv2d(two, PackedMatrix.packConvolution(arena, Precision.F32, weight), bias, inputs, kernel,
                stride, padding);
        FeatureMap in = FeatureMap.of(pixels, rows, cols, inputs, kernel == 7 ? 3 : 1);
        FeatureMap out = layer.forward(in, new Workspace(2));
        assertEquals(rows / stride, out.rows());
        assertEquals(cols / stride, out.cols());
        int shift = padding == Conv2d.Padding.EVERY_SIDE ? kernel / 2 : 0;
        double bound = kernel == 7 ? 3e-5 : 1e-5; // sums of 245 products instead of 45
        for (int y = 0; y < out.rows(); y++) {
            for (int x = 0; x < out.cols(); x++) {
                for (int o = 0; o < outputs; o++) {
                    double sum = bias[o];
                    for (int ky = 0; ky < kernel; ky++) {
                        for (int kx = 0; kx < kernel; kx++) {
                            int py = y * stride + ky - shift;
                            int px = x * stride + kx - shift;
                            if (py < 0 || px < 0 || py >= rows || px >= cols) continue;
                            for (int i = 0; i < inputs; i++) {
                                sum += (double) pixels[(py * cols + px) * inputs + i] * weight.at(o, i, ky, kx);
                            }
                        }
                    }
                    assertEquals(sum, out.data()[out.at(y, x) + o], bound);
                }
            }
        }
        for (int x = -1; x <= out.cols(); x++) assertEquals(0f, out.data()[out.at(-1, x)], "border stays zero");
    }

    @Test
    void convolutionsRefuseWhatTheyCannotRead() {
        PackedMatrix seven = PackedMatrix.packConvolution(arena, Precision.F32, tensor(1, 4, 2, 7, 7));
        var layer = new Conv2d(two, seven, null, 2, 7, 1);
        String narrow = assertThrows(ShapeMismatchException.class,
                () -> layer.forward(new FeatureMap(8, 8, 2), new Workspace(2))).getMessage();
        assertTrue(narrow.contains("border"), narrow);
        assertThrows(IllegalArgumentException.class, () -> new Conv2d(two, seven, null, 2, 7, 2));
        PackedMatrix five = PackedMatrix.packConvolution(arena, Precision.F32, tensor(1, 4, 2, 5, 5));
        assertThrows(IllegalArgumentException.class, () -> new Conv2d(two, five, null, 2, 5, 1));
        PackedMatrix three = PackedMatrix.packConvolution(arena, Precision.F32, tensor(1, 4, 2, 3, 3));
        assertThrows(IllegalArgumentException.class,
                () -> new Conv2d(two, three, null, 2, 3, 1, Conv2d.Padding.RIGHT_AND_BOTTOM));
    }

    @Test
    void pointwiseConvolutionOfDoubledPixelsHasTheBitsOfItsDefinition() {
        FeatureMap in = FeatureMap.of(floats(3 * 5 * 20, 1), 3, 5, 20);
        var layer = new Conv2d(two, PackedMatrix.packConvolution(arena, Precision.F32, tensor(2, 24, 20, 1, 1)),
                floats(24, 3), 20, 1, 1);
        FeatureMap got = layer.forwardDoubled(in, new Workspace(2));
        FeatureMap want = layer.forward(in.doubled(two.team(), new Workspace(2)), new Workspace(2));
        assertEquals(6, got.rows());
        assertArrayEquals(want.toPixels(), got.toPixels());
    }

    @Test
    void gainsPassThroughReluAndConvolution() {
        float gain = 1f / 64;
        float[] pixels = floats(6 * 7 * 32, 4);
        Conv2d[] layers = {
                new Conv2d(two, PackedMatrix.packConvolution(arena, Precision.F32, tensor(5, 48, 32, 3, 3)),
                        floats(48, 6), 32, 3, 1),
                new Conv2d(two, WinogradWeight.pack(two.team(), arena, tensor(5, 48, 32, 3, 3)), floats(48, 6))};
        for (Conv2d layer : layers) {
            var workspace = new Workspace(2);
            FeatureMap x = FeatureMap.of(pixels, 6, 7, 32);
            float[] want = layer.forward(new Relu(two, 32).forward(x, workspace), workspace).toPixels();
            for (int i = 0; i < want.length; i++) want[i] *= gain;
            FeatureMap scaled = new Relu(two, 32, gain).forward(x, workspace);
            assertArrayEquals(want, layer.forScaledInputs(gain).forward(scaled, workspace).toPixels(),
                    "a power of two changes no bit");
        }
    }

    @Test
    void reluMatchesItsDefinition() {
        float[] pixels = {-1, -0f, 0, 2, Float.NaN, Float.NEGATIVE_INFINITY};
        FeatureMap map = FeatureMap.of(pixels, 1, 2, 3);
        float[] doubled = new Relu(two, 3, 2f).forward(map, new Workspace(2)).toPixels();
        assertArrayEquals(new float[]{0, 0, 0, 4, Float.NaN, 0}, doubled);
        assertArrayEquals(pixels, map.toPixels(), "the input stays");
        new Relu(two, 3).applyInPlace(map);
        assertArrayEquals(new float[]{0, 0, 0, 2, Float.NaN, 0}, map.toPixels());
        assertThrows(ShapeMismatchException.class, () -> new Relu(two, 4).applyInPlace(map));
        assertThrows(IllegalArgumentException.class, () -> new Relu(two, 3, 0));
    }

    @Test
    void maxPoolTakesTheLargestOfFour() {
        float[] pixels = floats(6 * 8 * 5, 7);
        pixels[0] = Float.NaN;
        FeatureMap out = new MaxPool(two).forward(FeatureMap.of(pixels, 6, 8, 5), new Workspace(2));
        assertEquals(3, out.rows());
        assertEquals(4, out.cols());
        for (int y = 0; y < 3; y++) {
            for (int x = 0; x < 4; x++) {
                for (int c = 0; c < 5; c++) {
                    float want = Float.NEGATIVE_INFINITY;
                    for (int i = 0; i < 4; i++) {
                        want = Math.max(want, pixels[((2 * y + i / 2) * 8 + 2 * x + i % 2) * 5 + c]);
                    }
                    assertEquals(want, out.data()[out.at(y, x) + c]);
                }
            }
        }
        assertTrue(Float.isNaN(out.data()[out.at(0, 0)]));
        var odd = new FeatureMap(6, 7, 5);
        assertThrows(IllegalArgumentException.class, () -> new MaxPool(two).forward(odd, new Workspace(2)));
    }

    @Test
    void meanPoolTakesTheMeanOfFour() {
        float[] pixels = floats(6 * 8 * 5, 7);
        FeatureMap out = new MeanPool(two).forward(FeatureMap.of(pixels, 6, 8, 5), new Workspace(2));
        assertEquals(3, out.rows());
        assertEquals(4, out.cols());
        for (int y = 0; y < 3; y++) {
            for (int x = 0; x < 4; x++) {
                for (int c = 0; c < 5; c++) {
                    float sum = 0;
                    for (int i = 0; i < 4; i++) sum += pixels[((2 * y + i / 2) * 8 + 2 * x + i % 2) * 5 + c];
                    assertEquals(sum / 4, out.data()[out.at(y, x) + c]);
                }
            }
        }
        var odd = new FeatureMap(5, 8, 5);
        assertThrows(IllegalArgumentException.class, () -> new MeanPool(two).forward(odd, new Workspace(2)));
    }

    @Test
    void groupNormMatchesItsDefinition() {
        int rows = 5;
        int cols = 7;
        int channels = 12;
        int groups = 4;
        float[] pixels = floats(rows * cols * channels, 4);
        for (int i = 0; i < pixels.length; i++) pixels[i] = pixels[i] * 1e-3f + 5e-3f;
        float[] scale = floats(channels, 5);
        float[] bias = floats(channels, 6);
        FeatureMap out = new GroupNorm(two, groups, scale, bias, 1e-6f)
                .forward(FeatureMap.of(pixels, rows, cols, channels), Activation.IDENTITY, new Workspace(2));
        for (int c = 0; c < channels; c++) {
            double mean = 0;
            double variance = 0;
            int group = c / 3;
            int count = rows * cols * 3;
            for (int i = 0; i < pixels.length; i++) if (i % channels / 3 == group) mean += pixels[i] / (double) count;
            for (int i = 0; i < pixels.length; i++) {
                if (i % channels / 3 == group) variance += Math.pow(pixels[i] - mean, 2) / count;
            }
            for (int y = 0; y < rows; y++) {
                double want = (pixels[(y * cols + 2) * channels + c] - mean) / Math.sqrt(variance + 1e-6) * scale[c]
                        + bias[c];
                assertEquals(want, out.data()[out.at(y, 2) + c], 1e-5);
            }
        }
    }

    @Test
    void linearLayersSideBySideEqualThemselvesAlone() {
        TensorView a = tensor(7, 21, 30);
        TensorView b = tensor(8, 14, 30);
        float[] x = floats(4 * 30, 9);
        float[] both = new float[4 * 35];
        new Linear(two, PackedMatrix.pack(arena, Precision.F32, a, b), null).forward(x, 4, both);
        float[] alone = new float[4 * 14];
        new Linear(two, PackedMatrix.pack(arena, Precision.F32, b), null).forward(x, 4, alone);
        for (int row = 0; row < 4; row++) {
            for (int n = 0; n < 14; n++) assertEquals(alone[row * 14 + n], both[row * 35 + 21 + n]);
        }
        assertThrows(ShapeMismatchException.class,
                () -> new Linear(two, PackedMatrix.pack(arena, Precision.F32, a), null).forward(x, 5, new float[105]));
    }

    @Test
    void resultsDependOnNeitherThreadsNorBatch() {
        TensorView weight = tensor(10, 50, 37);
        PackedMatrix packed = PackedMatrix.pack(arena, Precision.BF16, weight);
        float[] x = floats(11 * 37, 11);
        float[] all = new float[11 * 50];
        new Linear(two, packed, null).forward(x, 11, all);
        try (Team seven = new Team(7)) {
            float[] one = new float[50];
            var layer = new Linear(new Compute(Kernels.scalar(), seven), packed, null);
            for (int row = 0; row < 11; row++) {
                layer.forward(java.util.Arrays.copyOfRange(x, row * 37, (row + 1) * 37), 1, one);
                assertArrayEquals(java.util.Arrays.copyOfRange(all, row * 50, (row + 1) * 50), one);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "11"})
    void addsALinearLayerToTheResidualStreamWithTheSameBits(int rows) {
        int inputs = 300;
        int outputs = 1000;
        PackedMatrix packed = PackedMatrix.pack(arena, Precision.F32, tensor(71, outputs, inputs));
        float[] x = floats(rows * inputs, 72);
        float[] bias = floats(outputs, 73);
        float[] want = floats(rows * outputs, 74);
        float[] product = new float[rows * outputs];
        try (Team one = new Team(1)) {
            new Linear(new Compute(Kernels.scalar(), one), packed, bias).forward(x, rows, product);
        }
        for (int i = 0; i < want.length; i++) want[i] += product[i];

        float[] sum = floats(rows * outputs, 74);
        var layer = new Linear(two, packed, bias);
        assertTrue(layer.parts() > 1, "the outputs are shared among threads");
        layer.addTo(x, rows, new float[rows * outputs], sum);
        assertArrayEquals(want, sum, 0f);
        assertThrows(ShapeMismatchException.class,
                () -> layer.addTo(x, rows, new float[rows * outputs], new float[rows * outputs - 1]));
    }

    @ParameterizedTest
    @EnumSource(value = Precision.class, names = {"F32", "BF16"})
    void keysAndValuesOfManyStreams(Precision precision) {
        int heads = 3;
        int headDim = 5;
        var cache = new KeyValues(Arena.ofAuto(), precision, 2, heads, headDim, 20);
        float[] k = floats(2 * 20 * 15, 12);
        float[] v = floats(2 * 20 * 15, 13);
        float[] kv = new float[2 * 20 * 30];
        int[] streamOf = new int[40];
        int[] positions = new int[40];
        for (int row = 0; row < 40; row++) {
            System.arraycopy(k, row * 15, kv, row * 30, 15);
            System.arraycopy(v, row * 15, kv, row * 30 + 15, 15);
            streamOf[row] = row / 20;
            positions[row] = row % 20;
        }
        cache.put(two, kv, 0, 15, 30, streamOf, positions, 39);
        cache.put(two, kv, 39 * 30, 39 * 30 + 15, 30, new int[]{1}, new int[]{19}, 1);
        if (precision == Precision.BF16) {
            roundToBf16(k);
            roundToBf16(v);
        }
        float[] q = floats(3 * 15, 14);
        int[] streams = {1, 0, 1};
        int[] lengths = {20, 1, 17};
        float[] out = new float[3 * 15];
        cache.attend(two, q, 0, 15, streams, lengths, 3, 0.5f, out);
        for (int query = 0; query < 3; query++) {
            for (int head = 0; head < heads; head++) {
                double[] want = attention(q, query * 15 + head * 5, k, v, streams[query] * 300 + head * 5,
                        lengths[query]);
                for (int d = 0; d < headDim; d++) assertEquals(want[d], out[query * 15 + head * 5 + d], 1e-6);
            }
        }
        assertThrows(IndexOutOfBoundsException.class,
                () -> cache.put(two, kv, 0, 15, 30, new int[]{0}, new int[]{20}, 1));
    }

    @ParameterizedTest
    @EnumSource(value = Precision.class, names = {"F32", "BF16"})
    void storingWhileAttendingGivesTheSameBits(Precision precision) {
        for (int[] streams : new int[][]{{0, 2, 3}, {0, 2, 2}}) { // each row its own stream, or two of one
            var apart = new KeyValues(Arena.ofAuto(), precision, 4, 3, 5, 70);
            var together = new KeyValues(Arena.ofAuto(), precision, 4, 3, 5, 70);
            float[] want = new float[3 * 15];
            float[] got = new float[3 * 15];
            for (int step = 0; step < 66; step++) { // into the second panel of keys
                float[] qkv = floats(3 * 45, 20 + step);
                int[] positions = {step, step, streams[1] == streams[2] ? step + 1 : step};
                int[] lengths = {step + 1, step + 1, positions[2] + 1};
                apart.put(two, qkv, 15, 30, 45, streams, positions, 3);
                apart.attend(two, qkv, 0, 45, streams, lengths, 3, 0.5f, want);
                together.putAndAttend(two, qkv, streams, positions, lengths, 3, 0.5f, got);
                assertArrayEquals(want, got, "step " + step);
            }
        }
        var cache = new KeyValues(Arena.ofAuto(), precision, 1, 3, 5, 20);
        assertThrows(IndexOutOfBoundsException.class, () -> cache.putAndAttend(two, new float[45], new int[]{0},
                new int[]{20}, new int[]{1}, 1, 0.5f, new float[15]));
    }

    @ParameterizedTest
    @EnumSource(value = Precision.class, names = {"F32", "BF16"})
    void queriesAttendTogetherAsEachAlone(Precision precision) {
        // causal, over the same positions, mixed, across blocks, in steps of two, in runs of more than 16
        int[] lengths = {1, 2, 3, 4, 5, 5, 5, 5, 5, 6, 7, 62, 63, 64, 65, 66, 67, 68, 60, 62, 64, 69, 70, 70, 9, 8, 7,
                6,
                30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49};
        int[] streams = new int[lengths.length];
        Arrays.fill(streams, lengths.length / 2, lengths.length, 1);
        var cache = new KeyValues(Arena.ofAuto(), precision, 2, 3, 5, 70);
        for (int stream = 0; stream < 2; stream++) {
            for (int position = 0; position < 70; position++) {
                cache.put(two, floats(30, 70 * stream + position), 0, 15, 30, new int[]{stream}, new int[]{position},
                        1);
            }
        }
        float[] q = floats(lengths.length * 15, 9);
        float[] out = new float[q.length];
        cache.attend(two, q, 0, 15, streams, lengths, lengths.length, 0.5f, out);
        for (int query = 0; query < lengths.length; query++) {
            float[] want = new float[15];
            cache.attend(two, q, query * 15, 15, new int[]{streams[query]}, new int[]{lengths[query]}, 1, 0.5f, want);
            assertArrayEquals(want, Arrays.copyOfRange(out, query * 15, query * 15 + 15), "query " + query);
        }
    }

    private static void roundToBf16(float[] x) {
        for (int i = 0; i < x.length; i++) x[i] = Float.intBitsToFloat(PackedMatrix.toBfloat16(x[i]) << 16);
    }

    private static double[] attention(float[] q, int qAt, float[] k, float[] v, int at, int length) {
        double[] out = new double[5];
        double sum = 0;
        for (int p = 0; p < length; p++) {
            double score = 0;
            for (int d = 0; d < 5; d++) score += (double) q[qAt + d] * k[at + p * 15 + d];
            double weight = Math.exp(0.5 * score);
            sum += weight;
            for (int d = 0; d < 5; d++) out[d] += weight * v[at + p * 15 + d];
        }
        for (int d = 0; d < 5; d++) out[d] /= sum;
        return out;
    }
}
