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
/// Whoever computes some columns of gates and values also multiplies them, while they lie in its cache. Source: Shazeer, "GLU variants improve transformer", arXiv
/// 2002.05202; borisdayma/dalle-mini modeling.py. Thread-safe.
final class FeedForward {
    private final Compute compute;
    private final boolean isGated;
    private final Activation activation;
    private final int ffnDim;
    private final LayerNorm before;
    private final Linear gateOrUp;
    /// The gated unit's values, else null.
    private final Linear value;
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
        this.gateOrUp = weights.linear("fc0", dModel, ffnDim, bias);
        this.value = isGated ? weights.linear("fc1", dModel, ffnDim, bias) : null;
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
        compute.team().run(gateOrUp.parts(), (part, _) -> activate(part, rows, scratch)); // (rows, ffnDim)
        middle.forward(scratch.hidden, rows, scratch.hidden); // (rows, ffnDim)
        down.addTo(scratch.hidden, rows, scratch.normed, x); // (rows, dModel)
    }

    /// Computes some columns of the hidden layer.
    private void activate(int part, int rows, Scratch scratch) {
        float[] hidden = scratch.hidden;
        int first = gateOrUp.firstOutput(part);
        int columns = gateOrUp.firstOutput(part + 1) - first;
        gateOrUp.forwardPart(part, scratch.normed, rows, hidden, 0, ffnDim);
        if (isGated) value.forwardPart(part, scratch.normed, rows, scratch.wide, 0, ffnDim);
        for (int row = 0; row < rows; row++) {
            int at = row * ffnDim + first;
            if (isGated) {
                compute.kernels().gate(activation, hidden, at, scratch.wide, at, columns, hidden, at);
            } else {
                compute.kernels().activateInPlace(activation, hidden, at, columns);
            }
        }
    }
}
