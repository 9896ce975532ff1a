package io.github.smalti.dvae;

import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.Workspace;
import io.github.smalti.weights.Weights;

/// Doubles rows and columns by repeating every pixel, then a 3×3 convolution. Thread-safe.
final class Upsample implements Stage {
    private final Conv2d conv;

    /// @param pixels pixels of the larger picture that the stage is made for
    Upsample(Weights weights, int channels, long pixels) { conv = weights.conv3x3("conv", channels, channels, pixels); }

    @Override
    public FeatureMap forward(FeatureMap x, Workspace workspace) {
        FeatureMap out = conv.forwardDoubled(x, workspace); // (2 · rows, 2 · cols, channels)
        workspace.giveBack(x);
        return out;
    }
}
