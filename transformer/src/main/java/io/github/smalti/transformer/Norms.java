package io.github.smalti.transformer;

/// What the residual streams of all layers share.
final class Norms {
    /// Epsilon of all layer norms (Flax's and PyTorch's value in these models).
    static final float EPS = 1e-5f;

    private Norms() {}

    /// Whether none of the first numbers is infinite or no number.
    static boolean isFinite(float[] x, int count) { return isFinite(x, 0, count); }

    /// Whether none of some numbers is infinite or no number.
    static boolean isFinite(float[] x, int from, int count) {
        boolean isFinite = true;
        for (int i = from; i < from + count; i++) isFinite &= Math.abs(x[i]) <= Float.MAX_VALUE;
        return isFinite;
    }
}
