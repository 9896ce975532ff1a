package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.CachedHeads.BLOCK;
import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.LANES;
import static io.github.smalti.core.kernel.Species.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Register tiles of attention for four queries over the same block of keys and values.
///
/// Four queries by two vectors keep eight sums in registers, and every load of a key or value serves four of them: half a
/// load less than one a multiply-add, so that reading the nearest cache no longer bounds the rate.
final class AttendTiles {
    /// Queries of a tile.
    private static final int ROWS = Kernels.SCORE_ROWS;

    private AttendTiles() {}

    /// Scores of four queries.
    ///
    /// @param keysAt      first byte of the block's keys
    /// @param scoresAt    where the block's scores of query 0 go
    /// @param scoreStride from one query's scores to the next one's
    static void score(float[] q, int qAt, int qStride, float scale, CachedHeads heads, long keysAt, int positions,
            float[] scores, int scoresAt, int scoreStride) {
        int position = 0;
        for (; position + LANES < positions; position += 2 * LANES) {
            score4x2(q, qAt, qStride, scale, heads, keysAt + 4L * position, scores, scoresAt + position, scoreStride);
        }
        if (position >= positions) return;
        for (int row = 0; row < ROWS; row++) {
            AttendF32Vector.score1x1(q, qAt + row * qStride, scale, heads, keysAt + 4L * position, scores,
                    scoresAt + row * scoreStride + position);
        }
    }

    /// Adds the block's values to four results, each with its weights.
    ///
    /// @param weightsAt first weight of the block for query 0
    /// @param valuesAt  first byte of the block's values
    static void mix(float[] weights, int weightsAt, int stride, CachedHeads heads, long valuesAt, int positions,
            float[] out, int outAt, int outStride) {
        int d = 0;
        for (; d + 2 * LANES <= heads.headDim(); d += 2 * LANES) {
            mix4x2(weights, weightsAt, stride, heads, valuesAt + 4L * d, positions, out, outAt + d, outStride);
        }
        for (; d < heads.headDim(); d += LANES) {
            for (int row = 0; row < ROWS; row++) {
                AttendF32Vector.mix1x1(weights, weightsAt + row * stride, heads, valuesAt, d, positions, out,
                        outAt + row * outStride + d);
            }
        }
    }

    private static void score4x2(float[] q, int qAt, int qStride, float scale, CachedHeads heads, long keysAt,
            float[] scores, int to, int scoreStride) {
        MemorySegment data = heads.data();
        long at = keysAt;
        int q0 = qAt;
        int q1 = q0 + qStride;
        int q2 = q1 + qStride;
        int q3 = q2 + qStride;
        FloatVector zero = FloatVector.zero(F);
        FloatVector s00 = zero, s01 = zero;
        FloatVector s10 = zero, s11 = zero;
        FloatVector s20 = zero, s21 = zero;
        FloatVector s30 = zero, s31 = zero;
        for (int d = 0; d < heads.headDim(); d++) {
            FloatVector v0 = FloatVector.fromMemorySegment(F, data, at, ORDER);
            FloatVector v1 = FloatVector.fromMemorySegment(F, data, at + 4L * LANES, ORDER);
            at += 4L * BLOCK;
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
        s00.mul(scale).intoArray(scores, to);
        s01.mul(scale).intoArray(scores, to + LANES);
        s10.mul(scale).intoArray(scores, to + scoreStride);
        s11.mul(scale).intoArray(scores, to + scoreStride + LANES);
        s20.mul(scale).intoArray(scores, to + 2 * scoreStride);
        s21.mul(scale).intoArray(scores, to + 2 * scoreStride + LANES);
        s30.mul(scale).intoArray(scores, to + 3 * scoreStride);
        s31.mul(scale).intoArray(scores, to + 3 * scoreStride + LANES);
    }

    private static void mix4x2(float[] weights, int weightsAt, int stride, CachedHeads heads, long valuesAt,
            int positions, float[] out, int outAt, int outStride) {
        MemorySegment data = heads.data();
        long at = valuesAt;
        long step = 4L * heads.valueStride();
        int w0 = weightsAt;
        int w1 = w0 + stride;
        int w2 = w1 + stride;
        int w3 = w2 + stride;
        FloatVector s00 = FloatVector.fromArray(F, out, outAt);
        FloatVector s01 = FloatVector.fromArray(F, out, outAt + LANES);
        FloatVector s10 = FloatVector.fromArray(F, out, outAt + outStride);
        FloatVector s11 = FloatVector.fromArray(F, out, outAt + outStride + LANES);
        FloatVector s20 = FloatVector.fromArray(F, out, outAt + 2 * outStride);
        FloatVector s21 = FloatVector.fromArray(F, out, outAt + 2 * outStride + LANES);
        FloatVector s30 = FloatVector.fromArray(F, out, outAt + 3 * outStride);
        FloatVector s31 = FloatVector.fromArray(F, out, outAt + 3 * outStride + LANES);
        for (int position = 0; position < positions; position++) {
            FloatVector v0 = FloatVector.fromMemorySegment(F, data, at, ORDER);
            FloatVector v1 = FloatVector.fromMemorySegment(F, data, at + 4L * LANES, ORDER);
            at += step;
            FloatVector y0 = FloatVector.broadcast(F, weights[w0 + position]);
            s00 = y0.fma(v0, s00);
            s01 = y0.fma(v1, s01);
            FloatVector y1 = FloatVector.broadcast(F, weights[w1 + position]);
            s10 = y1.fma(v0, s10);
            s11 = y1.fma(v1, s11);
            FloatVector y2 = FloatVector.broadcast(F, weights[w2 + position]);
            s20 = y2.fma(v0, s20);
            s21 = y2.fma(v1, s21);
            FloatVector y3 = FloatVector.broadcast(F, weights[w3 + position]);
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
