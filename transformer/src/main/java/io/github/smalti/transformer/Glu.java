package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.layer.LayerNorm;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.weights.Weights;

/// The feed-forward block: `fc2(ln1(gelu(fc0(h)) · fc1(h)))` with `h = ln0(x)`, a gated linear unit.
///
/// Source: Shazeer, "GLU variants improve transformer", arXiv 2002.05202; dalle-mini modeling.py. Thread-safe.
final class Glu {
    private final Compute compute;
    private final int ffnDim;
    private final LayerNorm before;
    private final Linear gateAndValue;
    private final LayerNorm middle;
    private final Linear down;

    Glu(Weights weights, int dModel, int ffnDim, boolean bias) {
        this.compute = weights.compute();
        this.ffnDim = ffnDim;
        this.before = weights.layerNorm("ln0", dModel, Norms.EPS);
        this.gateAndValue = weights.fusedLinear(new String[]{"fc0", "fc1"}, dModel, ffnDim, bias);
        this.middle = weights.layerNorm("ln1", ffnDim, Norms.EPS);
        this.down = weights.linear("fc2", ffnDim, dModel, bias);
    }

    /// Adds the block's output to x.
    ///
    /// @param x       (rows, dModel), the residual stream
    /// @param rows    number of rows
    /// @param scratch room of the session
    void addTo(float[] x, int rows, Scratch scratch) {
        before.forward(x, rows, scratch.normed); // (rows, dModel)
        gateAndValue.forward(scratch.normed, rows, scratch.wide); // (rows, 2 · ffnDim)
        compute.team().run((part, parts) -> {
            int end = rows * (part + 1) / parts;
            for (int row = rows * part / parts; row < end; row++) {
                int at = row * 2 * ffnDim;
                compute.kernels().gate(Activation.GELU, scratch.wide, at, scratch.wide, at + ffnDim, ffnDim,
                        scratch.hidden, row * ffnDim);
            }
        });
        middle.forward(scratch.hidden, rows, scratch.hidden); // (rows, ffnDim)
        down.forward(scratch.hidden, rows, scratch.normed); // (rows, dModel)
        Norms.add(x, scratch.normed, rows * down.outputs());
    }
}
