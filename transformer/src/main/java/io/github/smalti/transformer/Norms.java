package io.github.smalti.transformer;

/// What the residual stream of every DalleBart layer shares.
final class Norms {
    /// Epsilon of all layer norms (Flax's and PyTorch's value in these models).
    static final float EPS = 1e-5f;

    private Norms() {}

    /// Whether none of the first numbers is infinite or no number.
    static boolean isFinite(float[] x, int count) {
        boolean isFinite = true;
        for (int i = 0; i < count; i++) isFinite &= Math.abs(x[i]) <= Float.MAX_VALUE;
        return isFinite;
    }
}
