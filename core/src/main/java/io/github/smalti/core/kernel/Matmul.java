package io.github.smalti.core.kernel;

import static io.github.smalti.core.PackedMatrix.PANEL;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Matrix products with packed weights: the scalar twin of [MatmulVector].
final class Matmul {
    private Matmul() {}

    static void run(float[] x, int xAt, int xRowStride, int xSegmentStride, int rows, PackedMatrix w, float[] bias,
            int firstPanel, int endPanel, float[] out, int outAt, int outRowStride) {
        float[] sums = new float[PANEL];
        for (int panel = firstPanel; panel < endPanel; panel++) {
            int columns = Math.min(PANEL, w.columns() - panel * PANEL);
            for (int row = 0; row < rows; row++) {
                java.util.Arrays.fill(sums, 0f);
                long at = panel * w.panelElements();
                for (int segment = 0; segment < w.segments(); segment++) {
                    int from = xAt + row * xRowStride + segment * xSegmentStride;
                    at = switch (w.precision()) {
                        case F32 -> addF32(x, from, w.segmentLength(), w.data(), at, sums);
                        case BF16 -> addBf16(x, from, w.segmentLength(), w.data(), at, sums);
                        case INT8 -> addInt8(x, from, w.segmentLength(), w.data(), at, sums);
                    };
                }
                if (w.precision() == Precision.INT8) scale(sums, w.data(), w.scalesAt() / 4 + panel * PANEL);
                store(sums, columns, bias, panel * PANEL, out, outAt + row * outRowStride + panel * PANEL);
            }
        }
    }

    private static long addF32(float[] x, int from, int length, MemorySegment w, long at, float[] sums) {
        for (int k = 0; k < length; k++) {
            for (int lane = 0; lane < PANEL; lane++) {
                sums[lane] = Math.fma(x[from + k], w.getAtIndex(ValueLayout.JAVA_FLOAT, at + lane), sums[lane]);
            }
            at += PANEL;
        }
        return at;
    }

    private static long addBf16(float[] x, int from, int length, MemorySegment w, long at, float[] sums) {
        for (int k = 0; k < length; k += 2) {
            for (int lane = 0; lane < PANEL; lane++) {
                int pair = w.getAtIndex(ValueLayout.JAVA_INT, at + lane);
                float sum = Math.fma(x[from + k], Float.intBitsToFloat(pair << 16), sums[lane]);
                if (k + 1 < length) sum = Math.fma(x[from + k + 1], Float.intBitsToFloat(pair & 0xffff0000), sum);
                sums[lane] = sum;
            }
            at += PANEL;
        }
        return at;
    }

    private static long addInt8(float[] x, int from, int length, MemorySegment w, long at, float[] sums) {
        for (int k = 0; k < length; k++) {
            for (int lane = 0; lane < PANEL; lane++) {
                int word = w.getAtIndex(ValueLayout.JAVA_INT, at + lane);
                sums[lane] = Math.fma(x[from + k], (float) (word << k % 4 * 8), sums[lane]);
            }
            if (k % 4 == 3 || k == length - 1) at += PANEL;
        }
        return at;
    }

    private static void scale(float[] sums, MemorySegment w, long at) {
        for (int lane = 0; lane < PANEL; lane++) sums[lane] *= w.getAtIndex(ValueLayout.JAVA_FLOAT, at + lane);
    }

    private static void store(float[] sums, int columns, float[] bias, int column, float[] out, int outAt) {
        for (int lane = 0; lane < columns; lane++) {
            out[outAt + lane] = bias == null ? sums[lane] : sums[lane] + bias[column + lane];
        }
    }
}
