package io.github.smalti.transformer;

/// What the residual stream of every DalleBart layer shares.
final class Norms {
    /// Epsilon of all layer norms (Flax's and PyTorch's value in these models).
    static final float EPS = 1e-5f;

    private Norms() {}

    /// `x += y`, the residual sum.
    static void add(float[] x, float[] y, int count) { for (int i = 0; i < count; i++) x[i] += y[i]; }
}
