package io.github.smalti.dvae;

import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.GroupNorm;
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

    ResidualBlock(Weights weights, int inputs, int outputs, float normEps) {
        norm1 = weights.groupNorm("norm1", VqganConfig.NORM_GROUPS, inputs, normEps);
        conv1 = weights.conv2d("conv1", inputs, outputs, 3, 1);
        norm2 = weights.groupNorm("norm2", VqganConfig.NORM_GROUPS, outputs, normEps);
        conv2 = weights.conv2d("conv2", outputs, outputs, 3, 1);
        shortcut = inputs == outputs ? null : weights.conv2d("nin_shortcut", inputs, outputs, 1, 1);
    }

    @Override
    public FeatureMap forward(FeatureMap x) {
        FeatureMap h = norm1.forward(x, Activation.SWISH); // (rows, cols, inputs)
        h = conv1.forward(h); // (rows, cols, outputs)
        h = norm2.forward(h, Activation.SWISH);
        h = conv2.forward(h);
        h.add(shortcut == null ? x : shortcut.forward(x));
        return h;
    }
}
