package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.CachedHeads.BLOCK;
import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.I;
import static io.github.smalti.core.kernel.Species.LANES;
import static io.github.smalti.core.kernel.Species.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Attention of one query over a block of keys and values in bfloat16, pairs in ints as in [MatmulBf16Vector].
final class AttendBf16Vector {
    private AttendBf16Vector() {}

    static FloatVector even(IntVector pairs) { return pairs.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(); }

    static FloatVector odd(IntVector pairs) { return pairs.and(0xffff0000).reinterpretAsFloats(); }

    /// Scores of the block's first positions, and of what follows up to a whole tile.
    ///
    /// @param keysAt   first byte of the block's keys
    /// @param scoresAt where the block's scores go
    static void score(float[] q, int qAt, float scale, CachedHeads heads, long keysAt, int positions, float[] scores,
            int scoresAt) {
        int position = 0;
        for (; position + 2 * LANES < positions; position += 4 * LANES) {
            score1x4(q, qAt, scale, heads, keysAt + 4L * position, scores, scoresAt + position);
        }
        for (; position < positions; position += LANES) {
            score1x1(q, qAt, scale, heads, keysAt + 4L * position, scores, scoresAt + position);
        }
    }

    /// Adds the block's values to the result, each with its weight.
    ///
    /// @param weightsAt first weight of the block
    /// @param valuesAt  first byte of the block's values
    static void mix(float[] weights, int weightsAt, CachedHeads heads, long valuesAt, int positions, float[] out,
            int outAt) {
        int d = 0;
        for (; d + 4 * LANES <= heads.headDim(); d += 4 * LANES) {
            mix1x4(weights, weightsAt, heads, valuesAt + 4L * d, positions, out, outAt + d);
        }
        for (; d < heads.headDim(); d += LANES) {
            mix1x1(weights, weightsAt, heads, valuesAt, d, positions, out, outAt + d);
        }
    }

    /// Adds the value of one odd position to the result: the first of what begins within a pair.
    ///
    /// @param weightAt  its weight
    /// @param valuesAt  first byte of the pair
    static void mixOdd(float[] weights, int weightAt, CachedHeads heads, long valuesAt, float[] out, int outAt) {
        FloatVector z = FloatVector.broadcast(F, weights[weightAt]);
        for (int d = 0; d < heads.headDim(); d += LANES) {
            VectorMask<Float> features = F.indexInRange(d, heads.headDim());
            IntVector pairs = IntVector.fromMemorySegment(I, heads.data(), valuesAt + 4L * d, ORDER);
            z.fma(odd(pairs), FloatVector.fromArray(F, out, outAt + d, features)).intoArray(out, outAt + d, features);
        }
    }

    private static void score1x4(float[] q, int qAt, float scale, CachedHeads heads, long keysAt, float[] scores,
            int to) {
        MemorySegment data = heads.data();
        long at = keysAt;
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        int d = 0;
        for (; d + 2 <= heads.headDim(); d += 2) {
            FloatVector y = FloatVector.broadcast(F, q[qAt + d]);
            FloatVector z = FloatVector.broadcast(F, q[qAt + d + 1]);
            IntVector p0 = IntVector.fromMemorySegment(I, data, at, ORDER);
            s0 = z.fma(odd(p0), y.fma(even(p0), s0));
            IntVector p1 = IntVector.fromMemorySegment(I, data, at + 4L * LANES, ORDER);
            s1 = z.fma(odd(p1), y.fma(even(p1), s1));
            IntVector p2 = IntVector.fromMemorySegment(I, data, at + 8L * LANES, ORDER);
            s2 = z.fma(odd(p2), y.fma(even(p2), s2));
            IntVector p3 = IntVector.fromMemorySegment(I, data, at + 12L * LANES, ORDER);
            s3 = z.fma(odd(p3), y.fma(even(p3), s3));
            at += 4L * BLOCK;
        }
        if (d < heads.headDim()) {
            FloatVector y = FloatVector.broadcast(F, q[qAt + d]);
            s0 = y.fma(even(IntVector.fromMemorySegment(I, data, at, ORDER)), s0);
            s1 = y.fma(even(IntVector.fromMemorySegment(I, data, at + 4L * LANES, ORDER)), s1);
            s2 = y.fma(even(IntVector.fromMemorySegment(I, data, at + 8L * LANES, ORDER)), s2);
            s3 = y.fma(even(IntVector.fromMemorySegment(I, data, at + 12L * LANES, ORDER)), s3);
        }
        s0.mul(scale).intoArray(scores, to);
        s1.mul(scale).intoArray(scores, to + LANES);
        s2.mul(scale).intoArray(scores, to + 2 * LANES);
        s3.mul(scale).intoArray(scores, to + 3 * LANES);
    }

    /// One vector of positions.
    static void score1x1(float[] q, int qAt, float scale, CachedHeads heads, long keysAt, float[] scores, int to) {
        MemorySegment data = heads.data();
        long at = keysAt;
        FloatVector s0 = FloatVector.zero(F);
        int d = 0;
        for (; d + 2 <= heads.headDim(); d += 2) {
            FloatVector y = FloatVector.broadcast(F, q[qAt + d]);
            FloatVector z = FloatVector.broadcast(F, q[qAt + d + 1]);
            IntVector p0 = IntVector.fromMemorySegment(I, data, at, ORDER);
            s0 = z.fma(odd(p0), y.fma(even(p0), s0));
            at += 4L * BLOCK;
        }
        if (d < heads.headDim()) {
            FloatVector y = FloatVector.broadcast(F, q[qAt + d]);
            s0 = y.fma(even(IntVector.fromMemorySegment(I, data, at, ORDER)), s0);
        }
        s0.mul(scale).intoArray(scores, to);
    }

    private static void mix1x4(float[] weights, int weightsAt, CachedHeads heads, long valuesAt, int positions,
            float[] out, int outAt) {
        MemorySegment data = heads.data();
        long at = valuesAt;
        long step = 4L * heads.valueStride();
        FloatVector s0 = FloatVector.fromArray(F, out, outAt);
        FloatVector s1 = FloatVector.fromArray(F, out, outAt + LANES);
        FloatVector s2 = FloatVector.fromArray(F, out, outAt + 2 * LANES);
        FloatVector s3 = FloatVector.fromArray(F, out, outAt + 3 * LANES);
        int position = 0;
        for (; position + 2 <= positions; position += 2) {
            FloatVector y = FloatVector.broadcast(F, weights[weightsAt + position]);
            FloatVector z = FloatVector.broadcast(F, weights[weightsAt + position + 1]);
            IntVector p0 = IntVector.fromMemorySegment(I, data, at, ORDER);
            s0 = z.fma(odd(p0), y.fma(even(p0), s0));
            IntVector p1 = IntVector.fromMemorySegment(I, data, at + 4L * LANES, ORDER);
            s1 = z.fma(odd(p1), y.fma(even(p1), s1));
            IntVector p2 = IntVector.fromMemorySegment(I, data, at + 8L * LANES, ORDER);
            s2 = z.fma(odd(p2), y.fma(even(p2), s2));
            IntVector p3 = IntVector.fromMemorySegment(I, data, at + 12L * LANES, ORDER);
            s3 = z.fma(odd(p3), y.fma(even(p3), s3));
            at += step;
        }
        if (position < positions) {
            FloatVector y = FloatVector.broadcast(F, weights[weightsAt + position]);
            s0 = y.fma(even(IntVector.fromMemorySegment(I, data, at, ORDER)), s0);
            s1 = y.fma(even(IntVector.fromMemorySegment(I, data, at + 4L * LANES, ORDER)), s1);
            s2 = y.fma(even(IntVector.fromMemorySegment(I, data, at + 8L * LANES, ORDER)), s2);
            s3 = y.fma(even(IntVector.fromMemorySegment(I, data, at + 12L * LANES, ORDER)), s3);
        }
        s0.intoArray(out, outAt);
        s1.intoArray(out, outAt + LANES);
        s2.intoArray(out, outAt + 2 * LANES);
        s3.intoArray(out, outAt + 3 * LANES);
    }

    /// One vector of features, or what is left of one.
    static void mix1x1(float[] weights, int weightsAt, CachedHeads heads, long valuesAt, int d, int positions,
            float[] out, int outAt) {
        MemorySegment data = heads.data();
        long at = valuesAt + 4L * d;
        long step = 4L * heads.valueStride();
        VectorMask<Float> features = F.indexInRange(d, heads.headDim());
        FloatVector s0 = FloatVector.fromArray(F, out, outAt, features);
        int position = 0;
        for (; position + 2 <= positions; position += 2) {
            FloatVector y = FloatVector.broadcast(F, weights[weightsAt + position]);
            FloatVector z = FloatVector.broadcast(F, weights[weightsAt + position + 1]);
            IntVector p0 = IntVector.fromMemorySegment(I, data, at, ORDER);
            s0 = z.fma(odd(p0), y.fma(even(p0), s0));
            at += step;
        }
        if (position < positions) {
            FloatVector y = FloatVector.broadcast(F, weights[weightsAt + position]);
            s0 = y.fma(even(IntVector.fromMemorySegment(I, data, at, ORDER)), s0);
        }
        s0.intoArray(out, outAt, features);
    }
}
