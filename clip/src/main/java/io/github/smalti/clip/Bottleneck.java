package io.github.smalti.clip;

import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.MeanPool;
import io.github.smalti.core.layer.Relu;
import io.github.smalti.core.layer.Workspace;
import io.github.smalti.weights.Weights;

/// A bottleneck of CLIP's ResNet: narrow, convolve, widen, add.
///
/// | step | shape |
/// |---|---|
/// | in | (rows, cols, inputs) |
/// | 1×1, relu; 3×3, relu | (rows, cols, planes) |
/// | mean of 2×2 where the stride is 2 | (rows / stride, cols / stride, planes) |
/// | 1×1, add the shortcut, relu | (rows / stride, cols / stride, 4 · planes) |
///
/// The shortcut is the input itself, or where shapes differ its mean of 2×2 (stride 2) through a 1×1 convolution. Batch
/// norms are part of the convolutions, see [BatchNorm]. Source: openai/CLIP @ d05afc4, model.py, `Bottleneck`.
final class Bottleneck {
    /// Channels of the output by those inside.
    static final int EXPANSION = 4;

    private final Conv2d narrow;
    private final Conv2d convolve;
    private final Conv2d widen;
    /// Null if the shortcut is the input itself.
    private final Conv2d downsample;
    /// Null if the stride is 1.
    private final MeanPool pool;
    private final Relu innerRelu;
    private final Relu outerRelu;

    /// Takes the layers.
    ///
    /// @param weights the way to the block's tensors
    /// @param inputs  channels of the input
    /// @param planes  channels inside
    /// @param stride  1 or 2
    /// @param pixels  pixels of the input
    Bottleneck(Weights weights, int inputs, int planes, int stride, long pixels) {
        int outputs = planes * EXPANSION;
        narrow = BatchNorm.folded1x1(weights, "conv1", "bn1", inputs, planes);
        convolve = BatchNorm.folded3x3(weights, "conv2", "bn2", planes, planes, pixels);
        widen = BatchNorm.folded1x1(weights, "conv3", "bn3", planes, outputs);
        boolean isIdentity = stride == 1 && inputs == outputs;
        downsample = isIdentity
                ? null
                : BatchNorm.folded1x1(weights.in("downsample"), "0", "1", inputs, outputs);
        pool = stride == 2 ? new MeanPool(weights.compute()) : null;
        innerRelu = new Relu(weights.compute(), planes);
        outerRelu = new Relu(weights.compute(), outputs);
    }

    /// Runs the block.
    ///
    /// @param in        (rows, cols, inputs), used up
    /// @param workspace where memory comes from: three maps at a time, the input included
    /// @return (rows / stride, cols / stride, 4 · planes)
    FeatureMap forward(FeatureMap in, Workspace workspace) {
        FeatureMap narrowed = narrow.forward(in, workspace); // (rows, cols, planes)
        innerRelu.applyInPlace(narrowed);
        FeatureMap h = convolve.forward(narrowed, workspace); // (rows, cols, planes)
        workspace.giveBack(narrowed);
        innerRelu.applyInPlace(h);
        h = pooled(h, workspace); // (rows / stride, cols / stride, planes)
        FeatureMap shortcut = shortcut(in, workspace); // (rows / stride, cols / stride, 4 · planes)
        FeatureMap out = widen.addTo(shortcut, h, workspace);
        workspace.giveBack(h);
        outerRelu.applyInPlace(out);
        return out;
    }

    private FeatureMap shortcut(FeatureMap in, Workspace workspace) {
        if (downsample == null) return in;
        FeatureMap small = pooled(in, workspace);
        FeatureMap shortcut = downsample.forward(small, workspace);
        workspace.giveBack(small);
        return shortcut;
    }

    /// The mean of 2×2 in the place of a map, or the map itself at stride 1.
    private FeatureMap pooled(FeatureMap map, Workspace workspace) {
        if (pool == null) return map;
        FeatureMap small = pool.forward(map, workspace);
        workspace.giveBack(map);
        return small;
    }
}
