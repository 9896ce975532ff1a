package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.layer.LayerNorm;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.weights.Weights;

/// The feed-forward block with NormFormer's two layer norms, h = ln0(x).
///
/// | `use_glu` | result |
/// |---|---|
/// | true, as published | `fc2(ln1(activation(fc0(h)) · fc1(h)))`, a gated linear unit |
/// | false | `fc1(ln1(activation(fc0(h))))` |
///
/// Gate and value of the gated unit are one matrix product. Source: Shazeer, "GLU variants improve transformer", arXiv
/// 2002.05202; borisdayma/dalle-mini modeling.py. Thread-safe.
final class FeedForward {
    private final Compute compute;
    private final boolean isGated;
    private final Activation activation;
    private final int ffnDim;
    private final LayerNorm before;
    private final Linear up;
    private final LayerNorm middle;
    private final Linear down;

    /// Reads the block of one layer.
    ///
    /// @param layer  weights of the layer
    /// @param config switches of the model
    /// @param ffnDim width of the block
    FeedForward(Weights layer, DalleBartConfig config, int ffnDim) {
        this.compute = layer.compute();
        this.isGated = config.isGated();
        this.activation = config.activation();
        this.ffnDim = ffnDim;
        int dModel = config.dModel();
        boolean bias = config.useBias();
        Weights weights = layer.in(isGated ? "glu" : "ffn");
        this.before = weights.layerNorm("ln0", dModel, Norms.EPS);
        this.up = isGated
                ? weights.fusedLinear(new String[]{"fc0", "fc1"}, dModel, ffnDim, bias)
                : weights.linear("fc0", dModel, ffnDim, bias);
        this.middle = weights.layerNorm("ln1", ffnDim, Norms.EPS);
        this.down = weights.linear(isGated ? "fc2" : "fc1", ffnDim, dModel, bias);
    }

    /// Adds the block's output to x.
    ///
    /// @param x       (rows, dModel), the residual stream
    /// @param rows    number of rows
    /// @param scratch room of the session
    void addTo(float[] x, int rows, Scratch scratch) {
        before.forward(x, rows, scratch.normed); // (rows, dModel)
        up.forward(scratch.normed, rows, isGated ? scratch.wide : scratch.hidden); // (rows, 2 · ffnDim or ffnDim)
        compute.team().run((part, parts) -> {
            int end = rows * (part + 1) / parts;
            for (int row = rows * part / parts; row < end; row++) activate(row, scratch);
        });
        middle.forward(scratch.hidden, rows, scratch.hidden); // (rows, ffnDim)
        down.forward(scratch.hidden, rows, scratch.normed); // (rows, dModel)
        Norms.add(x, scratch.normed, rows * down.outputs());
    }

    private void activate(int row, Scratch scratch) {
        if (isGated) {
            int at = row * 2 * ffnDim;
            compute.kernels().gate(activation, scratch.wide, at, scratch.wide, at + ffnDim, ffnDim, scratch.hidden,
                    row * ffnDim);
        } else {
            compute.kernels().activateInPlace(activation, scratch.hidden, row * ffnDim, ffnDim);
        }
    }
}
