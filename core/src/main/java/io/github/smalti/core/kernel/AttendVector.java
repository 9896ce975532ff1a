package io.github.smalti.core.kernel;

import static io.github.smalti.core.PackedMatrix.PANEL;
import static io.github.smalti.core.kernel.CachedHead.KEY_PANEL;
import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.LANES;
import static io.github.smalti.core.kernel.Species.ORDER;

import io.github.smalti.core.Precision;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Attention with the Vector API: positions lie along the lanes for the scores, features for the result.
///
/// Four queries at a time (a prompt, a picture, the images of a batch at their prompt) share each load of keys and values,
/// in the tiles of the matrix product; one query (a drawing's own past) is bound by reading them. Each sum runs in the
/// order of its features or positions, whatever the tile.
final class AttendVector {
    private static final int ROWS = Kernels.SCORE_ROWS;

    private AttendVector() {}

    static void run(float[] q, int qAt, int qStride, int queries, float scale, CachedHead head, int length,
            float[] scores, float[] out, int outAt, int outStride) {
        boolean isBf16 = head.precision() == Precision.BF16;
        int stride = (length + PANEL - 1) / PANEL * PANEL;
        int query = 0;
        for (; query + ROWS <= queries; query += ROWS) {
            int from = qAt + query * qStride;
            int to = outAt + query * outStride;
            if (isBf16) {
                AttendBf16Tiles.score(q, from, qStride, scale, head, stride, scores);
            } else {
                AttendTiles.score(q, from, qStride, scale, head, stride, scores);
            }
            for (int row = 0; row < ROWS; row++) NormsVector.softmaxInPlace(scores, row * stride, length);
            if (isBf16) {
                AttendBf16Tiles.mix(scores, stride, head, length, out, to, outStride);
            } else {
                AttendTiles.mix(scores, stride, head, length, out, to, outStride);
            }
        }
        for (; query < queries; query++) {
            int from = qAt + query * qStride;
            int to = outAt + query * outStride;
            if (isBf16) {
                AttendBf16Vector.score(q, from, scale, head, length, scores);
                NormsVector.softmaxInPlace(scores, 0, length);
                AttendBf16Vector.mix(scores, head, length, out, to);
            } else {
                score(q, from, scale, head, length, scores);
                NormsVector.softmaxInPlace(scores, 0, length);
                mix(scores, head, length, out, to);
            }
        }
    }

    private static void score(float[] q, int qAt, float scale, CachedHead head, int length, float[] scores) {
        int vectors = (length + LANES - 1) / LANES;
        int vector = 0;
        for (; vector + 2 < vectors; vector += 4) score1x4(q, qAt, scale, head, scores, vector);
        for (; vector < vectors; vector++) score1x1(q, qAt, scale, head, scores, vector);
    }

    private static void score1x4(float[] q, int qAt, float scale, CachedHead head, float[] scores, int vector) {
        MemorySegment keys = head.keys();
        long k0 = head.keyAt(vector * LANES);
        long k1 = k0 + 4 * LANES;
        long k2 = k0 + 8 * LANES;
        long k3 = k0 + 12 * LANES;
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int d = 0; d < head.headDim(); d++) {
            FloatVector y = FloatVector.broadcast(F, q[qAt + d]);
            long at = 4L * KEY_PANEL * d;
            s0 = y.fma(FloatVector.fromMemorySegment(F, keys, k0 + at, ORDER), s0);
            s1 = y.fma(FloatVector.fromMemorySegment(F, keys, k1 + at, ORDER), s1);
            s2 = y.fma(FloatVector.fromMemorySegment(F, keys, k2 + at, ORDER), s2);
            s3 = y.fma(FloatVector.fromMemorySegment(F, keys, k3 + at, ORDER), s3);
        }
        int at = vector * LANES;
        s0.mul(scale).intoArray(scores, at);
        s1.mul(scale).intoArray(scores, at + LANES);
        s2.mul(scale).intoArray(scores, at + 2 * LANES);
        s3.mul(scale).intoArray(scores, at + 3 * LANES);
    }

    private static void score1x1(float[] q, int qAt, float scale, CachedHead head, float[] scores, int vector) {
        MemorySegment keys = head.keys();
        long key = head.keyAt(vector * LANES);
        FloatVector s = FloatVector.zero(F);
        for (int d = 0; d < head.headDim(); d++) {
            s = FloatVector.broadcast(F, q[qAt + d])
                    .fma(FloatVector.fromMemorySegment(F, keys, key + 4L * KEY_PANEL * d, ORDER), s);
        }
        s.mul(scale).intoArray(scores, vector * LANES);
    }

    private static void mix(float[] weights, CachedHead head, int length, float[] out, int outAt) {
        int d = 0;
        for (; d + 4 * LANES <= head.headDim(); d += 4 * LANES) mix1x4(weights, 0, head, d, length, out, outAt + d);
        for (; d < head.headDim(); d += LANES) mix1x1(weights, 0, head, d, length, out, outAt + d);
    }

    private static void mix1x4(float[] weights, int weightsAt, CachedHead head, int d, int length, float[] out,
            int outAt) {
        MemorySegment values = head.values();
        long at = head.valuesAt() + 4L * d;
        long step = 4L * head.valueStride();
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int position = 0; position < length; position++) {
            FloatVector y = FloatVector.broadcast(F, weights[weightsAt + position]);
            s0 = y.fma(FloatVector.fromMemorySegment(F, values, at, ORDER), s0);
            s1 = y.fma(FloatVector.fromMemorySegment(F, values, at + 4L * LANES, ORDER), s1);
            s2 = y.fma(FloatVector.fromMemorySegment(F, values, at + 8L * LANES, ORDER), s2);
            s3 = y.fma(FloatVector.fromMemorySegment(F, values, at + 12L * LANES, ORDER), s3);
            at += step;
        }
        s0.intoArray(out, outAt);
        s1.intoArray(out, outAt + LANES);
        s2.intoArray(out, outAt + 2 * LANES);
        s3.intoArray(out, outAt + 3 * LANES);
    }

    /// One vector of features, or what is left of one.
    static void mix1x1(float[] weights, int weightsAt, CachedHead head, int d, int length, float[] out, int outAt) {
        MemorySegment values = head.values();
        long at = head.valuesAt() + 4L * d;
        long step = 4L * head.valueStride();
        FloatVector s = FloatVector.zero(F);
        for (int position = 0; position < length; position++) {
            s = FloatVector.broadcast(F, weights[weightsAt + position])
                    .fma(FloatVector.fromMemorySegment(F, values, at, ORDER), s);
            at += step;
        }
        int columns = Math.min(LANES, head.headDim() - d);
        if (columns == LANES) {
            s.intoArray(out, outAt);
        } else {
            for (int lane = 0; lane < columns; lane++) out[outAt + lane] = s.lane(lane);
        }
    }
}
