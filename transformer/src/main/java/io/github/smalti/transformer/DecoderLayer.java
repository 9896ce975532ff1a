package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.layer.LayerNorm;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.core.layer.SparseKeyValues;
import io.github.smalti.weights.Weights;

/// One layer of a decoder-only transformer: `x += a(attention(norm(x)))`, then `x += f(down(activation(up(norm(x)))))`.
///
/// a and f are layer norms in a sandwich (CogView), else nothing. Source: Ding et al., "CogView", arXiv 2105.13290, 2.4;
/// ai-forever/ru-dalle transformer.py @ 0255cec; kakaobrain/minDALL-E stage2/layers.py @ e548007. Thread-safe.
final class DecoderLayer {
    private static final String[] QUERY_KEY_VALUE = {"query", "key", "value"};

    private final Compute compute;
    private final DecoderConfig config;
    private final float scale;
    private final LayerNorm attentionNorm;
    private final Linear queryKeyValue;
    private final Linear attentionOut;
    private final LayerNorm feedForwardNorm;
    private final Linear up;
    private final Linear down;
    /// The sandwich's second norms, else null.
    private final LayerNorm attentionOutNorm;
    private final LayerNorm feedForwardOutNorm;

    /// Reads a layer.
    ///
    /// @param layer  weights of the layer
    /// @param config sizes and switches
    DecoderLayer(Weights layer, DecoderConfig config) {
        this.compute = layer.compute();
        this.config = config;
        this.scale = (float) (1 / Math.sqrt(config.headDim()));
        int dModel = config.dModel();
        boolean bias = config.attentionBias();
        Weights attention = layer.in("attention");
        attentionNorm = layer.layerNorm("attention_norm", dModel, Norms.EPS);
        queryKeyValue = attention.has("query_key_value.weight")
                ? attention.linear("query_key_value", dModel, 3 * dModel, bias)
                : attention.fusedLinear(QUERY_KEY_VALUE, dModel, dModel, bias);
        attentionOut = attention.linear("out", dModel, dModel, bias);
        feedForwardNorm = layer.layerNorm("feed_forward_norm", dModel, Norms.EPS);
        up = layer.linear("feed_forward.up", dModel, config.ffnDim(), config.feedForwardBias());
        down = layer.linear("feed_forward.down", config.ffnDim(), dModel, config.feedForwardBias());
        attentionOutNorm = sandwich(layer, "attention_out_norm");
        feedForwardOutNorm = sandwich(layer, "feed_forward_out_norm");
    }

    private LayerNorm sandwich(Weights layer, String name) {
        return config.isSandwich() ? layer.layerNorm(name, config.dModel(), Norms.EPS) : null;
    }

    /// Adds the outputs of both blocks to the residual stream after storing the rows' keys and values.
    ///
    /// @param tokens  the rows
    /// @param cache   keys and values of this layer
    /// @param scratch room of the session; x is the residual stream, (rows, dModel)
    void addTo(PassRows tokens, SparseKeyValues cache, Scratch scratch) {
        int rows = tokens.count();
        attentionNorm.forward(scratch.x, rows, scratch.normed); // (rows, dModel)
        queryKeyValue.forward(scratch.normed, rows, scratch.wide); // (rows, 3 · dModel)
        tokens.attend(cache, compute, scale, scratch.wide, scratch.attended); // (rows, dModel)
        addOutput(attentionOut, scratch.attended, config.attentionLimit(), attentionOutNorm, rows, scratch);
        feedForwardNorm.forward(scratch.x, rows, scratch.normed);
        compute.team().run(up.parts(), (part, _) -> activate(part, rows, scratch)); // (rows, ffnDim)
        addOutput(down, scratch.hidden, Float.POSITIVE_INFINITY, feedForwardOutNorm, rows, scratch);
    }

    /// Computes some columns of the hidden layer; whoever does also activates them, while they lie in its cache.
    private void activate(int part, int rows, Scratch scratch) {
        int first = up.firstOutput(part);
        int columns = up.firstOutput(part + 1) - first;
        up.forwardPart(part, scratch.normed, rows, scratch.hidden, 0, config.ffnDim());
        for (int row = 0; row < rows; row++) {
            compute.kernels().activateInPlace(config.activation(), scratch.hidden, row * config.ffnDim() + first,
                    columns);
        }
    }

    /// `x += norm(clamped(dense(y)))`; norm and limit may be missing.
    private void addOutput(Linear dense, float[] y, float limit, LayerNorm norm, int rows, Scratch scratch) {
        if (norm == null && limit == Float.POSITIVE_INFINITY) {
            dense.addTo(y, rows, scratch.normed, scratch.x);
            return;
        }
        float[] out = scratch.normed; // (rows, dModel)
        dense.forward(y, rows, out);
        int count = rows * config.dModel();
        // what is no number stays so
        for (int i = 0; i < count; i++) out[i] = Math.max(-limit, Math.min(limit, out[i]));
        if (norm != null) {
            norm.addTo(out, rows, scratch.x);
        } else {
            for (int i = 0; i < count; i++) scratch.x[i] += out[i];
        }
    }
}
