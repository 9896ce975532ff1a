package io.github.smalti.dvae;

import io.github.smalti.core.Compute;
import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.weights.Weights;

/// Doubles rows and columns by repeating every pixel, then a 3×3 convolution. Thread-safe.
final class Upsample implements Stage {
    private final Compute compute;
    private final Conv2d conv;

    Upsample(Weights weights, int channels) {
        compute = weights.compute();
        conv = weights.conv2d("conv", channels, channels, 3, 1);
    }

    @Override
    public FeatureMap forward(FeatureMap x) { return conv.forward(doubled(x)); }

    /// (rows, cols, channels) → (2 · rows, 2 · cols, channels).
    private FeatureMap doubled(FeatureMap x) {
        var out = new FeatureMap(2 * x.rows(), 2 * x.cols(), x.channels());
        compute.team().run((part, parts) -> {
            for (int y = out.rows() * part / parts; y < out.rows() * (part + 1) / parts; y++) {
                for (int column = 0; column < out.cols(); column++) {
                    System.arraycopy(x.data(), x.at(y / 2, column / 2), out.data(), out.at(y, column), x.channels());
                }
            }
        });
        return out;
    }
}
