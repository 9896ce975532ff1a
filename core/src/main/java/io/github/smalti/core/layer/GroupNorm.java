package io.github.smalti.core.layer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.ShapeMismatchException;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.kernel.Kernels;

/// Group norm of a picture, with an optional activation behind it; statistics over a group's channels and all pixels.
///
/// Statistics read the picture once: a pixel row, while it lies in the cache, gives its sums and its squares around its
/// own means, per channel in float32; rows are joined in float64 in a fixed order, the squares moved around the common
/// mean. So the variance keeps its digits where activations are as small as 1e-3.
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

    /// Computes the layer into another map.
    ///
    /// @param in         (rows, cols, channels), stays as it is
    /// @param activation applied at the end
    /// @param workspace  where the output comes from
    /// @return a map of the same shape, taken from the workspace
    public FeatureMap forward(FeatureMap in, Activation activation, Workspace workspace) {
        FeatureMap out = workspace.take(in.rows(), in.cols(), in.channels());
        run(in, activation, out);
        return out;
    }

    /// Computes the layer in place.
    ///
    /// @param map        (rows, cols, channels), overwritten
    /// @param activation applied at the end
    public void applyInPlace(FeatureMap map, Activation activation) { run(map, activation, map); }

    private void run(FeatureMap in, Activation activation, FeatureMap out) {
        int channels = in.channels();
        if (channels != scale.length) {
            throw new ShapeMismatchException("channels of a group norm's input", scale.length, channels);
        }
        var rows = new RowStatistics[in.rows()];
        compute.team().run(rows.length, (y, _) -> rows[y] = new RowStatistics(compute.kernels(), in, y, groups));
        float[] factor = new float[channels];
        float[] summand = new float[channels];
        int channelsPerGroup = channels / groups;
        for (int c = 0; c < channels; c += channelsPerGroup) {
            int group = c / channelsPerGroup;
            double mean = mean(rows, group);
            double deviation = Math.sqrt(variance(rows, group, mean) + eps);
            for (int i = c; i < c + channelsPerGroup; i++) {
                factor[i] = (float) (scale[i] / deviation);
                summand[i] = (float) (bias[i] - mean * factor[i]);
            }
        }
        compute.team().run(rows.length, (y, _) -> compute.kernels().scaleChannels(in.data(), in.at(y, 0), in.cols(),
                channels, factor, summand, activation, out.data(), out.at(y, 0)));
    }

    private static double mean(RowStatistics[] rows, int group) {
        double sum = 0;
        for (RowStatistics row : rows) sum += row.sums[group];
        return sum / (rows.length * (double) rows[0].count);
    }

    private static double variance(RowStatistics[] rows, int group, double mean) {
        double sum = 0;
        for (RowStatistics row : rows) {
            double shift = row.centres[group] - mean;
            double distances = row.sums[group] - row.count * (double) row.centres[group];
            sum += row.squares[group] + shift * (2 * distances + shift * row.count);
        }
        return sum / (rows.length * (double) rows[0].count);
    }

    /// Per group of one pixel row: the sum, a centre near the mean, and the sum of squares around that.
    private static final class RowStatistics {
        private final int count;
        private final double[] sums;
        private final float[] centres;
        private final double[] squares;

        RowStatistics(Kernels kernels, FeatureMap in, int y, int groups) {
            int channels = in.channels();
            int channelsPerGroup = channels / groups;
            count = in.cols() * channelsPerGroup;
            float[] line = new float[channels];
            kernels.sumChannels(in.data(), in.at(y, 0), in.cols(), channels, null, line);
            sums = joined(line, groups);
            centres = new float[groups];
            for (int g = 0; g < groups; g++) centres[g] = (float) (sums[g] / count);
            float[] centre = new float[channels];
            for (int c = 0; c < channels; c++) centre[c] = centres[c / channelsPerGroup];
            kernels.sumChannels(in.data(), in.at(y, 0), in.cols(), channels, centre, line);
            squares = joined(line, groups);
        }

        private static double[] joined(float[] channels, int groups) {
            double[] sums = new double[groups];
            for (int c = 0; c < channels.length; c++) sums[c / (channels.length / groups)] += channels[c];
            return sums;
        }
    }
}
