package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.MatmulInt8Vector.STEP;
import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.I;
import static io.github.smalti.core.kernel.Species.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// The tiles of [MatmulInt8Vector] that are one vector wide, for the columns that are left over at the right.
final class MatmulInt8EdgeVector {
    private MatmulInt8EdgeVector() {}

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
            for (int k = 0; k < t.segmentLength;) {
                IntVector p0 = IntVector.fromMemorySegment(I, w, w0, ORDER);
                w0 += STEP;
                for (int end = Math.min(k + 4, t.segmentLength); k < end; k++) {
                    FloatVector e0 = (FloatVector) p0.convert(VectorOperators.I2F, 0);
                    p0 = p0.lanewise(VectorOperators.LSHL, 8);
                    FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                    s00 = y0.fma(e0, s00);
                    FloatVector y1 = FloatVector.broadcast(F, x[x1 + k]);
                    s10 = y1.fma(e0, s10);
                    FloatVector y2 = FloatVector.broadcast(F, x[x2 + k]);
                    s20 = y2.fma(e0, s20);
                    FloatVector y3 = FloatVector.broadcast(F, x[x3 + k]);
                    s30 = y3.fma(e0, s30);
                    FloatVector y4 = FloatVector.broadcast(F, x[x4 + k]);
                    s40 = y4.fma(e0, s40);
                    FloatVector y5 = FloatVector.broadcast(F, x[x5 + k]);
                    s50 = y5.fma(e0, s50);
                    FloatVector y6 = FloatVector.broadcast(F, x[x6 + k]);
                    s60 = y6.fma(e0, s60);
                    FloatVector y7 = FloatVector.broadcast(F, x[x7 + k]);
                    s70 = y7.fma(e0, s70);
                }
            }
        }
        FloatVector f0 = FloatVector.fromMemorySegment(F, w, t.scaleAt(vector), ORDER);
        if (vector < t.fullVectors) {
            s00.mul(f0).intoArray(t.out, t.outputAt(row, vector));
            s10.mul(f0).intoArray(t.out, t.outputAt(row + 1, vector));
            s20.mul(f0).intoArray(t.out, t.outputAt(row + 2, vector));
            s30.mul(f0).intoArray(t.out, t.outputAt(row + 3, vector));
            s40.mul(f0).intoArray(t.out, t.outputAt(row + 4, vector));
            s50.mul(f0).intoArray(t.out, t.outputAt(row + 5, vector));
            s60.mul(f0).intoArray(t.out, t.outputAt(row + 6, vector));
            s70.mul(f0).intoArray(t.out, t.outputAt(row + 7, vector));
            return;
        }
        t.storeTail(s00.mul(f0), row, vector);
        t.storeTail(s10.mul(f0), row + 1, vector);
        t.storeTail(s20.mul(f0), row + 2, vector);
        t.storeTail(s30.mul(f0), row + 3, vector);
        t.storeTail(s40.mul(f0), row + 4, vector);
        t.storeTail(s50.mul(f0), row + 5, vector);
        t.storeTail(s60.mul(f0), row + 6, vector);
        t.storeTail(s70.mul(f0), row + 7, vector);
    }

    static void tile1x1(MatmulTask t, int row, int vector) {
        float[] x = t.x;
        MemorySegment w = t.w;
        long w0 = t.weightAt(vector);
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero;
        for (int segment = 0; segment < t.segments; segment++) {
            int x0 = t.inputAt(row, segment);
            for (int k = 0; k < t.segmentLength;) {
                IntVector p0 = IntVector.fromMemorySegment(I, w, w0, ORDER);
                w0 += STEP;
                for (int end = Math.min(k + 4, t.segmentLength); k < end; k++) {
                    FloatVector e0 = (FloatVector) p0.convert(VectorOperators.I2F, 0);
                    p0 = p0.lanewise(VectorOperators.LSHL, 8);
                    FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                    s00 = y0.fma(e0, s00);
                }
            }
        }
        FloatVector f0 = FloatVector.fromMemorySegment(F, w, t.scaleAt(vector), ORDER);
        if (vector < t.fullVectors) {
            s00.mul(f0).intoArray(t.out, t.outputAt(row, vector));
            return;
        }
        t.storeTail(s00.mul(f0), row, vector);
    }
}
