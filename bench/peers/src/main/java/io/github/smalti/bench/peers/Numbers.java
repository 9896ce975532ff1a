package io.github.smalti.bench.peers;

import java.util.Arrays;

/// Random numbers that every process computes alike from a seed, so that no weights travel between processes.
final class Numbers {
    private static final long STEP = 0x9e3779b97f4a7c15L;
    private static final float UNIT = 0x1p-23f;

    private Numbers() {}

    /// Uniform numbers in (-scale, scale).
    static float[] uniform(long seed, int count, double scale) {
        float[] out = new float[count];
        float factor = (float) scale * UNIT;
        long state = seed * STEP;
        for (int i = 0; i < count; i++) {
            state += STEP;
            long z = (state ^ state >>> 30) * 0xbf58476d1ce4e5b9L;
            out[i] = ((int) (z >>> 40) - 0x800000 + 0.5f) * factor;
        }
        return out;
    }

    /// Arrays of one length, one after another.
    static float[] joined(float[][] parts) {
        float[] all = new float[parts.length * parts[0].length];
        for (int i = 0; i < parts.length; i++) System.arraycopy(parts[i], 0, all, i * parts[0].length, parts[i].length);
        return all;
    }

    /// One array after another.
    static float[] joined(float[] first, float[] second) {
        float[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    /// Rounds to bfloat16, to nearest, ties to even; the result is the float's upper half.
    static short toBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }

    /// The float of a bfloat16.
    static float fromBfloat16(short half) { return Float.intBitsToFloat(half << 16); }
}
