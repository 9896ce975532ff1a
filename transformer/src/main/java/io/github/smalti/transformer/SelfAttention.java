package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.layer.KeyValues;
import io.github.smalti.core.layer.LayerNorm;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.weights.Weights;

/// Multi-head self-attention between two layer norms, as NormFormer has it: `x += after(attention(before(x)))`.
///
/// Queries, keys and values are one matrix product. Thread-safe.
final class SelfAttention {
    private final Compute compute;
    private final int dModel;
    private final float scale;
    private final LayerNorm before;
    private final Linear queryKeyValue;
    private final Linear out;
    private final LayerNorm after;

    /// Reads the block of one layer.
    ///
    /// @param layer weights of the layer
    SelfAttention(Weights layer, int dModel, int headCount, boolean bias) {
        this.compute = layer.compute();
        this.dModel = dModel;
        this.scale = (float) (1 / Math.sqrt((double) dModel / headCount));
        this.before = layer.layerNorm("pre_self_attn_layer_norm", dModel, Norms.EPS);
        Weights attention = layer.in("self_attn");
        this.queryKeyValue = attention.fusedLinear(new String[]{"q_proj", "k_proj", "v_proj"}, dModel, dModel, bias);
        this.out = attention.linear("out_proj", dModel, dModel, bias);
        this.after = layer.layerNorm("self_attn_layer_norm", dModel, Norms.EPS);
    }

    /// Adds the block's output to x after storing the rows' keys and values.
    ///
    /// @param x         (rows, dModel), the residual stream
    /// @param rows      number of rows
    /// @param cache     where keys and values go
    /// @param streams   for each row its stream of the cache
    /// @param positions for each row its position
    /// @param lengths   for each row how many positions it attends to
    /// @param scratch   room of the session
    void addTo(float[] x, int rows, KeyValues cache, int[] streams, int[] positions, int[] lengths, Scratch scratch) {
        before.forward(x, rows, scratch.normed); // (rows, dModel)
        queryKeyValue.forward(scratch.normed, rows, scratch.wide); // (rows, 3 · dModel)
        cache.putAndAttend(compute, scratch.wide, streams, positions, lengths, rows, scale, scratch.attended);
        out.forward(scratch.attended, rows, scratch.normed); // (rows, dModel)
        after.addTo(scratch.normed, rows, x);
    }
}
