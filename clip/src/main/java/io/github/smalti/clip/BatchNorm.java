package io.github.smalti.clip;

import io.github.smalti.core.DType;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.weights.Weights;
import io.github.smalti.weights.WeightsException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Batch norms with running statistics, folded into the convolution before them.
///
/// A norm multiplies every channel by `weight / √(running_var + eps)` and adds a constant. Here the kernel takes the
/// factor (in float64, rounded once) and the constant becomes the convolution's bias, so that a norm costs nothing. The
/// golden embeddings allow for it: they stay within 1e-5 where the tolerance is 2e-4 (ResNetGoldenTest).
/// Source: Ioffe, Szegedy, arXiv 1502.03167, section 3.1.
final class BatchNorm {
    /// Default of PyTorch's `BatchNorm2d`, which CLIP uses.
    private static final double EPS = 1e-5;

    private BatchNorm() {}

    /// A 1×1 convolution of stride 1 and the norm behind it.
    ///
    /// @param weights the way to both
    /// @param conv    the convolution's name; it has no bias
    /// @param norm    the norm's name
    /// @param inputs  channels of the input
    /// @param outputs channels of the output
    /// @return the layer
    static Conv2d folded1x1(Weights weights, String conv, String norm, int inputs, int outputs) {
        return new Folding(weights, conv, norm, inputs, outputs, 1).apply(
                (bias, kernel) -> weights.conv2d(bias, kernel, 1, Conv2d.Padding.EVERY_SIDE));
    }

    /// A 3×3 convolution of stride 1 and the norm behind it, made for a picture of so many pixels.
    static Conv2d folded3x3(Weights weights, String conv, String norm, int inputs, int outputs, long pixels) {
        return new Folding(weights, conv, norm, inputs, outputs, 3).apply(
                (bias, kernel) -> weights.conv3x3(bias, kernel, pixels));
    }

    /// A 3×3 convolution of stride 2 that pads one zero on every side, and the norm behind it.
    static Conv2d foldedHalving(Weights weights, String conv, String norm, int inputs, int outputs) {
        return new Folding(weights, conv, norm, inputs, outputs, 3).apply(
                (bias, kernel) -> weights.conv2d(bias, kernel, 2, Conv2d.Padding.EVERY_SIDE));
    }

    /// Packs a convolution.
    private interface Packing { Conv2d pack(float[] bias, TensorView kernel); }

    private record Folding(Weights weights, String conv, String norm, int inputs, int outputs, int side) {
        Conv2d apply(Packing packing) {
            float[] kernel = weights.array(conv + ".weight", outputs, inputs, side, side);
            float[] bias = weights.vector(norm + ".bias", outputs);
            float[] scale = weights.vector(norm + ".weight", outputs);
            float[] mean = weights.vector(norm + ".running_mean", outputs);
            float[] variance = weights.vector(norm + ".running_var", outputs);
            int length = kernel.length / outputs;
            for (int channel = 0; channel < outputs; channel++) {
                if (!(variance[channel] >= 0)) {
                    throw new WeightsException(weights.file(), norm + ".running_var",
                            "expected numbers of at least 0, found " + variance[channel] + " for channel " + channel);
                }
                double factor = scale[channel] / Math.sqrt(variance[channel] + EPS);
                bias[channel] = (float) (bias[channel] - mean[channel] * factor);
                for (int i = channel * length; i < (channel + 1) * length; i++)
                    kernel[i] = (float) (factor * kernel[i]);
            }
            try (Arena arena = weights.compute().memory().open()) {
                MemorySegment copy = arena.allocateFrom(ValueLayout.JAVA_FLOAT, kernel);
                return packing.pack(bias,
                        TensorView.contiguous(DType.F32, new long[]{outputs, inputs, side, side}, copy));
            }
        }
    }
}
