package io.github.smalti.core.layer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.ShapeMismatchException;
import io.github.smalti.core.kernel.Activation;
import java.util.Arrays;

/// Rectifies a picture: `max(gain · x, 0)` of every number.
///
/// With a gain above 0 that is `gain · max(x, 0)`: a factor of what follows costs no pass of its own, see
/// [Conv2d#forScaledInputs]. Thread-safe.
public final class Relu {
    private final Compute compute;
    private final float[] gains;
    private final float[] zeros;

    /// Makes a layer without a gain.
    ///
    /// @param compute  what to compute with
    /// @param channels numbers of a pixel
    public Relu(Compute compute, int channels) { this(compute, channels, 1f); }

    /// Makes a layer.
    ///
    /// @param compute  what to compute with
    /// @param channels numbers of a pixel
    /// @param gain     factor of every number, above 0
    public Relu(Compute compute, int channels, float gain) {
        if (!(gain > 0)) throw new IllegalArgumentException("gain: expected a number above 0, found " + gain);
        this.compute = compute;
        this.gains = new float[channels];
        this.zeros = new float[channels];
        Arrays.fill(gains, gain);
    }

    /// Computes the layer into another map.
    ///
    /// @param in        (rows, cols, channels), stays as it is
    /// @param workspace where the output comes from
    /// @return a map of the same shape, taken from the workspace
    public FeatureMap forward(FeatureMap in, Workspace workspace) {
        FeatureMap out = workspace.take(in.rows(), in.cols(), in.channels());
        run(in, out);
        return out;
    }

    /// Computes the layer in place.
    ///
    /// @param map (rows, cols, channels), overwritten
    public void applyInPlace(FeatureMap map) { run(map, map); }

    private void run(FeatureMap in, FeatureMap out) {
        if (in.channels() != gains.length) {
            throw new ShapeMismatchException("channels of a relu's input", gains.length, in.channels());
        }
        compute.team().run(in.rows(), (y, _) -> compute.kernels().scaleChannels(in.data(), in.at(y, 0), in.cols(),
                in.channels(), gains, zeros, Activation.RELU, out.data(), out.at(y, 0)));
    }
}
