package io.github.smalti.dvae;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.GroupNorm;
import io.github.smalti.core.layer.KeyValues;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.core.layer.Workspace;
import io.github.smalti.weights.Weights;
import java.lang.foreign.Arena;
import java.util.Arrays;

/// Attention of every pixel over all pixels, one head as wide as the map, beside a residual: shapes stay.
///
/// Cost: 4 · pixels² · channels + 8 · pixels · channels² FLOP. Thread-safe.
final class PixelAttention implements Stage {
    private final Compute compute;
    private final int channels;
    private final GroupNorm norm;
    /// The 1×1 convolutions q, k and v in one, their outputs side by side.
    private final Linear queryKeyValue;
    private final Linear output;

    PixelAttention(Weights weights, int channels, float normEps) {
        this.compute = weights.compute();
        this.channels = channels;
        norm = weights.groupNorm("norm", VqganConfig.NORM_GROUPS, channels, normEps);
        float[] bias = new float[3 * channels];
        weights.tensor("q.bias", channels).copyTo(bias, 0);
        weights.tensor("k.bias", channels).copyTo(bias, channels);
        weights.tensor("v.bias", channels).copyTo(bias, 2 * channels);
        queryKeyValue = weights.linear("q+k+v", bias, matrix(weights, "q"), matrix(weights, "k"), matrix(weights, "v"));
        output = weights.linear("proj_out", weights.vector("proj_out.bias", channels), matrix(weights, "proj_out"));
    }

    private TensorView matrix(Weights weights, String name) {
        return pointwise(weights.tensor(name + ".weight", channels, channels, 1, 1));
    }

    /// A 1×1 convolution's weight (out, in, 1, 1) as a matrix (out, in).
    static TensorView pointwise(TensorView kernel) { return kernel.select(3, 0).select(2, 0); }

    @Override
    public FeatureMap forward(FeatureMap x, Workspace workspace) {
        int pixels = x.rows() * x.cols();
        FeatureMap map = norm.forward(x, Activation.IDENTITY, workspace);
        float[] normed = map.toPixels(); // (pixels, channels)
        workspace.giveBack(map);
        float[] qkv = new float[pixels * 3 * channels];
        queryKeyValue.forward(normed, pixels, qkv); // (pixels, 3 · channels)
        float[] attended = attend(qkv, pixels); // (pixels, channels)
        float[] projected = new float[pixels * channels];
        output.forward(attended, pixels, projected); // (pixels, channels)
        x.add(projected);
        return x;
    }

    private float[] attend(float[] qkv, int pixels) {
        int[] streams = new int[pixels];
        int[] positions = new int[pixels];
        int[] lengths = new int[pixels];
        Arrays.setAll(positions, i -> i);
        Arrays.fill(lengths, pixels);
        int stride = 3 * channels;
        float[] out = new float[pixels * channels];
        float scale = (float) (1 / Math.sqrt(channels));
        try (Arena arena = compute.memory().open()) {
            var cache = new KeyValues(arena, Precision.F32, 1, 1, channels, pixels);
            cache.put(compute, qkv, channels, 2 * channels, stride, streams, positions, pixels);
            cache.attend(compute, qkv, 0, stride, streams, lengths, pixels, scale, out);
        }
        return out;
    }
}
