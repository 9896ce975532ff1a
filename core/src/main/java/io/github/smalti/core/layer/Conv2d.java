package io.github.smalti.core.layer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.ShapeMismatchException;

/// A 1×1, 3×3 or 7×7 convolution with zero padding, of stride 1; a 3×3 one may have stride 2.
///
/// | | shape |
/// |---|---|
/// | in | (rows, cols, inputs) |
/// | out | (rows, cols, outputs), halved by stride 2 |
///
/// A 3×3 convolution of stride 2 pads one zero at right and bottom only, as the VQGAN's downsampling does.
/// Cost: 2 · inputs · outputs · kernel² FLOP per output pixel, a quarter of it with a [WinogradWeight]. Which weight a
/// layer has is its maker's choice; the two differ in rounding. Thread-safe.
public final class Conv2d {
    private final Compute compute;
    /// Null if the layer has a Winograd weight.
    private final PackedMatrix weight;
    /// Null if the layer has a direct weight.
    private final WinogradWeight winograd;
    private final float[] bias;
    private final int inputs;
    private final int kernel;
    private final int stride;

    /// Makes a layer that computes its sums directly.
    ///
    /// @param compute what to compute with
    /// @param weight  packed by [PackedMatrix#packConvolution]
    /// @param bias    one float per output, or null
    /// @param inputs  channels of the input
    /// @param kernel  1, 3 or 7
    /// @param stride  1, or 2 for a kernel of 3
    public Conv2d(Compute compute, PackedMatrix weight, float[] bias, int inputs, int kernel, int stride) {
        boolean isKnown = kernel == 1 || kernel == 3 || kernel == 7;
        if (!isKnown || stride < 1 || stride > 2 || stride == 2 && kernel != 3) {
            throw new IllegalArgumentException("kernel " + kernel + ", stride " + stride);
        }
        if (weight.depth() != kernel * kernel * inputs) {
            throw new ShapeMismatchException("depth of a convolution", (long) kernel * kernel * inputs, weight.depth());
        }
        this.compute = compute;
        this.weight = weight;
        this.winograd = null;
        this.bias = bias;
        this.inputs = inputs;
        this.kernel = kernel;
        this.stride = stride;
    }

    /// Makes a 3×3 layer of stride 1 that computes by Winograd's algorithm.
    ///
    /// @param compute what to compute with
    /// @param weight  the transformed weight
    /// @param bias    one float per output, or null
    public Conv2d(Compute compute, WinogradWeight weight, float[] bias) {
        this.compute = compute;
        this.weight = null;
        this.winograd = weight;
        this.bias = bias;
        this.inputs = weight.inputs();
        this.kernel = 3;
        this.stride = 1;
    }

    private Conv2d(Conv2d other, float[] bias) {
        this.compute = other.compute;
        this.weight = other.weight;
        this.winograd = other.winograd;
        this.bias = bias;
        this.inputs = other.inputs;
        this.kernel = other.kernel;
        this.stride = other.stride;
    }

    /// This layer for inputs that were multiplied by a gain before: its outputs are those of this layer times the gain.
    ///
    /// @param gain the factor of the inputs
    /// @return a layer with the same weight and a scaled bias
    public Conv2d forScaledInputs(float gain) {
        if (bias == null) return this;
        float[] scaled = new float[bias.length];
        for (int i = 0; i < scaled.length; i++) scaled[i] = gain * bias[i];
        return new Conv2d(this, scaled);
    }

    /// Channels of the output.
    public int outputs() { return winograd == null ? weight.columns() : winograd.outputs(); }

    /// Computes the layer.
    ///
    /// @param in        (rows, cols, inputs)
    /// @param workspace where the output comes from
    /// @return (rows / stride, cols / stride, outputs), taken from the workspace
    public FeatureMap forward(FeatureMap in, Workspace workspace) {
        checkInput(in);
        FeatureMap out = workspace.take(in.rows() / stride, in.cols() / stride, outputs());
        run(in, null, out, workspace);
        return out;
    }

    /// Computes a layer of stride 1 and adds its outputs to a map: the residual sum.
    ///
    /// @param sum       (rows, cols, outputs), used up: overwritten or given back to the workspace
    /// @param in        (rows, cols, inputs), stays as it is
    /// @param workspace where memory comes from
    /// @return (rows, cols, outputs): `sum` or a map that takes its place
    public FeatureMap addTo(FeatureMap sum, FeatureMap in, Workspace workspace) {
        checkInput(in);
        if (stride != 1 || !sum.hasShape(in.rows(), in.cols(), outputs())) {
            throw new IllegalArgumentException("a residual sum needs maps of one shape");
        }
        if (winograd != null) {
            run(in, sum, sum, workspace);
            return sum;
        }
        FeatureMap out = workspace.take(in.rows(), in.cols(), outputs());
        run(in, sum, out, workspace);
        workspace.giveBack(sum);
        return out;
    }

    /// Repeats every pixel as 2×2, then computes a layer of stride 1; with a [WinogradWeight], without the larger map.
    /// A 1×1 layer is computed first, since equal pixels have equal outputs: the same bits for a quarter of the work.
    ///
    /// @param in        (rows, cols, inputs)
    /// @param workspace where the output comes from
    /// @return (2 · rows, 2 · cols, outputs), taken from the workspace
    public FeatureMap forwardDoubled(FeatureMap in, Workspace workspace) {
        checkInput(in);
        if (kernel == 1) {
            FeatureMap small = forward(in, workspace);
            FeatureMap out = small.doubled(compute.team(), workspace);
            workspace.giveBack(small);
            return out;
        }
        if (winograd == null) {
            FeatureMap doubled = in.doubled(compute.team(), workspace);
            FeatureMap out = forward(doubled, workspace);
            workspace.giveBack(doubled);
            return out;
        }
        FeatureMap out = workspace.take(2 * in.rows(), 2 * in.cols(), outputs());
        new WinogradConvolution(compute, winograd, bias, in, 2, null, out).run(workspace);
        return out;
    }

    private void checkInput(FeatureMap in) {
        if (in.channels() != inputs) {
            throw new ShapeMismatchException("channels of a convolution's input", inputs, in.channels());
        }
        if (in.border() < kernel / 2) {
            throw new ShapeMismatchException("border of a convolution's input", kernel / 2, in.border());
        }
    }

    private void run(FeatureMap in, FeatureMap residual, FeatureMap out, Workspace workspace) {
        if (winograd == null) {
            new DirectConvolution(compute, weight, bias, kernel, stride, in, residual, out).run();
        } else {
            new WinogradConvolution(compute, winograd, bias, in, 1, residual, out).run(workspace);
        }
    }
}
