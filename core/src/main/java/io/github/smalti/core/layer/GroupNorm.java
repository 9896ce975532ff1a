package io.github.smalti.core.layer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.ShapeMismatchException;
import io.github.smalti.core.kernel.Activation;

/// Group norm of a picture, with an optional activation behind it; statistics over a group's channels and all pixels.
///
/// Sums run per channel along each pixel row in float32, then over rows and channels in float64 in a fixed order; the
/// variance is taken around the mean in a second pass, since activations may be as small as 1e-3.
/// Source: Wu, He, "Group normalization", arXiv 1803.08494. Thread-safe.
public final class GroupNorm {
    private final Compute compute;
    private final int groups;
    private final float[] scale;
    private final float[] bias;
    private final float eps;

    /// Makes a layer.
    ///
    /// @param compute what to compute with
    /// @param groups  groups of channels
    /// @param scale   one factor per channel
    /// @param bias    one summand per channel
    /// @param eps     added to the variance
    public GroupNorm(Compute compute, int groups, float[] scale, float[] bias, float eps) {
        if (scale.length % groups != 0) {
            throw new IllegalArgumentException(groups + " groups do not divide " + scale.length + " channels");
        }
        this.compute = compute;
        this.groups = groups;
        this.scale = scale;
        this.bias = bias;
        this.eps = eps;
    }

    /// Computes the layer into a new map.
    ///
    /// @param in         (rows, cols, channels)
    /// @param activation applied at the end
    /// @return a new map of the same shape
    public FeatureMap forward(FeatureMap in, Activation activation) {
        int channels = in.channels();
        if (channels != scale.length) {
            throw new ShapeMismatchException("channels of a group norm's input", scale.length, channels);
        }
        double[] means = statistic(in, null);
        double[] variances = statistic(in, means);
        float[] factor = new float[channels];
        float[] summand = new float[channels];
        for (int c = 0; c < channels; c++) {
            int group = c / (channels / groups);
            factor[c] = (float) (scale[c] / Math.sqrt(variances[group] + eps));
            summand[c] = (float) (bias[c] - means[group] * factor[c]);
        }
        var out = new FeatureMap(in.rows(), in.cols(), channels);
        compute.team().run((part, parts) -> {
            for (int y = in.rows() * part / parts; y < in.rows() * (part + 1) / parts; y++) {
                compute.kernels().scaleChannels(in.data(), in.at(y, 0), in.cols(), channels, factor, summand,
                        activation, out.data(), out.at(y, 0));
            }
        });
        return out;
    }

    /// Mean of every group, or, around given means, its variance.
    private double[] statistic(FeatureMap in, double[] means) {
        int channels = in.channels();
        int channelsPerGroup = channels / groups;
        float[] centre = new float[channels];
        for (int c = 0; c < channels && means != null; c++) centre[c] = (float) means[c / channelsPerGroup];
        float[][] rowSums = new float[in.rows()][channels];
        compute.team().run((part, parts) -> {
            for (int y = in.rows() * part / parts; y < in.rows() * (part + 1) / parts; y++) {
                for (int x = 0; x < in.cols(); x++) {
                    if (means == null) {
                        add(in.data(), in.at(y, x), rowSums[y]);
                    } else {
                        addSquares(in.data(), in.at(y, x), centre, rowSums[y]);
                    }
                }
            }
        });
        double[] sums = new double[groups];
        for (float[] row : rowSums) { for (int c = 0; c < channels; c++) sums[c / channelsPerGroup] += row[c]; }
        for (int g = 0; g < groups; g++) sums[g] /= (double) in.rows() * in.cols() * channelsPerGroup;
        return sums;
    }

    private static void add(float[] x, int at, float[] sums) {
        for (int c = 0; c < sums.length; c++) sums[c] += x[at + c];
    }

    private static void addSquares(float[] x, int at, float[] centre, float[] sums) {
        for (int c = 0; c < sums.length; c++) {
            float d = x[at + c] - centre[c];
            sums[c] = Math.fma(d, d, sums[c]);
        }
    }
}
