package io.github.smalti.clip;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.weights.Weights;
import java.util.List;

/// The stack of residual attention blocks that both towers consist of (openai/CLIP, model.py, `Transformer`).
///
/// Thread-safe; the state of a call is its [TokenRows].
final class Transformer {
    /// Sizes of a stack.
    ///
    /// @param width      numbers of a token
    /// @param layerCount blocks
    /// @param headCount  attention heads; divides the width
    /// @param ffnDim     hidden numbers of a feed-forward layer
    /// @param activation of the feed-forward layers
    /// @param eps        of the layer norms
    record Config(int width, int layerCount, int headCount, int ffnDim, Activation activation, float eps) {
        int headDim() { return width / headCount; }

        /// The longest row of scratch, in floats.
        int widestRow() { return Math.max(3 * width, ffnDim); }

        /// Bytes that the packed weights take.
        long weightBytes(Precision precision) {
            return layerCount * (PackedMatrix.byteSize(precision, 3 * width, 1, width)
                    + PackedMatrix.byteSize(precision, width, 1, width)
                    + PackedMatrix.byteSize(precision, ffnDim, 1, width)
                    + PackedMatrix.byteSize(precision, width, 1, ffnDim));
        }
    }

    private final Config config;
    private final List<ResidualAttentionBlock> blocks;

    Transformer(Config config, Weights weights) {
        this.config = config;
        blocks = weights.each("layers", config.layerCount, layer -> new ResidualAttentionBlock(config, layer));
    }

    Config config() { return config; }

    /// Runs all blocks; the last one computes only the tokens that are read, one per sequence.
    ///
    /// @param tokens embedded tokens; afterwards (sequences, width)
    void forward(TokenRows tokens) {
        for (ResidualAttentionBlock block : blocks) block.forward(tokens, block == blocks.getLast());
    }
}
