package io.github.smalti.transformer;

import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.layer.AttentionPattern;
import java.util.List;

/// What the decoder-only families have in common, and the switches in which they differ.
///
/// @param dModel           width of the residual stream
/// @param headCount        attention heads
/// @param ffnDim           width of the feed-forward block
/// @param patterns         for each layer what image tokens attend to in the image
/// @param textRows         tokens that all images of a text share
/// @param leadingRows      tokens of the text that the patterns count as the first of the image (ruDALL-E v2: one)
/// @param grid             grid of an image
/// @param codebookSize     codes
/// @param attentionBias    whether the dense layers of attention have biases
/// @param feedForwardBias  whether those of the feed-forward block have
/// @param activation       of the feed-forward block
/// @param isSandwich       whether a layer norm stands after attention and feed-forward block as well
/// @param attentionLimit   attention's outputs are clamped to ± this; infinite for none
record DecoderConfig(int dModel, int headCount, int ffnDim, List<AttentionPattern> patterns, int textRows,
        int leadingRows, Grid grid, int codebookSize, boolean attentionBias, boolean feedForwardBias,
        Activation activation, boolean isSandwich, float attentionLimit) {
    DecoderConfig { patterns = List.copyOf(patterns); }

    /// Layers.
    int layerCount() { return patterns.size(); }

    /// Length of a head's key.
    int headDim() { return dModel / headCount; }
}
