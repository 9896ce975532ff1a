package io.github.smalti.core.layer;

import io.github.smalti.core.Compute;

/// The largest number of every 2×2 pixels, per channel: (rows, cols, channels) → (rows / 2, cols / 2, channels).
///
/// A loop of plain floats, which the compiler turns into vectors by itself, so that it needs no vector twin.
/// Thread-safe.
///
/// @param compute what to compute with
public record MaxPool(Compute compute) {
    /// Computes the layer.
    ///
    /// @param in        (rows, cols, channels), rows and cols even, stays as it is
    /// @param workspace where the output comes from
    /// @return (rows / 2, cols / 2, channels), taken from the workspace
    /// @throws IllegalArgumentException if rows or cols are odd
    public FeatureMap forward(FeatureMap in, Workspace workspace) {
        if (in.rows() % 2 != 0 || in.cols() % 2 != 0) {
            throw new IllegalArgumentException("max-pool of 2×2: expected even rows and columns, found " + in.rows()
                    + " × " + in.cols());
        }
        FeatureMap out = workspace.take(in.rows() / 2, in.cols() / 2, in.channels());
        compute.team().run(out.rows(), (y, _) -> {
            for (int x = 0; x < out.cols(); x++) {
                largest(in.data(), in.at(2 * y, 2 * x), in.at(2 * y + 1, 2 * x), in.channels(), out.data(),
                        out.at(y, x));
            }
        });
        return out;
    }

    /// The largest of two neighbouring pixels of one row and two of the next.
    private static void largest(float[] in, int upper, int lower, int channels, float[] out, int at) {
        for (int i = 0; i < channels; i++) {
            float above = Math.max(in[upper + i], in[upper + channels + i]);
            float below = Math.max(in[lower + i], in[lower + channels + i]);
            out[at + i] = Math.max(above, below);
        }
    }
}
