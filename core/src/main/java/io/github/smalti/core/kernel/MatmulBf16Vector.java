package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.I;
import static io.github.smalti.core.kernel.Species.ORDER;

import io.github.smalti.core.PackedMatrix;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Register tiles of the matrix product with bfloat16 weights: a pair of k in one int per column, so that widening is a shift or a mask.
///
/// The tiles are those of [MatmulF32Vector], but for 6 × 4, which gained nothing here.
final class MatmulBf16Vector {
    /// Bytes from one k pair to the next within a panel.
    static final long STEP = PackedMatrix.PANEL * 4L;

    private MatmulBf16Vector() {}

    static void run(MatmulTask t) {
        int vector = t.firstVector;
        for (; vector + 4 <= Math.min(t.endVector, t.fullVectors); vector += 4) {
            int row = 0;
            for (; row + 4 <= t.rows; row += 4) tile4x4(t, row, vector);
            for (; row + 2 <= t.rows; row += 2) tile2x4(t, row, vector);
            if (row < t.rows) tile1x4(t, row, vector);
            t.addBias(vector, 4);
        }
        for (; vector < t.endVector; vector++) {
            int row = 0;
            for (; row + 8 <= t.rows; row += 8) MatmulBf16EdgeVector.tile8x1(t, row, vector);
            for (; row < t.rows; row++) MatmulBf16EdgeVector.tile1x1(t, row, vector);
            t.addBias(vector, 1);
        }
    }

    static FloatVector even(IntVector pairs) { return pairs.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(); }

    static FloatVector odd(IntVector pairs) { return pairs.and(0xffff0000).reinterpretAsFloats(); }

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
            int k = 0;
            for (; k < t.segmentLength - 1; k += 2) {
                IntVector p0 = IntVector.fromMemorySegment(I, w, w0, ORDER);
                IntVector p1 = IntVector.fromMemorySegment(I, w, w1, ORDER);
                IntVector p2 = IntVector.fromMemorySegment(I, w, w2, ORDER);
                IntVector p3 = IntVector.fromMemorySegment(I, w, w3, ORDER);
                w0 += STEP;
                w1 += STEP;
                w2 += STEP;
                w3 += STEP;
                FloatVector e0 = even(p0);
                FloatVector o0 = odd(p0);
                FloatVector e1 = even(p1);
                FloatVector o1 = odd(p1);
                FloatVector e2 = even(p2);
                FloatVector o2 = odd(p2);
                FloatVector e3 = even(p3);
                FloatVector o3 = odd(p3);
                FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                FloatVector z0 = FloatVector.broadcast(F, x[x0 + k + 1]);
                s00 = z0.fma(o0, y0.fma(e0, s00));
                s01 = z0.fma(o1, y0.fma(e1, s01));
                s02 = z0.fma(o2, y0.fma(e2, s02));
                s03 = z0.fma(o3, y0.fma(e3, s03));
                FloatVector y1 = FloatVector.broadcast(F, x[x1 + k]);
                FloatVector z1 = FloatVector.broadcast(F, x[x1 + k + 1]);
                s10 = z1.fma(o0, y1.fma(e0, s10));
                s11 = z1.fma(o1, y1.fma(e1, s11));
                s12 = z1.fma(o2, y1.fma(e2, s12));
                s13 = z1.fma(o3, y1.fma(e3, s13));
                FloatVector y2 = FloatVector.broadcast(F, x[x2 + k]);
                FloatVector z2 = FloatVector.broadcast(F, x[x2 + k + 1]);
                s20 = z2.fma(o0, y2.fma(e0, s20));
                s21 = z2.fma(o1, y2.fma(e1, s21));
                s22 = z2.fma(o2, y2.fma(e2, s22));
                s23 = z2.fma(o3, y2.fma(e3, s23));
                FloatVector y3 = FloatVector.broadcast(F, x[x3 + k]);
                FloatVector z3 = FloatVector.broadcast(F, x[x3 + k + 1]);
                s30 = z3.fma(o0, y3.fma(e0, s30));
                s31 = z3.fma(o1, y3.fma(e1, s31));
                s32 = z3.fma(o2, y3.fma(e2, s32));
                s33 = z3.fma(o3, y3.fma(e3, s33));
            }
            if (k < t.segmentLength) {
                FloatVector e0 = even(IntVector.fromMemorySegment(I, w, w0, ORDER));
                w0 += STEP;
                FloatVector e1 = even(IntVector.fromMemorySegment(I, w, w1, ORDER));
                w1 += STEP;
                FloatVector e2 = even(IntVector.fromMemorySegment(I, w, w2, ORDER));
                w2 += STEP;
                FloatVector e3 = even(IntVector.fromMemorySegment(I, w, w3, ORDER));
                w3 += STEP;
                FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                s00 = y0.fma(e0, s00);
                s01 = y0.fma(e1, s01);
                s02 = y0.fma(e2, s02);
                s03 = y0.fma(e3, s03);
                FloatVector y1 = FloatVector.broadcast(F, x[x1 + k]);
                s10 = y1.fma(e0, s10);
                s11 = y1.fma(e1, s11);
                s12 = y1.fma(e2, s12);
                s13 = y1.fma(e3, s13);
                FloatVector y2 = FloatVector.broadcast(F, x[x2 + k]);
                s20 = y2.fma(e0, s20);
                s21 = y2.fma(e1, s21);
                s22 = y2.fma(e2, s22);
                s23 = y2.fma(e3, s23);
                FloatVector y3 = FloatVector.broadcast(F, x[x3 + k]);
                s30 = y3.fma(e0, s30);
                s31 = y3.fma(e1, s31);
                s32 = y3.fma(e2, s32);
                s33 = y3.fma(e3, s33);
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
            int k = 0;
            for (; k < t.segmentLength - 1; k += 2) {
                IntVector p0 = IntVector.fromMemorySegment(I, w, w0, ORDER);
                IntVector p1 = IntVector.fromMemorySegment(I, w, w1, ORDER);
                IntVector p2 = IntVector.fromMemorySegment(I, w, w2, ORDER);
                IntVector p3 = IntVector.fromMemorySegment(I, w, w3, ORDER);
                w0 += STEP;
                w1 += STEP;
                w2 += STEP;
                w3 += STEP;
                FloatVector e0 = even(p0);
                FloatVector o0 = odd(p0);
                FloatVector e1 = even(p1);
                FloatVector o1 = odd(p1);
                FloatVector e2 = even(p2);
                FloatVector o2 = odd(p2);
                FloatVector e3 = even(p3);
                FloatVector o3 = odd(p3);
                FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                FloatVector z0 = FloatVector.broadcast(F, x[x0 + k + 1]);
                s00 = z0.fma(o0, y0.fma(e0, s00));
                s01 = z0.fma(o1, y0.fma(e1, s01));
                s02 = z0.fma(o2, y0.fma(e2, s02));
                s03 = z0.fma(o3, y0.fma(e3, s03));
                FloatVector y1 = FloatVector.broadcast(F, x[x1 + k]);
                FloatVector z1 = FloatVector.broadcast(F, x[x1 + k + 1]);
                s10 = z1.fma(o0, y1.fma(e0, s10));
                s11 = z1.fma(o1, y1.fma(e1, s11));
                s12 = z1.fma(o2, y1.fma(e2, s12));
                s13 = z1.fma(o3, y1.fma(e3, s13));
            }
            if (k < t.segmentLength) {
                FloatVector e0 = even(IntVector.fromMemorySegment(I, w, w0, ORDER));
                FloatVector e1 = even(IntVector.fromMemorySegment(I, w, w1, ORDER));
                FloatVector e2 = even(IntVector.fromMemorySegment(I, w, w2, ORDER));
                FloatVector e3 = even(IntVector.fromMemorySegment(I, w, w3, ORDER));
                w0 += STEP;
                w1 += STEP;
                w2 += STEP;
                w3 += STEP;
                s00 = FloatVector.broadcast(F, x[x0 + k]).fma(e0, s00);
                s01 = FloatVector.broadcast(F, x[x0 + k]).fma(e1, s01);
                s02 = FloatVector.broadcast(F, x[x0 + k]).fma(e2, s02);
                s03 = FloatVector.broadcast(F, x[x0 + k]).fma(e3, s03);
                s10 = FloatVector.broadcast(F, x[x1 + k]).fma(e0, s10);
                s11 = FloatVector.broadcast(F, x[x1 + k]).fma(e1, s11);
                s12 = FloatVector.broadcast(F, x[x1 + k]).fma(e2, s12);
                s13 = FloatVector.broadcast(F, x[x1 + k]).fma(e3, s13);
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
            int k = 0;
            for (; k < t.segmentLength - 1; k += 2) {
                IntVector p0 = IntVector.fromMemorySegment(I, w, w0, ORDER);
                IntVector p1 = IntVector.fromMemorySegment(I, w, w1, ORDER);
                IntVector p2 = IntVector.fromMemorySegment(I, w, w2, ORDER);
                IntVector p3 = IntVector.fromMemorySegment(I, w, w3, ORDER);
                w0 += STEP;
                w1 += STEP;
                w2 += STEP;
                w3 += STEP;
                FloatVector e0 = even(p0);
                FloatVector o0 = odd(p0);
                FloatVector e1 = even(p1);
                FloatVector o1 = odd(p1);
                FloatVector e2 = even(p2);
                FloatVector o2 = odd(p2);
                FloatVector e3 = even(p3);
                FloatVector o3 = odd(p3);
                FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                FloatVector z0 = FloatVector.broadcast(F, x[x0 + k + 1]);
                s00 = z0.fma(o0, y0.fma(e0, s00));
                s01 = z0.fma(o1, y0.fma(e1, s01));
                s02 = z0.fma(o2, y0.fma(e2, s02));
                s03 = z0.fma(o3, y0.fma(e3, s03));
            }
            if (k < t.segmentLength) {
                FloatVector e0 = even(IntVector.fromMemorySegment(I, w, w0, ORDER));
                FloatVector e1 = even(IntVector.fromMemorySegment(I, w, w1, ORDER));
                FloatVector e2 = even(IntVector.fromMemorySegment(I, w, w2, ORDER));
                FloatVector e3 = even(IntVector.fromMemorySegment(I, w, w3, ORDER));
                w0 += STEP;
                w1 += STEP;
                w2 += STEP;
                w3 += STEP;
                s00 = FloatVector.broadcast(F, x[x0 + k]).fma(e0, s00);
                s01 = FloatVector.broadcast(F, x[x0 + k]).fma(e1, s01);
                s02 = FloatVector.broadcast(F, x[x0 + k]).fma(e2, s02);
                s03 = FloatVector.broadcast(F, x[x0 + k]).fma(e3, s03);
            }
        }
        s00.intoArray(t.out, t.outputAt(row, vector));
        s01.intoArray(t.out, t.outputAt(row, vector + 1));
        s02.intoArray(t.out, t.outputAt(row, vector + 2));
        s03.intoArray(t.out, t.outputAt(row, vector + 3));
    }
}
