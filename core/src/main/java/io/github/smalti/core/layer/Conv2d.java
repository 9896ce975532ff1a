package io.github.smalti.core.layer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.ShapeMismatchException;

/// A 1×1 or 3×3 convolution with zero padding, stride 1 or 2.
///
/// | | shape |
/// |---|---|
/// | in | (rows, cols, inputs) |
/// | out | (rows, cols, outputs), halved by stride 2 |
///
/// A 3×3 convolution of stride 2 pads one zero at right and bottom only, as the VQGAN's downsampling does. Every output
/// row is a matrix product whose inputs are the three pixel rows around it, read in place.
/// Cost: 2 · inputs · outputs · kernel² FLOP per output pixel. Thread-safe.
public final class Conv2d {
    /// Two panels of 4,608 floats (512 channels) stay in a 1 MiB second-level cache while all pixels pass.
    private static final int PANELS_AT_ONCE = 2;

    private final Compute compute;
    private final PackedMatrix weight;
    private final float[] bias;
    private final int inputs;
    private final int kernel;
    private final int stride;

    /// Makes a layer.
    ///
    /// @param compute what to compute with
    /// @param weight  packed by [PackedMatrix#packConvolution]
    /// @param bias    one float per output, or null
    /// @param inputs  channels of the input
    /// @param kernel  1 or 3
    /// @param stride  1, or 2 for a kernel of 3
    public Conv2d(Compute compute, PackedMatrix weight, float[] bias, int inputs, int kernel, int stride) {
        if (kernel != 1 && kernel != 3 || stride < 1 || stride > 2 || kernel == 1 && stride == 2) {
            throw new IllegalArgumentException("kernel " + kernel + ", stride " + stride);
        }
        if (weight.depth() != kernel * kernel * inputs) {
            throw new ShapeMismatchException("depth of a convolution", (long) kernel * kernel * inputs, weight.depth());
        }
        this.compute = compute;
        this.weight = weight;
        this.bias = bias;
        this.inputs = inputs;
        this.kernel = kernel;
        this.stride = stride;
    }

    /// Channels of the output.
    public int outputs() { return weight.columns(); }

    /// Computes the layer into a new map.
    ///
    /// @param in (rows, cols, inputs)
    /// @return (rows / stride, cols / stride, outputs)
    public FeatureMap forward(FeatureMap in) {
        if (in.channels() != inputs) {
            throw new ShapeMismatchException("channels of a convolution's input", inputs, in.channels());
        }
        var out = new FeatureMap(in.rows() / stride, in.cols() / stride, outputs());
        int margin = kernel == 3 && stride == 1 ? 1 : 0;
        int panels = weight.panels();
        compute.team().run((part, parts) -> {
            int from = out.rows() * part / parts;
            int to = out.rows() * (part + 1) / parts;
            for (int panel = 0; panel < panels; panel += PANELS_AT_ONCE) {
                int endPanel = Math.min(panels, panel + PANELS_AT_ONCE);
                for (int y = from; y < to; y++) {
                    compute.kernels().matmul(in.data(), in.at(y * stride - margin, -margin), stride * inputs,
                            in.rowStride(), out.cols(), weight, bias, panel, endPanel, out.data(), out.at(y, 0),
                            out.channels());
                }
            }
        });
        return out;
    }
}
