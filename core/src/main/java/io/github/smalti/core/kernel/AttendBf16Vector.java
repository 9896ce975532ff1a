package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.CachedHead.KEY_PANEL;
import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.I;
import static io.github.smalti.core.kernel.Species.LANES;
import static io.github.smalti.core.kernel.Species.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Attention over keys and values in bfloat16, pairs in ints as in [MatmulBf16Vector], for one query: a
/// drawing's own past is read by its own row alone. Sums run in the order of features and positions, whatever the tile.
final class AttendBf16Vector {
    private AttendBf16Vector() {}

    /// Scores of one query.
    static void score(float[] q, int qAt, float scale, CachedHead head, int length, float[] scores) {
        int vectors = (length + LANES - 1) / LANES;
        int vector = 0;
        for (; vector + 2 < vectors; vector += 4) score1x4(q, qAt, scale, head, scores, vector);
        for (; vector < vectors; vector++) score1x1(q, qAt, scale, head, scores, 0, vector);
    }

    /// Mean of the values, weighted by the scores.
    static void mix(float[] weights, CachedHead head, int length, float[] out, int outAt) {
        int d = 0;
        for (; d + 4 * LANES <= head.headDim(); d += 4 * LANES) mix1x4(weights, head, d, length, out, outAt + d);
        for (; d < head.headDim(); d += LANES) mix1x1(weights, 0, head, d, length, out, outAt + d);
    }

    static FloatVector even(IntVector pairs) { return pairs.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(); }

    static FloatVector odd(IntVector pairs) { return pairs.and(0xffff0000).reinterpretAsFloats(); }

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
        int d = 0;
        for (; d + 2 <= head.headDim(); d += 2) {
            FloatVector y = FloatVector.broadcast(F, q[qAt + d]);
            FloatVector z = FloatVector.broadcast(F, q[qAt + d + 1]);
            long at = 2L * KEY_PANEL * d;
            IntVector p0 = IntVector.fromMemorySegment(I, keys, k0 + at, ORDER);
            s0 = z.fma(odd(p0), y.fma(even(p0), s0));
            IntVector p1 = IntVector.fromMemorySegment(I, keys, k1 + at, ORDER);
            s1 = z.fma(odd(p1), y.fma(even(p1), s1));
            IntVector p2 = IntVector.fromMemorySegment(I, keys, k2 + at, ORDER);
            s2 = z.fma(odd(p2), y.fma(even(p2), s2));
            IntVector p3 = IntVector.fromMemorySegment(I, keys, k3 + at, ORDER);
            s3 = z.fma(odd(p3), y.fma(even(p3), s3));
        }
        if (d < head.headDim()) {
            FloatVector y = FloatVector.broadcast(F, q[qAt + d]);
            long at = 2L * KEY_PANEL * d;
            s0 = y.fma(even(IntVector.fromMemorySegment(I, keys, k0 + at, ORDER)), s0);
            s1 = y.fma(even(IntVector.fromMemorySegment(I, keys, k1 + at, ORDER)), s1);
            s2 = y.fma(even(IntVector.fromMemorySegment(I, keys, k2 + at, ORDER)), s2);
            s3 = y.fma(even(IntVector.fromMemorySegment(I, keys, k3 + at, ORDER)), s3);
        }
        int at = vector * LANES;
        s0.mul(scale).intoArray(scores, at);
        s1.mul(scale).intoArray(scores, at + LANES);
        s2.mul(scale).intoArray(scores, at + 2 * LANES);
        s3.mul(scale).intoArray(scores, at + 3 * LANES);
    }

    /// One vector of positions.
    static void score1x1(float[] q, int qAt, float scale, CachedHead head, float[] scores, int scoresAt, int vector) {
        MemorySegment keys = head.keys();
        long k0 = head.keyAt(vector * LANES);
        FloatVector s0 = FloatVector.zero(F);
        int d = 0;
        for (; d + 2 <= head.headDim(); d += 2) {
            FloatVector y = FloatVector.broadcast(F, q[qAt + d]);
            FloatVector z = FloatVector.broadcast(F, q[qAt + d + 1]);
            long at = 2L * KEY_PANEL * d;
            IntVector p0 = IntVector.fromMemorySegment(I, keys, k0 + at, ORDER);
            s0 = z.fma(odd(p0), y.fma(even(p0), s0));
        }
        if (d < head.headDim()) {
            FloatVector y = FloatVector.broadcast(F, q[qAt + d]);
            long at = 2L * KEY_PANEL * d;
            s0 = y.fma(even(IntVector.fromMemorySegment(I, keys, k0 + at, ORDER)), s0);
        }
        s0.mul(scale).intoArray(scores, scoresAt + vector * LANES);
    }

    private static void mix1x4(float[] weights, CachedHead head, int d, int length, float[] out, int outAt) {
        MemorySegment values = head.values();
        long at = head.valuesAt() + 4L * d;
        long step = 4L * head.valueStride();
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        int position = 0;
        for (; position + 2 <= length; position += 2) {
            FloatVector y = FloatVector.broadcast(F, weights[position]);
            FloatVector z = FloatVector.broadcast(F, weights[position + 1]);
            IntVector p0 = IntVector.fromMemorySegment(I, values, at, ORDER);
            s0 = z.fma(odd(p0), y.fma(even(p0), s0));
            IntVector p1 = IntVector.fromMemorySegment(I, values, at + 4L * LANES, ORDER);
            s1 = z.fma(odd(p1), y.fma(even(p1), s1));
            IntVector p2 = IntVector.fromMemorySegment(I, values, at + 8L * LANES, ORDER);
            s2 = z.fma(odd(p2), y.fma(even(p2), s2));
            IntVector p3 = IntVector.fromMemorySegment(I, values, at + 12L * LANES, ORDER);
            s3 = z.fma(odd(p3), y.fma(even(p3), s3));
            at += step;
        }
        if (position < length) {
            FloatVector y = FloatVector.broadcast(F, weights[position]);
            s0 = y.fma(even(IntVector.fromMemorySegment(I, values, at, ORDER)), s0);
            s1 = y.fma(even(IntVector.fromMemorySegment(I, values, at + 4L * LANES, ORDER)), s1);
            s2 = y.fma(even(IntVector.fromMemorySegment(I, values, at + 8L * LANES, ORDER)), s2);
            s3 = y.fma(even(IntVector.fromMemorySegment(I, values, at + 12L * LANES, ORDER)), s3);
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
        FloatVector s0 = FloatVector.zero(F);
        int position = 0;
        for (; position + 2 <= length; position += 2) {
            FloatVector y = FloatVector.broadcast(F, weights[weightsAt + position]);
            FloatVector z = FloatVector.broadcast(F, weights[weightsAt + position + 1]);
            IntVector p0 = IntVector.fromMemorySegment(I, values, at, ORDER);
            s0 = z.fma(odd(p0), y.fma(even(p0), s0));
            at += step;
        }
        if (position < length) {
            FloatVector y = FloatVector.broadcast(F, weights[weightsAt + position]);
            s0 = y.fma(even(IntVector.fromMemorySegment(I, values, at, ORDER)), s0);
        }
        int columns = Math.min(LANES, head.headDim() - d);
        if (columns == LANES) {
            s0.intoArray(out, outAt);
        } else {
            for (int lane = 0; lane < columns; lane++) out[outAt + lane] = s0.lane(lane);
        }
    }
}
