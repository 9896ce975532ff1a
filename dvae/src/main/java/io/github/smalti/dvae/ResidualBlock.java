package io.github.smalti.dvae;

import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.GroupNorm;
import io.github.smalti.core.layer.Workspace;
import io.github.smalti.weights.Weights;

/// Two rounds of norm, swish and 3×3 convolution beside a shortcut: (rows, cols, inputs) → (rows, cols, outputs).
///
/// At most three maps of the larger width live at once. Thread-safe.
final class ResidualBlock implements Stage {
    private final GroupNorm norm1;
    private final Conv2d conv1;
    private final GroupNorm norm2;
    private final Conv2d conv2;
    /// 1×1 where the width changes, else null.
    private final Conv2d shortcut;

    /// @param pixels pixels of the picture that the block is made for; 0 for the weights that take least memory
    ResidualBlock(Weights weights, int inputs, int outputs, float normEps, long pixels) {
        norm1 = weights.groupNorm("norm1", VqganConfig.NORM_GROUPS, inputs, normEps);
        conv1 = weights.conv3x3("conv1", inputs, outputs, pixels);
        norm2 = weights.groupNorm("norm2", VqganConfig.NORM_GROUPS, outputs, normEps);
        conv2 = weights.conv3x3("conv2", outputs, outputs, pixels);
        shortcut = inputs == outputs ? null : weights.conv2d("nin_shortcut", inputs, outputs, 1, 1);
    }

    @Override
    public FeatureMap forward(FeatureMap x, Workspace workspace) {
        FeatureMap normed = norm1.forward(x, Activation.SWISH, workspace); // (rows, cols, inputs)
        FeatureMap h = conv1.forward(normed, workspace); // (rows, cols, outputs)
        workspace.giveBack(normed);
        norm2.applyInPlace(h, Activation.SWISH);
        FeatureMap sum = shortcut == null ? x : Stage.of(shortcut).forward(x, workspace); // (rows, cols, outputs)
        sum = conv2.addTo(sum, h, workspace);
        workspace.giveBack(h);
        return sum;
    }
}
