package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.AttendBf16Vector.even;
import static io.github.smalti.core.kernel.AttendBf16Vector.odd;
import static io.github.smalti.core.kernel.CachedHead.KEY_PANEL;
import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.I;
import static io.github.smalti.core.kernel.Species.LANES;
import static io.github.smalti.core.kernel.Species.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// Register tiles of attention for four queries over the same keys and values in bfloat16: those of [AttendTiles], with
/// one widening for four multiply-adds.
final class AttendBf16Tiles {
    /// Queries of a tile.
    private static final int ROWS = Kernels.SCORE_ROWS;

    private AttendBf16Tiles() {}

    /// Scores of four queries.
    ///
    /// @param scores (4, scoreStride), scoreStride a multiple of 16
    static void score(float[] q, int qAt, int qStride, float scale, CachedHead head, int scoreStride, float[] scores) {
        int vectors = scoreStride / LANES;
        int vector = 0;
        for (; vector + 2 <= vectors; vector += 2) score4x2(q, qAt, qStride, scale, head, scoreStride, scores, vector);
        if (vector < vectors) {
            for (int row = 0; row < ROWS; row++) {
                AttendBf16Vector.score1x1(q, qAt + row * qStride, scale, head, scores, row * scoreStride, vector);
            }
        }
    }

    /// Means of the values, weighted by four rows of scores.
    static void mix(float[] weights, int stride, CachedHead head, int length, float[] out, int outAt, int outStride) {
        int d = 0;
        for (; d + 2 * LANES <= head.headDim(); d += 2 * LANES) {
            mix4x2(weights, stride, head, d, length, out, outAt + d, outStride);
        }
        for (; d < head.headDim(); d += LANES) {
            for (int row = 0; row < ROWS; row++) {
                AttendBf16Vector.mix1x1(weights, row * stride, head, d, length, out, outAt + row * outStride + d);
            }
        }
    }

    private static void score4x2(float[] q, int qAt, int qStride, float scale, CachedHead head, int scoreStride,
            float[] scores, int vector) {
        MemorySegment keys = head.keys();
        long at = head.keyAt(vector * LANES);
        int q0 = qAt;
        int q1 = q0 + qStride;
        int q2 = q1 + qStride;
        int q3 = q2 + qStride;
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero, s01 = zero;
        FloatVector s10 = zero, s11 = zero;
        FloatVector s20 = zero, s21 = zero;
        FloatVector s30 = zero, s31 = zero;
        int d = 0;
        for (; d + 2 <= head.headDim(); d += 2) {
            IntVector p0 = IntVector.fromMemorySegment(I, keys, at, ORDER);
            IntVector p1 = IntVector.fromMemorySegment(I, keys, at + 4L * LANES, ORDER);
            at += 4L * KEY_PANEL;
            FloatVector e0 = even(p0);
            FloatVector o0 = odd(p0);
            FloatVector e1 = even(p1);
            FloatVector o1 = odd(p1);
            FloatVector y0 = FloatVector.broadcast(F, q[q0 + d]);
            FloatVector z0 = FloatVector.broadcast(F, q[q0 + d + 1]);
            s00 = z0.fma(o0, y0.fma(e0, s00));
            s01 = z0.fma(o1, y0.fma(e1, s01));
            FloatVector y1 = FloatVector.broadcast(F, q[q1 + d]);
            FloatVector z1 = FloatVector.broadcast(F, q[q1 + d + 1]);
            s10 = z1.fma(o0, y1.fma(e0, s10));
            s11 = z1.fma(o1, y1.fma(e1, s11));
            FloatVector y2 = FloatVector.broadcast(F, q[q2 + d]);
            FloatVector z2 = FloatVector.broadcast(F, q[q2 + d + 1]);
            s20 = z2.fma(o0, y2.fma(e0, s20));
            s21 = z2.fma(o1, y2.fma(e1, s21));
            FloatVector y3 = FloatVector.broadcast(F, q[q3 + d]);
            FloatVector z3 = FloatVector.broadcast(F, q[q3 + d + 1]);
            s30 = z3.fma(o0, y3.fma(e0, s30));
            s31 = z3.fma(o1, y3.fma(e1, s31));
        }
        if (d < head.headDim()) {
            IntVector p0 = IntVector.fromMemorySegment(I, keys, at, ORDER);
            IntVector p1 = IntVector.fromMemorySegment(I, keys, at + 4L * LANES, ORDER);
            FloatVector e0 = even(p0);
            FloatVector e1 = even(p1);
            FloatVector y0 = FloatVector.broadcast(F, q[q0 + d]);
            s00 = y0.fma(e0, s00);
            s01 = y0.fma(e1, s01);
            FloatVector y1 = FloatVector.broadcast(F, q[q1 + d]);
            s10 = y1.fma(e0, s10);
            s11 = y1.fma(e1, s11);
            FloatVector y2 = FloatVector.broadcast(F, q[q2 + d]);
            s20 = y2.fma(e0, s20);
            s21 = y2.fma(e1, s21);
            FloatVector y3 = FloatVector.broadcast(F, q[q3 + d]);
            s30 = y3.fma(e0, s30);
            s31 = y3.fma(e1, s31);
        }
        int to = vector * LANES;
        s00.mul(scale).intoArray(scores, to);
        s01.mul(scale).intoArray(scores, to + LANES);
        s10.mul(scale).intoArray(scores, to + scoreStride);
        s11.mul(scale).intoArray(scores, to + scoreStride + LANES);
        s20.mul(scale).intoArray(scores, to + 2 * scoreStride);
        s21.mul(scale).intoArray(scores, to + 2 * scoreStride + LANES);
        s30.mul(scale).intoArray(scores, to + 3 * scoreStride);
        s31.mul(scale).intoArray(scores, to + 3 * scoreStride + LANES);
    }

    private static void mix4x2(float[] weights, int stride, CachedHead head, int d, int length, float[] out, int outAt,
            int outStride) {
        MemorySegment values = head.values();
        long at = head.valuesAt() + 4L * d;
        long step = 4L * head.valueStride();
        int w1 = stride;
        int w2 = 2 * stride;
        int w3 = 3 * stride;
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero, s01 = zero;
        FloatVector s10 = zero, s11 = zero;
        FloatVector s20 = zero, s21 = zero;
        FloatVector s30 = zero, s31 = zero;
        int position = 0;
        for (; position + 2 <= length; position += 2) {
            IntVector p0 = IntVector.fromMemorySegment(I, values, at, ORDER);
            IntVector p1 = IntVector.fromMemorySegment(I, values, at + 4L * LANES, ORDER);
            at += step;
            FloatVector e0 = even(p0);
            FloatVector o0 = odd(p0);
            FloatVector e1 = even(p1);
            FloatVector o1 = odd(p1);
            FloatVector y0 = FloatVector.broadcast(F, weights[position]);
            FloatVector z0 = FloatVector.broadcast(F, weights[position + 1]);
            s00 = z0.fma(o0, y0.fma(e0, s00));
            s01 = z0.fma(o1, y0.fma(e1, s01));
            FloatVector y1 = FloatVector.broadcast(F, weights[w1 + position]);
            FloatVector z1 = FloatVector.broadcast(F, weights[w1 + position + 1]);
            s10 = z1.fma(o0, y1.fma(e0, s10));
            s11 = z1.fma(o1, y1.fma(e1, s11));
            FloatVector y2 = FloatVector.broadcast(F, weights[w2 + position]);
            FloatVector z2 = FloatVector.broadcast(F, weights[w2 + position + 1]);
            s20 = z2.fma(o0, y2.fma(e0, s20));
            s21 = z2.fma(o1, y2.fma(e1, s21));
            FloatVector y3 = FloatVector.broadcast(F, weights[w3 + position]);
            FloatVector z3 = FloatVector.broadcast(F, weights[w3 + position + 1]);
            s30 = z3.fma(o0, y3.fma(e0, s30));
            s31 = z3.fma(o1, y3.fma(e1, s31));
        }
        if (position < length) {
            IntVector p0 = IntVector.fromMemorySegment(I, values, at, ORDER);
            IntVector p1 = IntVector.fromMemorySegment(I, values, at + 4L * LANES, ORDER);
            FloatVector e0 = even(p0);
            FloatVector e1 = even(p1);
            FloatVector y0 = FloatVector.broadcast(F, weights[position]);
            s00 = y0.fma(e0, s00);
            s01 = y0.fma(e1, s01);
            FloatVector y1 = FloatVector.broadcast(F, weights[w1 + position]);
            s10 = y1.fma(e0, s10);
            s11 = y1.fma(e1, s11);
            FloatVector y2 = FloatVector.broadcast(F, weights[w2 + position]);
            s20 = y2.fma(e0, s20);
            s21 = y2.fma(e1, s21);
            FloatVector y3 = FloatVector.broadcast(F, weights[w3 + position]);
            s30 = y3.fma(e0, s30);
            s31 = y3.fma(e1, s31);
        }
        s00.intoArray(out, outAt);
        s01.intoArray(out, outAt + LANES);
        s10.intoArray(out, outAt + outStride);
        s11.intoArray(out, outAt + outStride + LANES);
        s20.intoArray(out, outAt + 2 * outStride);
        s21.intoArray(out, outAt + 2 * outStride + LANES);
        s30.intoArray(out, outAt + 3 * outStride);
        s31.intoArray(out, outAt + 3 * outStride + LANES);
    }
}
