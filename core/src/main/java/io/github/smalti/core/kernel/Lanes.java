package io.github.smalti.core.kernel;

/// Reductions along a row through 16 virtual lanes, whatever the width of the machine's vectors.
final class Lanes {
    static final int COUNT = 16;

    private Lanes() {}

    /// Sums the lanes in the one order that all kernels share: halves onto halves.
    static float sum(float[] lanes) {
        for (int half = COUNT / 2; half > 0; half /= 2) { for (int i = 0; i < half; i++) lanes[i] += lanes[i + half]; }
        return lanes[0];
    }
}
