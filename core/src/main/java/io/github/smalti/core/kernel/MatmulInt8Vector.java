package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.I;
import static io.github.smalti.core.kernel.Species.ORDER;

import io.github.smalti.core.PackedMatrix;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Register tiles of the matrix product with 8-bit weights: four k in one int per column.
///
/// A shift brings a weight's byte to the top and a conversion makes it a float, the bytes below being its fraction; see
/// [PackedMatrix]. Both are one instruction of one cycle beside the two multiply-adds of two rows.
/// The tiles are those of [MatmulF32Vector], but for 4 × 2 instead of 4 × 4 and 6 × 4.
final class MatmulInt8Vector {
    /// Bytes from four k to the next four within a panel.
    static final long STEP = PackedMatrix.PANEL * 4L;

    private MatmulInt8Vector() {}

    static void run(MatmulTask t) {
        int vector = t.firstVector;
        for (; vector + 4 <= Math.min(t.endVector, t.fullVectors); vector += 4) {
            int row = 0;
            for (; row + 4 <= t.rows; row += 4) {
                tile4x2(t, row, vector);
                tile4x2(t, row, vector + 2);
            }
            for (; row + 2 <= t.rows; row += 2) tile2x4(t, row, vector);
            if (row < t.rows) tile1x4(t, row, vector);
            t.addBias(vector, 4);
        }
        for (; vector < t.endVector; vector++) {
            int row = 0;
            for (; row + 8 <= t.rows; row += 8) MatmulInt8EdgeVector.tile8x1(t, row, vector);
            for (; row < t.rows; row++) MatmulInt8EdgeVector.tile1x1(t, row, vector);
            t.addBias(vector, 1);
        }
    }

    /// Two vectors, not four: with four k at a time a tile of sixteen sums would be too long to compile well.
    private static void tile4x2(MatmulTask t, int row, int vector) {
        float[] x = t.x;
        MemorySegment w = t.w;
        long w0 = t.weightAt(vector);
        long w1 = t.weightAt(vector + 1);
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero, s01 = zero;
        FloatVector s10 = zero, s11 = zero;
        FloatVector s20 = zero, s21 = zero;
        FloatVector s30 = zero, s31 = zero;
        for (int segment = 0; segment < t.segments; segment++) {
            int x0 = t.inputAt(row, segment);
            int x1 = x0 + t.xRowStride;
            int x2 = x1 + t.xRowStride;
            int x3 = x2 + t.xRowStride;
            int k = 0;
            for (; k < t.segmentLength - 3; k += 4) {
                IntVector p0 = IntVector.fromMemorySegment(I, w, w0, ORDER);
                IntVector p1 = IntVector.fromMemorySegment(I, w, w1, ORDER);
                w0 += STEP;
                w1 += STEP;
                FloatVector a0 = (FloatVector) p0.convert(VectorOperators.I2F, 0);
                FloatVector a1 = (FloatVector) p1.convert(VectorOperators.I2F, 0);
                FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                s00 = y0.fma(a0, s00);
                s01 = y0.fma(a1, s01);
                FloatVector y1 = FloatVector.broadcast(F, x[x1 + k]);
                s10 = y1.fma(a0, s10);
                s11 = y1.fma(a1, s11);
                FloatVector y2 = FloatVector.broadcast(F, x[x2 + k]);
                s20 = y2.fma(a0, s20);
                s21 = y2.fma(a1, s21);
                FloatVector y3 = FloatVector.broadcast(F, x[x3 + k]);
                s30 = y3.fma(a0, s30);
                s31 = y3.fma(a1, s31);
                FloatVector b0 = (FloatVector) p0.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0);
                FloatVector b1 = (FloatVector) p1.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0);
                FloatVector z0 = FloatVector.broadcast(F, x[x0 + k + 1]);
                s00 = z0.fma(b0, s00);
                s01 = z0.fma(b1, s01);
                FloatVector z1 = FloatVector.broadcast(F, x[x1 + k + 1]);
                s10 = z1.fma(b0, s10);
                s11 = z1.fma(b1, s11);
                FloatVector z2 = FloatVector.broadcast(F, x[x2 + k + 1]);
                s20 = z2.fma(b0, s20);
                s21 = z2.fma(b1, s21);
                FloatVector z3 = FloatVector.broadcast(F, x[x3 + k + 1]);
                s30 = z3.fma(b0, s30);
                s31 = z3.fma(b1, s31);
                FloatVector c0 = (FloatVector) p0.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0);
                FloatVector c1 = (FloatVector) p1.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0);
                FloatVector u0 = FloatVector.broadcast(F, x[x0 + k + 2]);
                s00 = u0.fma(c0, s00);
                s01 = u0.fma(c1, s01);
                FloatVector u1 = FloatVector.broadcast(F, x[x1 + k + 2]);
                s10 = u1.fma(c0, s10);
                s11 = u1.fma(c1, s11);
                FloatVector u2 = FloatVector.broadcast(F, x[x2 + k + 2]);
                s20 = u2.fma(c0, s20);
                s21 = u2.fma(c1, s21);
                FloatVector u3 = FloatVector.broadcast(F, x[x3 + k + 2]);
                s30 = u3.fma(c0, s30);
                s31 = u3.fma(c1, s31);
                FloatVector d0 = (FloatVector) p0.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0);
                FloatVector d1 = (FloatVector) p1.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0);
                FloatVector v0 = FloatVector.broadcast(F, x[x0 + k + 3]);
                s00 = v0.fma(d0, s00);
                s01 = v0.fma(d1, s01);
                FloatVector v1 = FloatVector.broadcast(F, x[x1 + k + 3]);
                s10 = v1.fma(d0, s10);
                s11 = v1.fma(d1, s11);
                FloatVector v2 = FloatVector.broadcast(F, x[x2 + k + 3]);
                s20 = v2.fma(d0, s20);
                s21 = v2.fma(d1, s21);
                FloatVector v3 = FloatVector.broadcast(F, x[x3 + k + 3]);
                s30 = v3.fma(d0, s30);
                s31 = v3.fma(d1, s31);
            }
            if (k < t.segmentLength) {
                IntVector p0 = IntVector.fromMemorySegment(I, w, w0, ORDER);
                IntVector p1 = IntVector.fromMemorySegment(I, w, w1, ORDER);
                w0 += STEP;
                w1 += STEP;
                for (; k < t.segmentLength; k++) {
                    FloatVector e0 = (FloatVector) p0.convert(VectorOperators.I2F, 0);
                    FloatVector e1 = (FloatVector) p1.convert(VectorOperators.I2F, 0);
                    p0 = p0.lanewise(VectorOperators.LSHL, 8);
                    p1 = p1.lanewise(VectorOperators.LSHL, 8);
                    FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                    s00 = y0.fma(e0, s00);
                    s01 = y0.fma(e1, s01);
                    FloatVector y1 = FloatVector.broadcast(F, x[x1 + k]);
                    s10 = y1.fma(e0, s10);
                    s11 = y1.fma(e1, s11);
                    FloatVector y2 = FloatVector.broadcast(F, x[x2 + k]);
                    s20 = y2.fma(e0, s20);
                    s21 = y2.fma(e1, s21);
                    FloatVector y3 = FloatVector.broadcast(F, x[x3 + k]);
                    s30 = y3.fma(e0, s30);
                    s31 = y3.fma(e1, s31);
                }
            }
        }
        FloatVector f0 = FloatVector.fromMemorySegment(F, w, t.scaleAt(vector), ORDER);
        FloatVector f1 = FloatVector.fromMemorySegment(F, w, t.scaleAt(vector + 1), ORDER);
        s00.mul(f0).intoArray(t.out, t.outputAt(row, vector));
        s01.mul(f1).intoArray(t.out, t.outputAt(row, vector + 1));
        s10.mul(f0).intoArray(t.out, t.outputAt(row + 1, vector));
        s11.mul(f1).intoArray(t.out, t.outputAt(row + 1, vector + 1));
        s20.mul(f0).intoArray(t.out, t.outputAt(row + 2, vector));
        s21.mul(f1).intoArray(t.out, t.outputAt(row + 2, vector + 1));
        s30.mul(f0).intoArray(t.out, t.outputAt(row + 3, vector));
        s31.mul(f1).intoArray(t.out, t.outputAt(row + 3, vector + 1));
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
            for (; k < t.segmentLength - 3; k += 4) {
                IntVector p0 = IntVector.fromMemorySegment(I, w, w0, ORDER);
                IntVector p1 = IntVector.fromMemorySegment(I, w, w1, ORDER);
                IntVector p2 = IntVector.fromMemorySegment(I, w, w2, ORDER);
                IntVector p3 = IntVector.fromMemorySegment(I, w, w3, ORDER);
                w0 += STEP;
                w1 += STEP;
                w2 += STEP;
                w3 += STEP;
                FloatVector a0 = (FloatVector) p0.convert(VectorOperators.I2F, 0);
                FloatVector a1 = (FloatVector) p1.convert(VectorOperators.I2F, 0);
                FloatVector a2 = (FloatVector) p2.convert(VectorOperators.I2F, 0);
                FloatVector a3 = (FloatVector) p3.convert(VectorOperators.I2F, 0);
                FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                s00 = y0.fma(a0, s00);
                s01 = y0.fma(a1, s01);
                s02 = y0.fma(a2, s02);
                s03 = y0.fma(a3, s03);
                FloatVector y1 = FloatVector.broadcast(F, x[x1 + k]);
                s10 = y1.fma(a0, s10);
                s11 = y1.fma(a1, s11);
                s12 = y1.fma(a2, s12);
                s13 = y1.fma(a3, s13);
                FloatVector b0 = (FloatVector) p0.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0);
                FloatVector b1 = (FloatVector) p1.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0);
                FloatVector b2 = (FloatVector) p2.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0);
                FloatVector b3 = (FloatVector) p3.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0);
                FloatVector z0 = FloatVector.broadcast(F, x[x0 + k + 1]);
                s00 = z0.fma(b0, s00);
                s01 = z0.fma(b1, s01);
                s02 = z0.fma(b2, s02);
                s03 = z0.fma(b3, s03);
                FloatVector z1 = FloatVector.broadcast(F, x[x1 + k + 1]);
                s10 = z1.fma(b0, s10);
                s11 = z1.fma(b1, s11);
                s12 = z1.fma(b2, s12);
                s13 = z1.fma(b3, s13);
                FloatVector c0 = (FloatVector) p0.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0);
                FloatVector c1 = (FloatVector) p1.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0);
                FloatVector c2 = (FloatVector) p2.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0);
                FloatVector c3 = (FloatVector) p3.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0);
                FloatVector u0 = FloatVector.broadcast(F, x[x0 + k + 2]);
                s00 = u0.fma(c0, s00);
                s01 = u0.fma(c1, s01);
                s02 = u0.fma(c2, s02);
                s03 = u0.fma(c3, s03);
                FloatVector u1 = FloatVector.broadcast(F, x[x1 + k + 2]);
                s10 = u1.fma(c0, s10);
                s11 = u1.fma(c1, s11);
                s12 = u1.fma(c2, s12);
                s13 = u1.fma(c3, s13);
                FloatVector d0 = (FloatVector) p0.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0);
                FloatVector d1 = (FloatVector) p1.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0);
                FloatVector d2 = (FloatVector) p2.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0);
                FloatVector d3 = (FloatVector) p3.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0);
                FloatVector v0 = FloatVector.broadcast(F, x[x0 + k + 3]);
                s00 = v0.fma(d0, s00);
                s01 = v0.fma(d1, s01);
                s02 = v0.fma(d2, s02);
                s03 = v0.fma(d3, s03);
                FloatVector v1 = FloatVector.broadcast(F, x[x1 + k + 3]);
                s10 = v1.fma(d0, s10);
                s11 = v1.fma(d1, s11);
                s12 = v1.fma(d2, s12);
                s13 = v1.fma(d3, s13);
            }
            if (k < t.segmentLength) {
                IntVector p0 = IntVector.fromMemorySegment(I, w, w0, ORDER);
                IntVector p1 = IntVector.fromMemorySegment(I, w, w1, ORDER);
                IntVector p2 = IntVector.fromMemorySegment(I, w, w2, ORDER);
                IntVector p3 = IntVector.fromMemorySegment(I, w, w3, ORDER);
                w0 += STEP;
                w1 += STEP;
                w2 += STEP;
                w3 += STEP;
                for (; k < t.segmentLength; k++) {
                    FloatVector e0 = (FloatVector) p0.convert(VectorOperators.I2F, 0);
                    FloatVector e1 = (FloatVector) p1.convert(VectorOperators.I2F, 0);
                    FloatVector e2 = (FloatVector) p2.convert(VectorOperators.I2F, 0);
                    FloatVector e3 = (FloatVector) p3.convert(VectorOperators.I2F, 0);
                    p0 = p0.lanewise(VectorOperators.LSHL, 8);
                    p1 = p1.lanewise(VectorOperators.LSHL, 8);
                    p2 = p2.lanewise(VectorOperators.LSHL, 8);
                    p3 = p3.lanewise(VectorOperators.LSHL, 8);
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
                }
            }
        }
        FloatVector f0 = FloatVector.fromMemorySegment(F, w, t.scaleAt(vector), ORDER);
        FloatVector f1 = FloatVector.fromMemorySegment(F, w, t.scaleAt(vector + 1), ORDER);
        FloatVector f2 = FloatVector.fromMemorySegment(F, w, t.scaleAt(vector + 2), ORDER);
        FloatVector f3 = FloatVector.fromMemorySegment(F, w, t.scaleAt(vector + 3), ORDER);
        s00.mul(f0).intoArray(t.out, t.outputAt(row, vector));
        s01.mul(f1).intoArray(t.out, t.outputAt(row, vector + 1));
        s02.mul(f2).intoArray(t.out, t.outputAt(row, vector + 2));
        s03.mul(f3).intoArray(t.out, t.outputAt(row, vector + 3));
        s10.mul(f0).intoArray(t.out, t.outputAt(row + 1, vector));
        s11.mul(f1).intoArray(t.out, t.outputAt(row + 1, vector + 1));
        s12.mul(f2).intoArray(t.out, t.outputAt(row + 1, vector + 2));
        s13.mul(f3).intoArray(t.out, t.outputAt(row + 1, vector + 3));
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
            for (; k < t.segmentLength - 3; k += 4) {
                IntVector p0 = IntVector.fromMemorySegment(I, w, w0, ORDER);
                IntVector p1 = IntVector.fromMemorySegment(I, w, w1, ORDER);
                IntVector p2 = IntVector.fromMemorySegment(I, w, w2, ORDER);
                IntVector p3 = IntVector.fromMemorySegment(I, w, w3, ORDER);
                w0 += STEP;
                w1 += STEP;
                w2 += STEP;
                w3 += STEP;
                FloatVector a0 = (FloatVector) p0.convert(VectorOperators.I2F, 0);
                FloatVector a1 = (FloatVector) p1.convert(VectorOperators.I2F, 0);
                FloatVector a2 = (FloatVector) p2.convert(VectorOperators.I2F, 0);
                FloatVector a3 = (FloatVector) p3.convert(VectorOperators.I2F, 0);
                FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                s00 = y0.fma(a0, s00);
                s01 = y0.fma(a1, s01);
                s02 = y0.fma(a2, s02);
                s03 = y0.fma(a3, s03);
                FloatVector b0 = (FloatVector) p0.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0);
                FloatVector b1 = (FloatVector) p1.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0);
                FloatVector b2 = (FloatVector) p2.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0);
                FloatVector b3 = (FloatVector) p3.lanewise(VectorOperators.LSHL, 8).convert(VectorOperators.I2F, 0);
                FloatVector z0 = FloatVector.broadcast(F, x[x0 + k + 1]);
                s00 = z0.fma(b0, s00);
                s01 = z0.fma(b1, s01);
                s02 = z0.fma(b2, s02);
                s03 = z0.fma(b3, s03);
                FloatVector c0 = (FloatVector) p0.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0);
                FloatVector c1 = (FloatVector) p1.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0);
                FloatVector c2 = (FloatVector) p2.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0);
                FloatVector c3 = (FloatVector) p3.lanewise(VectorOperators.LSHL, 16).convert(VectorOperators.I2F, 0);
                FloatVector u0 = FloatVector.broadcast(F, x[x0 + k + 2]);
                s00 = u0.fma(c0, s00);
                s01 = u0.fma(c1, s01);
                s02 = u0.fma(c2, s02);
                s03 = u0.fma(c3, s03);
                FloatVector d0 = (FloatVector) p0.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0);
                FloatVector d1 = (FloatVector) p1.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0);
                FloatVector d2 = (FloatVector) p2.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0);
                FloatVector d3 = (FloatVector) p3.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0);
                FloatVector v0 = FloatVector.broadcast(F, x[x0 + k + 3]);
                s00 = v0.fma(d0, s00);
                s01 = v0.fma(d1, s01);
                s02 = v0.fma(d2, s02);
                s03 = v0.fma(d3, s03);
            }
            if (k < t.segmentLength) {
                IntVector p0 = IntVector.fromMemorySegment(I, w, w0, ORDER);
                IntVector p1 = IntVector.fromMemorySegment(I, w, w1, ORDER);
                IntVector p2 = IntVector.fromMemorySegment(I, w, w2, ORDER);
                IntVector p3 = IntVector.fromMemorySegment(I, w, w3, ORDER);
                w0 += STEP;
                w1 += STEP;
                w2 += STEP;
                w3 += STEP;
                for (; k < t.segmentLength; k++) {
                    FloatVector e0 = (FloatVector) p0.convert(VectorOperators.I2F, 0);
                    FloatVector e1 = (FloatVector) p1.convert(VectorOperators.I2F, 0);
                    FloatVector e2 = (FloatVector) p2.convert(VectorOperators.I2F, 0);
                    FloatVector e3 = (FloatVector) p3.convert(VectorOperators.I2F, 0);
                    p0 = p0.lanewise(VectorOperators.LSHL, 8);
                    p1 = p1.lanewise(VectorOperators.LSHL, 8);
                    p2 = p2.lanewise(VectorOperators.LSHL, 8);
                    p3 = p3.lanewise(VectorOperators.LSHL, 8);
                    FloatVector y0 = FloatVector.broadcast(F, x[x0 + k]);
                    s00 = y0.fma(e0, s00);
                    s01 = y0.fma(e1, s01);
                    s02 = y0.fma(e2, s02);
                    s03 = y0.fma(e3, s03);
                }
            }
        }
        FloatVector f0 = FloatVector.fromMemorySegment(F, w, t.scaleAt(vector), ORDER);
        FloatVector f1 = FloatVector.fromMemorySegment(F, w, t.scaleAt(vector + 1), ORDER);
        FloatVector f2 = FloatVector.fromMemorySegment(F, w, t.scaleAt(vector + 2), ORDER);
        FloatVector f3 = FloatVector.fromMemorySegment(F, w, t.scaleAt(vector + 3), ORDER);
        s00.mul(f0).intoArray(t.out, t.outputAt(row, vector));
        s01.mul(f1).intoArray(t.out, t.outputAt(row, vector + 1));
        s02.mul(f2).intoArray(t.out, t.outputAt(row, vector + 2));
        s03.mul(f3).intoArray(t.out, t.outputAt(row, vector + 3));
    }
}
