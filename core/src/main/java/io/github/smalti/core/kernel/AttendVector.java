package io.github.smalti.core.kernel;

import static io.github.smalti.core.PackedMatrix.PANEL;
import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.LANES;
import static io.github.smalti.core.kernel.Species.VECTORS_PER_PANEL;

import jdk.incubator.vector.FloatVector;

/// Attention with the Vector API: positions lie along the lanes for the scores, features for the result.
final class AttendVector {
    private AttendVector() {}

    static void run(float[] q, int qAt, int headDim, float scale, float[] keys, int keysAt, float[] values,
            int valuesAt, int valueStride, int length, float[] scores, float[] out, int outAt) {
        int vectors = (length + LANES - 1) / LANES;
        int vector = 0;
        for (; vector + 4 <= vectors; vector += 4) scores4(q, qAt, headDim, scale, keys, keysAt, scores, vector);
        for (; vector < vectors; vector++) scores1(q, qAt, headDim, scale, keys, keysAt, scores, vector);
        NormsVector.softmaxInPlace(scores, 0, length);
        int d = 0;
        for (; d + 4 * LANES <= headDim; d += 4 * LANES) {
            mix4(scores, values, valuesAt + d, valueStride, length, out, outAt + d);
        }
        for (; d < headDim; d += LANES) {
            mix1(scores, values, valuesAt + d, valueStride, length, out, outAt + d, Math.min(LANES, headDim - d));
        }
    }

    private static int keyAt(int keysAt, int headDim, int vector) {
        return keysAt + vector / VECTORS_PER_PANEL * headDim * PANEL + vector % VECTORS_PER_PANEL * LANES;
    }

    private static void scores4(float[] q, int qAt, int headDim, float scale, float[] keys, int keysAt,
            float[] scores, int vector) {
        int k0 = keyAt(keysAt, headDim, vector);
        int k1 = keyAt(keysAt, headDim, vector + 1);
        int k2 = keyAt(keysAt, headDim, vector + 2);
        int k3 = keyAt(keysAt, headDim, vector + 3);
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int d = 0; d < headDim; d++) {
            FloatVector y = FloatVector.broadcast(F, q[qAt + d]);
            s0 = y.fma(FloatVector.fromArray(F, keys, k0 + d * PANEL), s0);
            s1 = y.fma(FloatVector.fromArray(F, keys, k1 + d * PANEL), s1);
            s2 = y.fma(FloatVector.fromArray(F, keys, k2 + d * PANEL), s2);
            s3 = y.fma(FloatVector.fromArray(F, keys, k3 + d * PANEL), s3);
        }
        int at = vector * LANES;
        s0.mul(scale).intoArray(scores, at);
        s1.mul(scale).intoArray(scores, at + LANES);
        s2.mul(scale).intoArray(scores, at + 2 * LANES);
        s3.mul(scale).intoArray(scores, at + 3 * LANES);
    }

    private static void scores1(float[] q, int qAt, int headDim, float scale, float[] keys, int keysAt,
            float[] scores, int vector) {
        int key = keyAt(keysAt, headDim, vector);
        FloatVector s = FloatVector.zero(F);
        for (int d = 0; d < headDim; d++) {
            s = FloatVector.broadcast(F, q[qAt + d]).fma(FloatVector.fromArray(F, keys, key + d * PANEL), s);
        }
        s.mul(scale).intoArray(scores, vector * LANES);
    }

    private static void mix4(float[] weights, float[] values, int valuesAt, int valueStride, int length, float[] out,
            int outAt) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int position = 0; position < length; position++) {
            FloatVector y = FloatVector.broadcast(F, weights[position]);
            int at = valuesAt + position * valueStride;
            s0 = y.fma(FloatVector.fromArray(F, values, at), s0);
            s1 = y.fma(FloatVector.fromArray(F, values, at + LANES), s1);
            s2 = y.fma(FloatVector.fromArray(F, values, at + 2 * LANES), s2);
            s3 = y.fma(FloatVector.fromArray(F, values, at + 3 * LANES), s3);
        }
        s0.intoArray(out, outAt);
        s1.intoArray(out, outAt + LANES);
        s2.intoArray(out, outAt + 2 * LANES);
        s3.intoArray(out, outAt + 3 * LANES);
    }

    private static void mix1(float[] weights, float[] values, int valuesAt, int valueStride, int length, float[] out,
            int outAt, int columns) {
        FloatVector s = FloatVector.zero(F);
        for (int position = 0; position < length; position++) {
            s = FloatVector.broadcast(F, weights[position])
                    .fma(FloatVector.fromArray(F, values, valuesAt + position * valueStride), s);
        }
        if (columns == LANES) {
            s.intoArray(out, outAt);
        } else {
            for (int lane = 0; lane < columns; lane++) out[outAt + lane] = s.lane(lane);
        }
    }
}
