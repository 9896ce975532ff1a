package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.CachedHead.KEY_PANEL;
import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.LANES;
import static io.github.smalti.core.kernel.Species.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Register tiles of attention for four queries over the same keys and values.
///
/// Four queries by two vectors keep eight sums in registers, and every load of a key or value serves four of them: half a
/// load less than one a multiply-add, so that reading the nearest cache no longer bounds the rate.
final class AttendTiles {
    /// Queries of a tile.
    private static final int ROWS = Kernels.SCORE_ROWS;

    private AttendTiles() {}

    /// Scores of four queries.
    ///
    /// @param scores (4, scoreStride), scoreStride a multiple of 16
    static void score(float[] q, int qAt, int qStride, float scale, CachedHead head, int scoreStride, float[] scores) {
        int vectors = scoreStride / LANES;
        int vector = 0;
        for (; vector + 2 <= vectors; vector += 2) score4x2(q, qAt, qStride, scale, head, scoreStride, scores, vector);
        if (vector < vectors) score4x1(q, qAt, qStride, scale, head, scoreStride, scores, vector);
    }

    /// Means of the values, weighted by four rows of scores.
    static void mix(float[] weights, int stride, CachedHead head, int length, float[] out, int outAt, int outStride) {
        int d = 0;
        for (; d + 2 * LANES <= head.headDim(); d += 2 * LANES) {
            mix4x2(weights, stride, head, d, length, out, outAt + d, outStride);
        }
        for (; d < head.headDim(); d += LANES) {
            for (int row = 0; row < ROWS; row++) {
                AttendVector.mix1x1(weights, row * stride, head, d, length, out, outAt + row * outStride + d);
            }
        }
    }

    private static void score4x2(float[] q, int qAt, int qStride, float scale, CachedHead head, int scoreStride,
            float[] scores, int vector) {
        MemorySegment keys = head.keys();
        long k0 = head.keyAt(vector * LANES);
        long k1 = k0 + 4L * LANES;
        int q0 = qAt;
        int q1 = q0 + qStride;
        int q2 = q1 + qStride;
        int q3 = q2 + qStride;
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero, s01 = zero;
        FloatVector s10 = zero, s11 = zero;
        FloatVector s20 = zero, s21 = zero;
        FloatVector s30 = zero, s31 = zero;
        for (int d = 0; d < head.headDim(); d++) {
            long at = 4L * KEY_PANEL * d;
            FloatVector v0 = FloatVector.fromMemorySegment(F, keys, k0 + at, ORDER);
            FloatVector v1 = FloatVector.fromMemorySegment(F, keys, k1 + at, ORDER);
            FloatVector y0 = FloatVector.broadcast(F, q[q0 + d]);
            s00 = y0.fma(v0, s00);
            s01 = y0.fma(v1, s01);
            FloatVector y1 = FloatVector.broadcast(F, q[q1 + d]);
            s10 = y1.fma(v0, s10);
            s11 = y1.fma(v1, s11);
            FloatVector y2 = FloatVector.broadcast(F, q[q2 + d]);
            s20 = y2.fma(v0, s20);
            s21 = y2.fma(v1, s21);
            FloatVector y3 = FloatVector.broadcast(F, q[q3 + d]);
            s30 = y3.fma(v0, s30);
            s31 = y3.fma(v1, s31);
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

    private static void score4x1(float[] q, int qAt, int qStride, float scale, CachedHead head, int scoreStride,
            float[] scores, int vector) {
        MemorySegment keys = head.keys();
        long k0 = head.keyAt(vector * LANES);
        int q0 = qAt;
        int q1 = q0 + qStride;
        int q2 = q1 + qStride;
        int q3 = q2 + qStride;
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero;
        FloatVector s10 = zero;
        FloatVector s20 = zero;
        FloatVector s30 = zero;
        for (int d = 0; d < head.headDim(); d++) {
            long at = 4L * KEY_PANEL * d;
            FloatVector v0 = FloatVector.fromMemorySegment(F, keys, k0 + at, ORDER);
            FloatVector y0 = FloatVector.broadcast(F, q[q0 + d]);
            s00 = y0.fma(v0, s00);
            FloatVector y1 = FloatVector.broadcast(F, q[q1 + d]);
            s10 = y1.fma(v0, s10);
            FloatVector y2 = FloatVector.broadcast(F, q[q2 + d]);
            s20 = y2.fma(v0, s20);
            FloatVector y3 = FloatVector.broadcast(F, q[q3 + d]);
            s30 = y3.fma(v0, s30);
        }
        int to = vector * LANES;
        s00.mul(scale).intoArray(scores, to);
        s10.mul(scale).intoArray(scores, to + scoreStride);
        s20.mul(scale).intoArray(scores, to + 2 * scoreStride);
        s30.mul(scale).intoArray(scores, to + 3 * scoreStride);
    }

    private static void mix4x2(float[] weights, int stride, CachedHead head, int d, int length, float[] out, int outAt,
            int outStride) {
        MemorySegment values = head.values();
        long at = head.valuesAt() + 4L * d;
        long step = 4L * head.valueStride();
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero, s01 = zero;
        FloatVector s10 = zero, s11 = zero;
        FloatVector s20 = zero, s21 = zero;
        FloatVector s30 = zero, s31 = zero;
        for (int position = 0; position < length; position++) {
            FloatVector v0 = FloatVector.fromMemorySegment(F, values, at, ORDER);
            FloatVector v1 = FloatVector.fromMemorySegment(F, values, at + 4L * LANES, ORDER);
            at += step;
            FloatVector y0 = FloatVector.broadcast(F, weights[position]);
            s00 = y0.fma(v0, s00);
            s01 = y0.fma(v1, s01);
            FloatVector y1 = FloatVector.broadcast(F, weights[position + stride]);
            s10 = y1.fma(v0, s10);
            s11 = y1.fma(v1, s11);
            FloatVector y2 = FloatVector.broadcast(F, weights[position + 2 * stride]);
            s20 = y2.fma(v0, s20);
            s21 = y2.fma(v1, s21);
            FloatVector y3 = FloatVector.broadcast(F, weights[position + 3 * stride]);
            s30 = y3.fma(v0, s30);
            s31 = y3.fma(v1, s31);
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
