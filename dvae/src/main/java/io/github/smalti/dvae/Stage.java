package io.github.smalti.dvae;

import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.MaxPool;
import io.github.smalti.core.layer.Workspace;
import io.github.smalti.weights.Weights;
import java.util.List;

/// One step of a network of pictures; encoder and decoder are flat lists of them.
///
/// Flat, since every nested loop would hold on to the map it started with for as long as it runs.
@FunctionalInterface
interface Stage {
    /// Computes a map from one that is used up: overwritten, or given back to the workspace.
    FeatureMap forward(FeatureMap x, Workspace workspace);

    /// A convolution as a stage.
    static Stage of(Conv2d conv) {
        return (x, workspace) -> {
            FeatureMap out = conv.forward(x, workspace);
            workspace.giveBack(x);
            return out;
        };
    }

    /// A convolution of every pixel as 2×2 as a stage.
    static Stage ofDoubled(Conv2d conv) {
        return (x, workspace) -> {
            FeatureMap out = conv.forwardDoubled(x, workspace);
            workspace.giveBack(x);
            return out;
        };
    }

    /// A max-pool as a stage.
    static Stage of(MaxPool pool) {
        return (x, workspace) -> {
            FeatureMap out = pool.forward(x, workspace);
            workspace.giveBack(x);
            return out;
        };
    }

    /// The middle of encoder and decoder: residual block, attention, residual block.
    ///
    /// @param pixels as for [ResidualBlock]
    static List<Stage> middle(Weights weights, int channels, float normEps, long pixels) {
        return List.of(new ResidualBlock(weights.in("block_1"), channels, channels, normEps, pixels),
                new PixelAttention(weights.in("attn_1"), channels, normEps),
                new ResidualBlock(weights.in("block_2"), channels, channels, normEps, pixels));
    }
}
