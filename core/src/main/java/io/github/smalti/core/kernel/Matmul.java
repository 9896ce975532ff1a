package io.github.smalti.core.kernel;

import static io.github.smalti.core.PackedMatrix.PANEL;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Matrix products with packed weights: the scalar twin of [MatmulF32Vector], [MatmulBf16Vector] and [MatmulInt8Vector].
///
/// A process's first pictures are drawn by it, see [StartingKernels]; so it is fast as plain Java goes: weights are
/// copied to an array, since memory segments are slow until they are compiled, and eight sums at a time stay in
/// registers (12 GFLOP/s a core instead of 2, when one sum at a time goes through memory).
final class Matmul {
    /// Rows that share a copy of the weights.
    private static final int ROWS = 16;
    /// Weights of a column that are copied at once, a multiple of four: with 16 columns 8 KiB, a quarter of the nearest
    /// cache.
    private static final int DEPTH = 128;

    private final float[] x;
    private final int xRowStride;
    private final int xSegmentStride;
    private final PackedMatrix w;
    private final float[] weights = new float[DEPTH * PANEL];
    private final int[] words;
    private final float[] sums = new float[ROWS * PANEL];

    private Matmul(float[] x, int xRowStride, int xSegmentStride, PackedMatrix w) {
        this.x = x;
        this.xRowStride = xRowStride;
        this.xSegmentStride = xSegmentStride;
        this.w = w;
        this.words = new int[w.precision() == Precision.F32 ? 0 : DEPTH / 2 * PANEL];
    }

    static void run(float[] x, int xAt, int xRowStride, int xSegmentStride, int rows, PackedMatrix w, float[] bias,
            int firstPanel, int endPanel, float[] out, int outAt, int outRowStride) {
        var matmul = new Matmul(x, xRowStride, xSegmentStride, w);
        for (int panel = firstPanel; panel < endPanel; panel++) {
            int columns = Math.min(PANEL, w.columns() - panel * PANEL);
            for (int row = 0; row < rows; row += ROWS) {
                int count = Math.min(ROWS, rows - row);
                matmul.sum(xAt + row * xRowStride, count, panel);
                for (int r = 0; r < count; r++) {
                    int to = outAt + (row + r) * outRowStride + panel * PANEL;
                    store(matmul.sums, r * PANEL, columns, bias, panel * PANEL, out, to);
                }
            }
        }
    }

    /// The sums of some rows and one panel, `[count][16]`.
    private void sum(int xAt, int count, int panel) {
        Arrays.fill(sums, 0f);
        long at = panel * w.panelElements();
        for (int segment = 0; segment < w.segments(); segment++) {
            int from = xAt + segment * xSegmentStride;
            for (int k = 0; k < w.segmentLength(); k += DEPTH) {
                int depth = Math.min(DEPTH, w.segmentLength() - k);
                at = copy(w, at, depth, words, weights);
                for (int r = 0; r < count; r++) add(x, from + r * xRowStride + k, depth, weights, sums, r);
            }
        }
        if (w.precision() == Precision.INT8) for (int r = 0; r < count; r++) scale(sums, r * PANEL, w, panel);
    }

    /// Copies the weights of some k as floats, `[depth][16]`; returns where the next ones lie.
    private static long copy(PackedMatrix w, long at, int depth, int[] words, float[] weights) {
        switch (w.precision()) {
            case F32 -> {
                MemorySegment.copy(w.data(), ValueLayout.JAVA_FLOAT, at * Float.BYTES, weights, 0, depth * PANEL);
                return at + (long) depth * PANEL;
            }
            case BF16 -> {
                int count = (depth + 1) / 2 * PANEL;
                MemorySegment.copy(w.data(), ValueLayout.JAVA_INT, at * Integer.BYTES, words, 0, count);
                for (int k = 0; k < depth; k++) {
                    int up = k % 2 == 0 ? 16 : 0;
                    for (int lane = 0; lane < PANEL; lane++) {
                        int bits = words[k / 2 * PANEL + lane] << up & 0xffff0000;
                        weights[k * PANEL + lane] = Float.intBitsToFloat(bits);
                    }
                }
                return at + count;
            }
            case INT8 -> {
                int count = (depth + 3) / 4 * PANEL;
                MemorySegment.copy(w.data(), ValueLayout.JAVA_INT, at * Integer.BYTES, words, 0, count);
                for (int k = 0; k < depth; k++) {
                    int up = k % 4 * 8;
                    for (int lane = 0; lane < PANEL; lane++) {
                        weights[k * PANEL + lane] = words[k / 4 * PANEL + lane] << up;
                    }
                }
                return at + count;
            }
        }
        throw new AssertionError(w.precision());
    }

    /// `sums[row][lane] += sum over k of x[from + k] * weights[k][lane]`.
    private static void add(float[] x, int from, int depth, float[] weights, float[] sums, int row) {
        for (int at = row * PANEL; at < (row + 1) * PANEL; at += 8) {
            float s0 = sums[at], s1 = sums[at + 1], s2 = sums[at + 2], s3 = sums[at + 3];
            float s4 = sums[at + 4], s5 = sums[at + 5], s6 = sums[at + 6], s7 = sums[at + 7];
            for (int k = 0, w = at % PANEL; k < depth; k++, w += PANEL) {
                float y = x[from + k];
                s0 = Math.fma(y, weights[w], s0);
                s1 = Math.fma(y, weights[w + 1], s1);
                s2 = Math.fma(y, weights[w + 2], s2);
                s3 = Math.fma(y, weights[w + 3], s3);
                s4 = Math.fma(y, weights[w + 4], s4);
                s5 = Math.fma(y, weights[w + 5], s5);
                s6 = Math.fma(y, weights[w + 6], s6);
                s7 = Math.fma(y, weights[w + 7], s7);
            }
            sums[at] = s0;
            sums[at + 1] = s1;
            sums[at + 2] = s2;
            sums[at + 3] = s3;
            sums[at + 4] = s4;
            sums[at + 5] = s5;
            sums[at + 6] = s6;
            sums[at + 7] = s7;
        }
    }

    private static void scale(float[] sums, int at, PackedMatrix w, int panel) {
        long scalesAt = w.scalesAt() + 4L * panel * PANEL;
        for (int lane = 0; lane < PANEL; lane++) {
            sums[at + lane] *= w.data().get(ValueLayout.JAVA_FLOAT, scalesAt + 4L * lane);
        }
    }

    private static void store(float[] sums, int at, int columns, float[] bias, int column, float[] out, int outAt) {
        for (int lane = 0; lane < columns; lane++) {
            out[outAt + lane] = bias == null ? sums[at + lane] : sums[at + lane] + bias[column + lane];
        }
    }
}
