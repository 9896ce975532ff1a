package io.github.smalti.bench;

import java.util.Arrays;

/// Numbers of several rounds.
final class Series {
    private double[] values = new double[0];

    void add(double value) {
        values = Arrays.copyOf(values, values.length + 1);
        values[values.length - 1] = value;
    }

    void clear() { values = new double[0]; }

    int size() { return values.length; }

    double median() { return quantile(0.5); }

    double min() { return quantile(0); }

    double max() { return quantile(1); }

    /// A quantile, interpolated between neighbours; NaN of nothing.
    ///
    /// @param share 0 for the least, 1 for the largest
    double quantile(double share) {
        if (values.length == 0) return Double.NaN;
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double at = share * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}
