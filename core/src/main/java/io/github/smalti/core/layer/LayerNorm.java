package io.github.smalti.core.layer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.ShapeMismatchException;

/// Layer norm over the features of each row; the mean is subtracted even where the checkpoint has no scale.
///
/// Source: Ba, Kiros, Hinton, "Layer normalization", arXiv 1607.06450. Thread-safe.
public final class LayerNorm {
    /// Rows from which on the work is worth sharing among threads.
    private static final int MANY_ROWS = 16;

    private final Compute compute;
    private final int features;
    private final float[] scale;
    private final float[] bias;
    private final float eps;

    /// Makes a layer.
    ///
    /// @param compute  what to compute with
    /// @param features length of a row
    /// @param scale    one factor per feature, or null for 1
    /// @param bias     one summand per feature, or null for 0
    /// @param eps      added to the variance
    public LayerNorm(Compute compute, int features, float[] scale, float[] bias, float eps) {
        this.compute = compute;
        this.features = features;
        this.scale = scale;
        this.bias = bias;
        this.eps = eps;
    }

    /// Computes the layer.
    ///
    /// @param x    inputs, (rows, features)
    /// @param rows number of rows
    /// @param out  outputs, (rows, features); may be x
    /// @throws ShapeMismatchException if an array is too short
    public void forward(float[] x, int rows, float[] out) {
        ShapeMismatchException.requireAtLeast("inputs of a layer norm", (long) rows * features, x);
        ShapeMismatchException.requireAtLeast("outputs of a layer norm", (long) rows * features, out);
        if (rows < MANY_ROWS) {
            normalize(x, 0, rows, out);
        } else {
            compute.team().run((part, parts) -> normalize(x, rows * part / parts, rows * (part + 1) / parts, out));
        }
    }

    /// Adds the norm of a block's output to the residual stream: `x += norm(y)`.
    ///
    /// @param y    inputs, (rows, features), overwritten
    /// @param rows number of rows
    /// @param x    the residual stream, (rows, features); must not be y
    /// @throws ShapeMismatchException if an array is too short
    public void addTo(float[] y, int rows, float[] x) {
        ShapeMismatchException.requireAtLeast("inputs of a layer norm", (long) rows * features, y);
        ShapeMismatchException.requireAtLeast("residual stream of a layer norm", (long) rows * features, x);
        if (rows < MANY_ROWS) {
            addRows(y, 0, rows, x);
        } else {
            compute.team().run((part, parts) -> addRows(y, rows * part / parts, rows * (part + 1) / parts, x));
        }
    }

    private void addRows(float[] y, int from, int to, float[] x) {
        normalize(y, from, to, y);
        for (int i = from * features; i < to * features; i++) x[i] += y[i];
    }

    private void normalize(float[] x, int from, int to, float[] out) {
        for (int row = from; row < to; row++) {
            compute.kernels().layerNorm(x, row * features, features, scale, bias, eps, out, row * features);
        }
    }
}
