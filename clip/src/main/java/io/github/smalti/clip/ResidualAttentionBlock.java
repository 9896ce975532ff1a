package io.github.smalti.clip;

import io.github.smalti.core.Compute;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.layer.LayerNorm;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.weights.Weights;

/// A pre-norm transformer block: norm, attend, add; norm, feed-forward, add.
///
/// Source: openai/CLIP @ d05afc4, model.py, `ResidualAttentionBlock`. Cost: 24 · width² FLOP per token (feed-forward 4
/// times the width) and 4 · width for every token that it attends to.
final class ResidualAttentionBlock {
    private final Compute compute;
    private final Activation activation;
    private final int ffnDim;
    private final LayerNorm attentionNorm;
    private final Linear queryKeyValue;
    private final Linear attentionOut;
    private final LayerNorm feedForwardNorm;
    private final Linear feedForwardIn;
    private final Linear feedForwardOut;

    ResidualAttentionBlock(Transformer.Config config, Weights weights) {
        int width = config.width();
        compute = weights.compute();
        activation = config.activation();
        ffnDim = config.ffnDim();
        attentionNorm = weights.layerNorm("layer_norm1", width, config.eps());
        queryKeyValue = ClipNames.queryKeyValue(weights.in("self_attn"), width);
        attentionOut = weights.in("self_attn").linear("out_proj", width, width, true);
        feedForwardNorm = weights.layerNorm("layer_norm2", width, config.eps());
        feedForwardIn = weights.in("mlp").linear("fc1", width, ffnDim, true);
        feedForwardOut = weights.in("mlp").linear("fc2", ffnDim, width, true);
    }

    /// Runs the block in place.
    ///
    /// @param tokens     the residual stream and scratch
    /// @param onlyPooled whether to go on, once keys and values are known, with one token per sequence
    void forward(TokenRows tokens, boolean onlyPooled) {
        attentionNorm.forward(tokens.x(), tokens.rows(), tokens.normed()); // (rows, width)
        queryKeyValue.forward(tokens.normed(), tokens.rows(), tokens.queryKeyValue()); // (rows, 3 · width)
        tokens.storeKeysAndValues(compute);
        if (onlyPooled) tokens.keepPooled(); // rows = sequences
        tokens.attend(compute, tokens.normed()); // (rows, width)
        attentionOut.addTo(tokens.normed(), tokens.rows(), tokens.hidden(), tokens.x()); // (rows, width)

        feedForwardNorm.forward(tokens.x(), tokens.rows(), tokens.normed()); // (rows, width)
        compute.team().run(feedForwardIn.parts(), (part, _) -> activate(part, tokens)); // (rows, ffnDim)
        feedForwardOut.addTo(tokens.hidden(), tokens.rows(), tokens.normed(), tokens.x()); // (rows, width)
    }

    /// Computes some columns of the hidden layer.
    private void activate(int part, TokenRows tokens) {
        int first = feedForwardIn.firstOutput(part);
        int columns = feedForwardIn.firstOutput(part + 1) - first;
        feedForwardIn.forwardPart(part, tokens.normed(), tokens.rows(), tokens.hidden(), 0, ffnDim);
        for (int row = 0; row < tokens.rows(); row++) {
            compute.kernels().activateInPlace(activation, tokens.hidden(), row * ffnDim + first, columns);
        }
    }
}
