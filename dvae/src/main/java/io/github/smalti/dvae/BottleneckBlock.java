package io.github.smalti.dvae;

import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.Relu;
import io.github.smalti.core.layer.Workspace;
import io.github.smalti.weights.Weights;

/// A block of OpenAI's dVAE: `id_path(x) + gain · res_path(x)`, (rows, cols, inputs) → (rows, cols, outputs).
///
/// | half | res_path: relu before each, outputs / 4 channels between them |
/// |---|---|
/// | encoder | 3×3, 3×3, 3×3, 1×1 |
/// | decoder | 1×1, 3×3, 3×3, 3×3 |
///
/// `id_path` is a 1×1 convolution where the width changes. The gain is part of the last relu, which costs nothing and, as
/// a power of two in the published model, changes no bit.
///
/// A decoder's block may see every pixel as 2×2, so that the widest map of the network is never doubled: its 1×1
/// convolutions are computed before, with the same bits as behind. Thread-safe.
final class BottleneckBlock implements Stage {
    private final Relu relu;
    private final Conv2d conv1;
    private final Relu innerRelu;
    private final Conv2d conv2;
    private final Conv2d conv3;
    private final Relu lastRelu;
    private final Conv2d conv4;
    /// 1×1 where the width changes, else null.
    private final Conv2d idPath;
    private final boolean isDoubling;

    private BottleneckBlock(Weights weights, int inputs, int outputs, float gain, long pixels, boolean isDecoder,
            boolean isDoubling) {
        var compute = weights.compute();
        int inner = OpenAiDvaeConfig.inner(outputs);
        Weights path = weights.in("res_path");
        relu = new Relu(compute, inputs);
        innerRelu = new Relu(compute, inner);
        lastRelu = new Relu(compute, inner, gain);
        conv1 = isDecoder
                ? path.conv2d("conv_1", inputs, inner, 1, 1)
                : path.conv3x3("conv_1", inputs, inner, pixels);
        conv2 = path.conv3x3("conv_2", inner, inner, pixels);
        conv3 = path.conv3x3("conv_3", inner, inner, pixels);
        Conv2d last = isDecoder
                ? path.conv3x3("conv_4", inner, outputs, pixels)
                : path.conv2d("conv_4", inner, outputs, 1, 1);
        conv4 = last.forScaledInputs(gain);
        idPath = inputs == outputs ? null : weights.conv2d("id_path", inputs, outputs, 1, 1);
        this.isDoubling = isDoubling;
    }

    /// A block of the encoder.
    ///
    /// @param gain   factor of the residual path
    /// @param pixels pixels of the picture that it is made for
    static BottleneckBlock ofEncoder(Weights weights, int inputs, int outputs, float gain, long pixels) {
        return new BottleneckBlock(weights, inputs, outputs, gain, pixels, false, false);
    }

    /// A block of the decoder.
    ///
    /// @param gain       factor of the residual path
    /// @param pixels     pixels of the picture that it is made for
    /// @param isDoubling whether it doubles rows and columns first; then its width changes
    static BottleneckBlock ofDecoder(Weights weights, int inputs, int outputs, float gain, long pixels,
            boolean isDoubling) {
        return new BottleneckBlock(weights, inputs, outputs, gain, pixels, true, isDoubling);
    }

    @Override
    public FeatureMap forward(FeatureMap x, Workspace workspace) {
        FeatureMap h = Stage.of(conv1).forward(relu.forward(x, workspace), workspace); // (rows, cols, inner)
        innerRelu.applyInPlace(h);
        h = next(conv2).forward(h, workspace); // twice the rows and columns if it doubles
        innerRelu.applyInPlace(h);
        h = Stage.of(conv3).forward(h, workspace);
        lastRelu.applyInPlace(h);
        FeatureMap sum = idPath == null ? x : next(idPath).forward(x, workspace); // (rows, cols, outputs)
        sum = conv4.addTo(sum, h, workspace);
        workspace.giveBack(h);
        return sum;
    }

    private Stage next(Conv2d conv) { return isDoubling ? Stage.ofDoubled(conv) : Stage.of(conv); }
}
