package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.MatmulBf16Vector.STEP;
import static io.github.smalti.core.kernel.MatmulBf16Vector.even;
import static io.github.smalti.core.kernel.MatmulBf16Vector.odd;
import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.I;
import static io.github.smalti.core.kernel.Species.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// The tiles of [MatmulBf16Vector] that are one vector wide, for the columns that are left over at the right.
final class MatmulBf16EdgeVector {
    private MatmulBf16EdgeVector() {}

    static void tile8x1(MatmulTask t, int row, int vector) {
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
            int k = 0;
            for (; k < t.segmentLength - 1; k += 2) {
                IntVector p0 = IntVector.fromMemorySegment(I, w, w0, ORDER);
                w0 += STEP;
                FloatVector e0 = even(p0);
                FloatVector o0 = odd(p0);
                FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                FloatVector z0 = FloatVector.broadcast(F, x[x0 + k + 1]);
                s00 = z0.fma(o0, y0.fma(e0, s00));
                FloatVector y1 = FloatVector.broadcast(F, x[x1 + k]);
                FloatVector z1 = FloatVector.broadcast(F, x[x1 + k + 1]);
                s10 = z1.fma(o0, y1.fma(e0, s10));
                FloatVector y2 = FloatVector.broadcast(F, x[x2 + k]);
                FloatVector z2 = FloatVector.broadcast(F, x[x2 + k + 1]);
                s20 = z2.fma(o0, y2.fma(e0, s20));
                FloatVector y3 = FloatVector.broadcast(F, x[x3 + k]);
                FloatVector z3 = FloatVector.broadcast(F, x[x3 + k + 1]);
                s30 = z3.fma(o0, y3.fma(e0, s30));
                FloatVector y4 = FloatVector.broadcast(F, x[x4 + k]);
                FloatVector z4 = FloatVector.broadcast(F, x[x4 + k + 1]);
                s40 = z4.fma(o0, y4.fma(e0, s40));
                FloatVector y5 = FloatVector.broadcast(F, x[x5 + k]);
                FloatVector z5 = FloatVector.broadcast(F, x[x5 + k + 1]);
                s50 = z5.fma(o0, y5.fma(e0, s50));
                FloatVector y6 = FloatVector.broadcast(F, x[x6 + k]);
                FloatVector z6 = FloatVector.broadcast(F, x[x6 + k + 1]);
                s60 = z6.fma(o0, y6.fma(e0, s60));
                FloatVector y7 = FloatVector.broadcast(F, x[x7 + k]);
                FloatVector z7 = FloatVector.broadcast(F, x[x7 + k + 1]);
                s70 = z7.fma(o0, y7.fma(e0, s70));
            }
            if (k < t.segmentLength) {
                FloatVector e0 = even(IntVector.fromMemorySegment(I, w, w0, ORDER));
                w0 += STEP;
                s00 = FloatVector.broadcast(F, x[x0 + k]).fma(e0, s00);
                s10 = FloatVector.broadcast(F, x[x1 + k]).fma(e0, s10);
                s20 = FloatVector.broadcast(F, x[x2 + k]).fma(e0, s20);
                s30 = FloatVector.broadcast(F, x[x3 + k]).fma(e0, s30);
                s40 = FloatVector.broadcast(F, x[x4 + k]).fma(e0, s40);
                s50 = FloatVector.broadcast(F, x[x5 + k]).fma(e0, s50);
                s60 = FloatVector.broadcast(F, x[x6 + k]).fma(e0, s60);
                s70 = FloatVector.broadcast(F, x[x7 + k]).fma(e0, s70);
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

    static void tile1x1(MatmulTask t, int row, int vector) {
        float[] x = t.x;
        MemorySegment w = t.w;
        long w0 = t.weightAt(vector);
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero;
        for (int segment = 0; segment < t.segments; segment++) {
            int x0 = t.inputAt(row, segment);
            int k = 0;
            for (; k < t.segmentLength - 1; k += 2) {
                IntVector p0 = IntVector.fromMemorySegment(I, w, w0, ORDER);
                w0 += STEP;
                FloatVector e0 = even(p0);
                FloatVector o0 = odd(p0);
                FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                FloatVector z0 = FloatVector.broadcast(F, x[x0 + k + 1]);
                s00 = z0.fma(o0, y0.fma(e0, s00));
            }
            if (k < t.segmentLength) {
                FloatVector e0 = even(IntVector.fromMemorySegment(I, w, w0, ORDER));
                w0 += STEP;
                s00 = FloatVector.broadcast(F, x[x0 + k]).fma(e0, s00);
            }
        }
        if (vector < t.fullVectors) {
            s00.intoArray(t.out, t.outputAt(row, vector));
        } else {
            t.storeTail(s00, row, vector);
        }
    }
}
