package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.ORDER;
import static io.github.smalti.core.kernel.Species.VECTORS_PER_PANEL;

import io.github.smalti.core.PackedMatrix;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Register tiles of the matrix product with float32 weights.
///
/// A tile of R rows by C column vectors keeps R · C sums in registers over the whole depth: every weight vector is loaded
/// once for R rows, every input broadcast once for C vectors. Tiles differ in speed only: each sum runs over k in order.
///
/// | tile | for | sums |
/// |---|---|---|
/// | 6 × 4 | prompts, pictures, batches, where 512 bits come with 32 registers | 24 chains of fused multiply-adds, at 10 loads for 24 of them |
/// | 4 × 4 | the same with fewer registers, or what is left of it | 16 chains hide the latency of 4, at half a load each |
/// | 2 × 4 | one image with guidance | 8 chains, 4 streams of weights from memory |
/// | 1 × 4 | one row | 4 chains, enough to outrun memory |
/// | 8 × 1, 1 × 1 | what is left over | |
final class MatmulF32Vector {
    /// Bytes from one k to the next within a panel.
    private static final long STEP = PackedMatrix.PANEL * 4L;

    private MatmulF32Vector() {}

    static void run(MatmulTask t) {
        int vector = t.firstVector;
        for (; vector + 4 <= Math.min(t.endVector, t.fullVectors); vector += 4) {
            int row = 0;
            for (; hasSixRows(t.rows - row); row += 6) tile6x4(t, row, vector);
            for (; row + 4 <= t.rows; row += 4) tile4x4(t, row, vector);
            for (; row + 2 <= t.rows; row += 2) tile2x4(t, row, vector);
            if (row < t.rows) tile1x4(t, row, vector);
            t.addBias(vector, 4);
        }
        for (; vector < t.endVector; vector++) {
            int row = 0;
            for (; row + 8 <= t.rows; row += 8) tile8x1(t, row, vector);
            for (; row < t.rows; row++) tile1x1(t, row, vector);
            t.addBias(vector, 1);
        }
    }

    /// Whether six of the rows that are left are taken at once, at 512 bits only: eight are better taken as twice four.
    private static boolean hasSixRows(int left) { return VECTORS_PER_PANEL == 1 && left >= 6 && left != 8; }

    private static void tile6x4(MatmulTask t, int row, int vector) {
        float[] x = t.x;
        MemorySegment w = t.w;
        long w0 = t.weightAt(vector);
        long w1 = t.weightAt(vector + 1);
        long w2 = t.weightAt(vector + 2);
        long w3 = t.weightAt(vector + 3);
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero, s01 = zero, s02 = zero, s03 = zero;
        FloatVector s10 = zero, s11 = zero, s12 = zero, s13 = zero;
        FloatVector s20 = zero, s21 = zero, s22 = zero, s23 = zero;
        FloatVector s30 = zero, s31 = zero, s32 = zero, s33 = zero;
        FloatVector s40 = zero, s41 = zero, s42 = zero, s43 = zero;
        FloatVector s50 = zero, s51 = zero, s52 = zero, s53 = zero;
        for (int segment = 0; segment < t.segments; segment++) {
            int x0 = t.inputAt(row, segment);
            int x1 = x0 + t.xRowStride;
            int x2 = x1 + t.xRowStride;
            int x3 = x2 + t.xRowStride;
            int x4 = x3 + t.xRowStride;
            int x5 = x4 + t.xRowStride;
            for (int k = 0; k < t.segmentLength; k++) {
                FloatVector v0 = FloatVector.fromMemorySegment(F, w, w0, ORDER);
                FloatVector v1 = FloatVector.fromMemorySegment(F, w, w1, ORDER);
                FloatVector v2 = FloatVector.fromMemorySegment(F, w, w2, ORDER);
                FloatVector v3 = FloatVector.fromMemorySegment(F, w, w3, ORDER);
                w0 += STEP;
                w1 += STEP;
                w2 += STEP;
                w3 += STEP;
                FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                s00 = y0.fma(v0, s00);
                s01 = y0.fma(v1, s01);
                s02 = y0.fma(v2, s02);
                s03 = y0.fma(v3, s03);
                FloatVector y1 = FloatVector.broadcast(F, x[x1 + k]);
                s10 = y1.fma(v0, s10);
                s11 = y1.fma(v1, s11);
                s12 = y1.fma(v2, s12);
                s13 = y1.fma(v3, s13);
                FloatVector y2 = FloatVector.broadcast(F, x[x2 + k]);
                s20 = y2.fma(v0, s20);
                s21 = y2.fma(v1, s21);
                s22 = y2.fma(v2, s22);
                s23 = y2.fma(v3, s23);
                FloatVector y3 = FloatVector.broadcast(F, x[x3 + k]);
                s30 = y3.fma(v0, s30);
                s31 = y3.fma(v1, s31);
                s32 = y3.fma(v2, s32);
                s33 = y3.fma(v3, s33);
                FloatVector y4 = FloatVector.broadcast(F, x[x4 + k]);
                s40 = y4.fma(v0, s40);
                s41 = y4.fma(v1, s41);
                s42 = y4.fma(v2, s42);
                s43 = y4.fma(v3, s43);
                FloatVector y5 = FloatVector.broadcast(F, x[x5 + k]);
                s50 = y5.fma(v0, s50);
                s51 = y5.fma(v1, s51);
                s52 = y5.fma(v2, s52);
                s53 = y5.fma(v3, s53);
            }
        }
        s00.intoArray(t.out, t.outputAt(row, vector));
        s01.intoArray(t.out, t.outputAt(row, vector + 1));
        s02.intoArray(t.out, t.outputAt(row, vector + 2));
        s03.intoArray(t.out, t.outputAt(row, vector + 3));
        s10.intoArray(t.out, t.outputAt(row + 1, vector));
        s11.intoArray(t.out, t.outputAt(row + 1, vector + 1));
        s12.intoArray(t.out, t.outputAt(row + 1, vector + 2));
        s13.intoArray(t.out, t.outputAt(row + 1, vector + 3));
        s20.intoArray(t.out, t.outputAt(row + 2, vector));
        s21.intoArray(t.out, t.outputAt(row + 2, vector + 1));
        s22.intoArray(t.out, t.outputAt(row + 2, vector + 2));
        s23.intoArray(t.out, t.outputAt(row + 2, vector + 3));
        s30.intoArray(t.out, t.outputAt(row + 3, vector));
        s31.intoArray(t.out, t.outputAt(row + 3, vector + 1));
        s32.intoArray(t.out, t.outputAt(row + 3, vector + 2));
        s33.intoArray(t.out, t.outputAt(row + 3, vector + 3));
        s40.intoArray(t.out, t.outputAt(row + 4, vector));
        s41.intoArray(t.out, t.outputAt(row + 4, vector + 1));
        s42.intoArray(t.out, t.outputAt(row + 4, vector + 2));
        s43.intoArray(t.out, t.outputAt(row + 4, vector + 3));
        s50.intoArray(t.out, t.outputAt(row + 5, vector));
        s51.intoArray(t.out, t.outputAt(row + 5, vector + 1));
        s52.intoArray(t.out, t.outputAt(row + 5, vector + 2));
        s53.intoArray(t.out, t.outputAt(row + 5, vector + 3));
    }

    private static void tile4x4(MatmulTask t, int row, int vector) {
        float[] x = t.x;
        MemorySegment w = t.w;
        long w0 = t.weightAt(vector);
        long w1 = t.weightAt(vector + 1);
        long w2 = t.weightAt(vector + 2);
        long w3 = t.weightAt(vector + 3);
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero, s01 = zero, s02 = zero, s03 = zero;
        FloatVector s10 = zero, s11 = zero, s12 = zero, s13 = zero;
        FloatVector s20 = zero, s21 = zero, s22 = zero, s23 = zero;
        FloatVector s30 = zero, s31 = zero, s32 = zero, s33 = zero;
        for (int segment = 0; segment < t.segments; segment++) {
            int x0 = t.inputAt(row, segment);
            int x1 = x0 + t.xRowStride;
            int x2 = x1 + t.xRowStride;
            int x3 = x2 + t.xRowStride;
            for (int k = 0; k < t.segmentLength; k++) {
                FloatVector v0 = FloatVector.fromMemorySegment(F, w, w0, ORDER);
                FloatVector v1 = FloatVector.fromMemorySegment(F, w, w1, ORDER);
                FloatVector v2 = FloatVector.fromMemorySegment(F, w, w2, ORDER);
                FloatVector v3 = FloatVector.fromMemorySegment(F, w, w3, ORDER);
                w0 += STEP;
                w1 += STEP;
                w2 += STEP;
                w3 += STEP;
                FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                s00 = y0.fma(v0, s00);
                s01 = y0.fma(v1, s01);
                s02 = y0.fma(v2, s02);
                s03 = y0.fma(v3, s03);
                FloatVector y1 = FloatVector.broadcast(F, x[x1 + k]);
                s10 = y1.fma(v0, s10);
                s11 = y1.fma(v1, s11);
                s12 = y1.fma(v2, s12);
                s13 = y1.fma(v3, s13);
                FloatVector y2 = FloatVector.broadcast(F, x[x2 + k]);
                s20 = y2.fma(v0, s20);
                s21 = y2.fma(v1, s21);
                s22 = y2.fma(v2, s22);
                s23 = y2.fma(v3, s23);
                FloatVector y3 = FloatVector.broadcast(F, x[x3 + k]);
                s30 = y3.fma(v0, s30);
                s31 = y3.fma(v1, s31);
                s32 = y3.fma(v2, s32);
                s33 = y3.fma(v3, s33);
            }
        }
        s00.intoArray(t.out, t.outputAt(row, vector));
        s01.intoArray(t.out, t.outputAt(row, vector + 1));
        s02.intoArray(t.out, t.outputAt(row, vector + 2));
        s03.intoArray(t.out, t.outputAt(row, vector + 3));
        s10.intoArray(t.out, t.outputAt(row + 1, vector));
        s11.intoArray(t.out, t.outputAt(row + 1, vector + 1));
        s12.intoArray(t.out, t.outputAt(row + 1, vector + 2));
        s13.intoArray(t.out, t.outputAt(row + 1, vector + 3));
        s20.intoArray(t.out, t.outputAt(row + 2, vector));
        s21.intoArray(t.out, t.outputAt(row + 2, vector + 1));
        s22.intoArray(t.out, t.outputAt(row + 2, vector + 2));
        s23.intoArray(t.out, t.outputAt(row + 2, vector + 3));
        s30.intoArray(t.out, t.outputAt(row + 3, vector));
        s31.intoArray(t.out, t.outputAt(row + 3, vector + 1));
        s32.intoArray(t.out, t.outputAt(row + 3, vector + 2));
        s33.intoArray(t.out, t.outputAt(row + 3, vector + 3));
    }

    private static void tile2x4(MatmulTask t, int row, int vector) {
        float[] x = t.x;
        MemorySegment w = t.w;
        long w0 = t.weightAt(vector);
        long w1 = t.weightAt(vector + 1);
        long w2 = t.weightAt(vector + 2);
        long w3 = t.weightAt(vector + 3);
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero, s01 = zero, s02 = zero, s03 = zero;
        FloatVector s10 = zero, s11 = zero, s12 = zero, s13 = zero;
        for (int segment = 0; segment < t.segments; segment++) {
            int x0 = t.inputAt(row, segment);
            int x1 = x0 + t.xRowStride;
            for (int k = 0; k < t.segmentLength; k++) {
                FloatVector v0 = FloatVector.fromMemorySegment(F, w, w0, ORDER);
                FloatVector v1 = FloatVector.fromMemorySegment(F, w, w1, ORDER);
                FloatVector v2 = FloatVector.fromMemorySegment(F, w, w2, ORDER);
                FloatVector v3 = FloatVector.fromMemorySegment(F, w, w3, ORDER);
                w0 += STEP;
                w1 += STEP;
                w2 += STEP;
                w3 += STEP;
                FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                s00 = y0.fma(v0, s00);
                s01 = y0.fma(v1, s01);
                s02 = y0.fma(v2, s02);
                s03 = y0.fma(v3, s03);
                FloatVector y1 = FloatVector.broadcast(F, x[x1 + k]);
                s10 = y1.fma(v0, s10);
                s11 = y1.fma(v1, s11);
                s12 = y1.fma(v2, s12);
                s13 = y1.fma(v3, s13);
            }
        }
        s00.intoArray(t.out, t.outputAt(row, vector));
        s01.intoArray(t.out, t.outputAt(row, vector + 1));
        s02.intoArray(t.out, t.outputAt(row, vector + 2));
        s03.intoArray(t.out, t.outputAt(row, vector + 3));
        s10.intoArray(t.out, t.outputAt(row + 1, vector));
        s11.intoArray(t.out, t.outputAt(row + 1, vector + 1));
        s12.intoArray(t.out, t.outputAt(row + 1, vector + 2));
        s13.intoArray(t.out, t.outputAt(row + 1, vector + 3));
    }

    private static void tile1x4(MatmulTask t, int row, int vector) {
        float[] x = t.x;
        MemorySegment w = t.w;
        long w0 = t.weightAt(vector);
        long w1 = t.weightAt(vector + 1);
        long w2 = t.weightAt(vector + 2);
        long w3 = t.weightAt(vector + 3);
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero, s01 = zero, s02 = zero, s03 = zero;
        for (int segment = 0; segment < t.segments; segment++) {
            int x0 = t.inputAt(row, segment);
            for (int k = 0; k < t.segmentLength; k++) {
                FloatVector v0 = FloatVector.fromMemorySegment(F, w, w0, ORDER);
                FloatVector v1 = FloatVector.fromMemorySegment(F, w, w1, ORDER);
                FloatVector v2 = FloatVector.fromMemorySegment(F, w, w2, ORDER);
                FloatVector v3 = FloatVector.fromMemorySegment(F, w, w3, ORDER);
                w0 += STEP;
                w1 += STEP;
                w2 += STEP;
                w3 += STEP;
                FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                s00 = y0.fma(v0, s00);
                s01 = y0.fma(v1, s01);
                s02 = y0.fma(v2, s02);
                s03 = y0.fma(v3, s03);
            }
        }
        s00.intoArray(t.out, t.outputAt(row, vector));
        s01.intoArray(t.out, t.outputAt(row, vector + 1));
        s02.intoArray(t.out, t.outputAt(row, vector + 2));
        s03.intoArray(t.out, t.outputAt(row, vector + 3));
    }

    private static void tile8x1(MatmulTask t, int row, int vector) {
        float[] x = t.x;
        MemorySegment w = t.w;
        long w0 = t.weightAt(vector);
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero;
        FloatVector s10 = zero;
        FloatVector s20 = zero;
        FloatVector s30 = zero;
        FloatVector s40 = zero;
        FloatVector s50 = zero;
        FloatVector s60 = zero;
        FloatVector s70 = zero;
        for (int segment = 0; segment < t.segments; segment++) {
            int x0 = t.inputAt(row, segment);
            int x1 = x0 + t.xRowStride;
            int x2 = x1 + t.xRowStride;
            int x3 = x2 + t.xRowStride;
            int x4 = x3 + t.xRowStride;
            int x5 = x4 + t.xRowStride;
            int x6 = x5 + t.xRowStride;
            int x7 = x6 + t.xRowStride;
            for (int k = 0; k < t.segmentLength; k++) {
                FloatVector v0 = FloatVector.fromMemorySegment(F, w, w0, ORDER);
                w0 += STEP;
                FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                s00 = y0.fma(v0, s00);
                FloatVector y1 = FloatVector.broadcast(F, x[x1 + k]);
                s10 = y1.fma(v0, s10);
                FloatVector y2 = FloatVector.broadcast(F, x[x2 + k]);
                s20 = y2.fma(v0, s20);
                FloatVector y3 = FloatVector.broadcast(F, x[x3 + k]);
                s30 = y3.fma(v0, s30);
                FloatVector y4 = FloatVector.broadcast(F, x[x4 + k]);
                s40 = y4.fma(v0, s40);
                FloatVector y5 = FloatVector.broadcast(F, x[x5 + k]);
                s50 = y5.fma(v0, s50);
                FloatVector y6 = FloatVector.broadcast(F, x[x6 + k]);
                s60 = y6.fma(v0, s60);
                FloatVector y7 = FloatVector.broadcast(F, x[x7 + k]);
                s70 = y7.fma(v0, s70);
            }
        }
        if (vector < t.fullVectors) {
            s00.intoArray(t.out, t.outputAt(row, vector));
            s10.intoArray(t.out, t.outputAt(row + 1, vector));
            s20.intoArray(t.out, t.outputAt(row + 2, vector));
            s30.intoArray(t.out, t.outputAt(row + 3, vector));
            s40.intoArray(t.out, t.outputAt(row + 4, vector));
            s50.intoArray(t.out, t.outputAt(row + 5, vector));
            s60.intoArray(t.out, t.outputAt(row + 6, vector));
            s70.intoArray(t.out, t.outputAt(row + 7, vector));
        } else {
            t.storeTail(s00, row, vector);
            t.storeTail(s10, row + 1, vector);
            t.storeTail(s20, row + 2, vector);
            t.storeTail(s30, row + 3, vector);
            t.storeTail(s40, row + 4, vector);
            t.storeTail(s50, row + 5, vector);
            t.storeTail(s60, row + 6, vector);
            t.storeTail(s70, row + 7, vector);
        }
    }

    private static void tile1x1(MatmulTask t, int row, int vector) {
        float[] x = t.x;
        MemorySegment w = t.w;
        long w0 = t.weightAt(vector);
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero;
        for (int segment = 0; segment < t.segments; segment++) {
            int x0 = t.inputAt(row, segment);
            for (int k = 0; k < t.segmentLength; k++) {
                FloatVector v0 = FloatVector.fromMemorySegment(F, w, w0, ORDER);
                w0 += STEP;
                FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                s00 = y0.fma(v0, s00);
            }
        }
        if (vector < t.fullVectors) {
            s00.intoArray(t.out, t.outputAt(row, vector));
        } else {
            t.storeTail(s00, row, vector);
        }
    }
}
