package io.github.smalti.dvae;

import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.weights.Weights;
import java.util.List;

/// One step of a network of pictures; encoder and decoder are flat lists of them.
///
/// Flat, since every nested loop would hold on to the map it started with for as long as it runs.
@FunctionalInterface
interface Stage {
    /// Computes a new map from one that stays as it is.
    FeatureMap forward(FeatureMap x);

    /// The middle of encoder and decoder: residual block, attention, residual block.
    static List<Stage> middle(Weights weights, int channels, float normEps) {
        return List.of(new ResidualBlock(weights.in("block_1"), channels, channels, normEps),
                new PixelAttention(weights.in("attn_1"), channels, normEps),
                new ResidualBlock(weights.in("block_2"), channels, channels, normEps));
    }
}
