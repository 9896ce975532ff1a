package io.github.smalti.core.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/// The scalar twins against plain float64 arithmetic.
class KernelsTest {
    private static final Kernels KERNELS = Kernels.scalar();

    @Test
    void exponentialIsCloseOverItsWholeRange() {
        double worst = 0;
        for (float x = -87f; x < 88f; x += 0.00137f) {
            double want = Math.exp(x);
            worst = Math.max(worst, Math.abs(Exp.exp(x) - want) / want);
        }
        assertTrue(worst < 1.2e-7, "relative error " + worst);
        assertEquals(Exp.exp(88f), Exp.exp(1e30f), "saturates");
        assertEquals(Exp.exp(-87.3f), Exp.exp(Float.NEGATIVE_INFINITY), "saturates");
        assertEquals(1f, Exp.exp(0f));
        assertTrue(Float.isNaN(Exp.exp(Float.NaN)));
    }

    @Test
    void errorFunctionIsClose() {
        for (double x = -6; x < 6; x += 0.01) { assertEquals(erf(x), Erf.erf((float) x), 4e-7, "erf " + x); }
    }

    /// erf by its Taylor series or, far out, by its continued fraction, in float64.
    private static double erf(double x) {
        double a = Math.abs(x);
        if (a > 3) {
            double fraction = 0;
            for (int k = 60; k > 0; k--) fraction = k / 2.0 / (a + fraction);
            return Math.signum(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
        }
        double term = x;
        double sum = x;
        for (int n = 1; n < 80; n++) {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.sqrt(Math.PI) * sum;
    }

    @Test
    void matrixProductMatchesFloat64() {
        int rows = 5;
        int depth = 77;
        int columns = 35;
        float[] x = KernelCases.floats(rows * depth, 21, 1f);
        float[] w = KernelCases.floats(columns * depth, 22, 1f);
        float[] bias = KernelCases.floats(columns, 23, 1f);
        try (Arena arena = Arena.ofConfined()) {
            TensorView weight = TensorView.contiguous(DType.F32, new long[]{columns, depth},
                    arena.allocateFrom(ValueLayout.JAVA_FLOAT, w));
            for (Precision precision : Precision.values()) {
                PackedMatrix packed = PackedMatrix.pack(arena, precision, weight);
                float[] stored = weightsOf(packed);
                float[] out = new float[rows * columns];
                KERNELS.matmul(x, 0, depth, 0, rows, packed, bias, 0, packed.panels(), out, 0, columns);
                for (int r = 0; r < rows; r++) {
                    for (int n = 0; n < columns; n++) {
                        double sum = bias[n];
                        for (int k = 0; k < depth; k++) { sum += (double) x[r * depth + k] * stored[k * columns + n]; }
                        assertEquals(sum, out[r * columns + n], 2e-5, precision + " row " + r + " column " + n);
                    }
                }
            }
        }
    }

    /// The weights that kernels multiply with, (depth, columns), by products with unit vectors.
    private static float[] weightsOf(PackedMatrix packed) {
        int depth = packed.depth();
        float[] units = new float[depth * depth];
        for (int k = 0; k < depth; k++) units[k * depth + k] = 1;
        float[] out = new float[depth * packed.columns()];
        KERNELS.matmul(units, 0, depth, 0, depth, packed, null, 0, packed.panels(), out, 0, packed.columns());
        return out;
    }

    @Test
    void packingKeepsWeightsAsWellAsThePrecisionCan() {
        int depth = 77;
        int columns = 35;
        float[] w = KernelCases.floats(columns * depth, 22, 1f);
        java.util.Arrays.fill(w, 3 * depth, 4 * depth, 0f); // a column of zeros
        try (Arena arena = Arena.ofConfined()) {
            TensorView weight = TensorView.contiguous(DType.F32, new long[]{columns, depth},
                    arena.allocateFrom(ValueLayout.JAVA_FLOAT, w));
            for (Precision precision : Precision.values()) {
                float[] stored = weightsOf(PackedMatrix.pack(arena, precision, weight));
                for (int n = 0; n < columns; n++) {
                    float largest = 0;
                    for (int k = 0; k < depth; k++) largest = Math.max(largest, Math.abs(w[n * depth + k]));
                    for (int k = 0; k < depth; k++) {
                        double allowed = switch (precision) {
                            case F32 -> 0;
                            case BF16 -> Math.abs(w[n * depth + k]) * 0x1p-8;
                            case INT8 -> largest / 127 * 0.500001; // half a step, and the rounding of the scale
                        };
                        assertEquals(w[n * depth + k], stored[k * columns + n], allowed, precision + " " + n + " " + k);
                    }
                }
            }
        }
    }

    @Test
    void columnsOfInt8ThatHoldNoNumbersGiveNone() {
        float[] w = {1, Float.NaN, 2, Float.POSITIVE_INFINITY, 1e-35f, 1e-38f, 5, 1};
        try (Arena arena = Arena.ofConfined()) {
            TensorView weight = TensorView.contiguous(DType.F32, new long[]{4, 2},
                    arena.allocateFrom(ValueLayout.JAVA_FLOAT, w));
            float[] stored = weightsOf(PackedMatrix.pack(arena, Precision.INT8, weight));
            assertTrue(Float.isNaN(stored[0]) && Float.isNaN(stored[1]), "a NaN in the column");
            assertEquals(0f, stored[2], "smaller than any scale");
            assertEquals(5f, stored[3], 2.5 / 127);
            assertEquals(1f, stored[7], 2.5 / 127);
        }
    }

    @Test
    void attentionMatchesFloat64() {
        int heads = 2;
        int headDim = 24;
        int width = heads * headDim;
        int length = 69; // a block and some positions of the next
        int queries = 5; // a tile of four and one more
        int capacity = 128;
        float[] q = KernelCases.floats(queries * width, 31, 1f);
        float[] k = KernelCases.floats(length * width, 32, 1f);
        float[] v = KernelCases.floats(length * width, 33, 1f);
        float[] stored = new float[heads * capacity * (headDim + 32)];
        for (int p = 0; p < length; p++) {
            int block = p / 64 * heads * 64 * (headDim + 32);
            for (int i = 0; i < width; i++) {
                int head = i / headDim;
                int d = i % headDim;
                stored[block + (head * headDim + d) * 64 + p % 64] = k[p * width + i];
                stored[block + heads * headDim * 64 + (head * 64 + p % 64) * 32 + d] = v[p * width + i];
            }
        }
        float[] out = new float[queries * width];
        var cached = new CachedHeads(Precision.F32, Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, stored), 0,
                heads, headDim);
        KERNELS.attend(q, 0, width, queries, 0.3f, cached, length, 0, new float[4 * capacity], out, 0, width);

        for (int query = 0; query < queries; query++) {
            for (int head = 0; head < heads; head++) {
                int at = head * headDim;
                double[] want = attention(q, query * width + at, k, v, at, width, headDim, length);
                for (int d = 0; d < headDim; d++) assertEquals(want[d], out[query * width + at + d], 2e-6);
            }
        }
    }

    private static double[] attention(float[] q, int qAt, float[] k, float[] v, int at, int stride, int headDim,
            int length) {
        double[] mixed = new double[headDim];
        double sum = 0;
        for (int p = 0; p < length; p++) {
            double score = 0;
            for (int d = 0; d < headDim; d++) score += (double) q[qAt + d] * k[p * stride + at + d];
            double weight = Math.exp(0.3f * score);
            sum += weight;
            for (int d = 0; d < headDim; d++) mixed[d] += weight * v[p * stride + at + d];
        }
        for (int d = 0; d < headDim; d++) mixed[d] /= sum;
        return mixed;
    }

    @Test
    void piecesOfAPastGiveTheBitsOfTheWhole() {
        int length = 150;
        for (Precision precision : new Precision[]{Precision.F32, Precision.BF16}) {
            var heads = new CachedHeads(precision,
                    Arena.ofAuto().allocate(CachedHeads.byteSize(precision, 3, 20, length), 64), 0, 3, 20);
            float[] kv = KernelCases.floats(length * 120, 34, 1f);
            for (int i = 0; i < 3 * length; i++) heads.put(i % 3, i / 3, kv, i * 20, length * 60 + i * 20);
            float[] q = KernelCases.floats(4 * 60, 35, 1f);
            float[] want = new float[4 * 60];
            KERNELS.attend(q, 0, 60, 4, 0.3f, heads, length, 0, new float[4 * 192], want, 0, 60);
            var shared = new CachedSegments();
            CachedSegments[] own = new CachedSegments[4];
            for (int cut : new int[]{0, 1, 37, 64, 149}) {
                shared.clear();
                shared.add(heads, 0, cut);
                for (int query = 0; query < 4; query++) {
                    own[query] = new CachedSegments();
                    own[query].add(heads, cut, length - cut);
                }
                for (Kernels kernels : new Kernels[]{KERNELS, new VectorKernels()}) {
                    float[] out = new float[4 * 60];
                    kernels.attendSegments(q, 0, 60, 4, 0.3f, shared, own, new float[CachedSegments.scratch(length)],
                            out, 0, 60);
                    assertArrayEquals(want, out, precision + " cut at " + cut);
                }
            }
        }
    }

    @Test
    void layerNormSubtractsTheMeanEvenWithoutScale() {
        float[] x = {1, 2, 3, 6};
        float[] out = new float[4];
        KERNELS.layerNorm(x, 0, 4, null, null, 0f, out, 0);
        double deviation = Math.sqrt((4 + 1 + 0 + 9) / 4.0);
        for (int i = 0; i < 4; i++) assertEquals((x[i] - 3) / deviation, out[i], 1e-6);
    }

    @Test
    void softmaxSumsToOneAndKeepsRatios() {
        float[] x = {1f, 1001f, 1000f, -5000f};
        KERNELS.softmaxInPlace(x, 0, 4);
        assertEquals(Math.E, x[1] / x[2], 1e-6);
        assertEquals(1.0, x[0] + x[1] + x[2] + x[3], 1e-6);
    }

    @Test
    void activationsMatchTheirDefinitions() {
        for (double x = -8; x < 8; x += 0.01) {
            assertEquals(0.5 * x * (1 + erf(x / Math.sqrt(2))), Activation.GELU.apply((float) x), 3e-6);
            assertEquals(x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
                    Activation.GELU_TANH.apply((float) x), 1e-6 * Math.max(1, Math.abs(x)));
            assertEquals(x / (1 + Math.exp(-1.702 * x)), Activation.QUICK_GELU.apply((float) x), 1e-6);
            assertEquals(x / (1 + Math.exp(-x)), Activation.SWISH.apply((float) x), 1e-6);
            assertEquals(x < 0 ? 0 : (float) x, Activation.RELU.apply((float) x));
        }
    }

    @Test
    void bfloat16RoundsToNearestEven() {
        assertEquals(0x3f80, PackedMatrix.toBfloat16(1f));
        assertEquals(0x3f80, PackedMatrix.toBfloat16(Float.intBitsToFloat(0x3f808000)), "tie to even, down");
        assertEquals(0x3f82, PackedMatrix.toBfloat16(Float.intBitsToFloat(0x3f818000)), "tie to even, up");
        assertEquals(0x3f81, PackedMatrix.toBfloat16(Float.intBitsToFloat(0x3f808001)));
        assertTrue(Float.isNaN(Float.intBitsToFloat(PackedMatrix.toBfloat16(Float.NaN) << 16)));
    }
}
