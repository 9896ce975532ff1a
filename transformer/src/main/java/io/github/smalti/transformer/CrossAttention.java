package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.KeyValues;
import io.github.smalti.core.layer.LayerNorm;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.weights.Weights;
import java.lang.foreign.Arena;

/// Attention of the decoder to the encoded prompt, between two layer norms. Thread-safe.
///
/// Keys and values depend on the prompt alone: they are computed once and shared by all images of a request.
final class CrossAttention {
    private final Compute compute;
    private final int dModel;
    private final int headCount;
    private final float scale;
    private final LayerNorm before;
    private final Linear query;
    private final Linear keyValue;
    private final Linear out;
    private final LayerNorm after;

    /// Reads the block of one layer.
    ///
    /// @param layer weights of the layer
    CrossAttention(Weights layer, int dModel, int headCount, boolean bias) {
        this.compute = layer.compute();
        this.dModel = dModel;
        this.headCount = headCount;
        this.scale = (float) (1 / Math.sqrt((double) dModel / headCount));
        this.before = layer.layerNorm("pre_encoder_attn_layer_norm", dModel, Norms.EPS);
        Weights attention = layer.in("encoder_attn");
        this.query = attention.linear("q_proj", dModel, dModel, bias);
        this.keyValue = attention.fusedLinear(new String[]{"k_proj", "v_proj"}, dModel, dModel, bias);
        this.out = attention.linear("out_proj", dModel, dModel, bias);
        this.after = layer.layerNorm("encoder_attn_layer_norm", dModel, Norms.EPS);
    }

    /// Computes the keys and values of encoded prompts.
    ///
    /// @param arena         owner of the cache
    /// @param precision     how they are stored
    /// @param prompts       one stream each
    /// @param keysAndValues scratch (rows of the prompts, 2 · dModel)
    /// @return the cache, for all steps and images
    KeyValues remember(Arena arena, Precision precision, EncodedPrompts prompts, float[] keysAndValues) {
        keyValue.forward(prompts.hidden(), prompts.rows(), keysAndValues); // (rows, 2 · dModel)
        var cache = new KeyValues(arena, precision, prompts.count(), headCount, dModel / headCount,
                prompts.longest());
        cache.put(compute, keysAndValues, 0, dModel, 2 * dModel, prompts.promptOf(), prompts.positions(),
                prompts.rows());
        return cache;
    }

    /// Adds the block's output to x.
    ///
    /// @param x       (rows, dModel), the residual stream
    /// @param rows    number of rows
    /// @param prompts what [#remember] gave
    /// @param streams for each row its prompt
    /// @param lengths for each row the length of its prompt
    /// @param scratch room of the session
    void addTo(float[] x, int rows, KeyValues prompts, int[] streams, int[] lengths, Scratch scratch) {
        before.forward(x, rows, scratch.normed); // (rows, dModel)
        query.forward(scratch.normed, rows, scratch.wide); // (rows, dModel)
        prompts.attend(compute, scratch.wide, 0, dModel, streams, lengths, rows, scale, scratch.attended);
        out.forward(scratch.attended, rows, scratch.normed); // (rows, dModel)
        after.addTo(scratch.normed, rows, x);
    }
}
