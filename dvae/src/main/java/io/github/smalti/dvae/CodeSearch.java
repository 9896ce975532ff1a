package io.github.smalti.dvae;

import io.github.smalti.core.layer.Linear;
import io.github.smalti.weights.Weights;

/// Chooses the code of every latent: the first with the highest score.
///
/// | quantiser | score of code e for latent z |
/// |---|---|
/// | nearest | z·e - ‖e‖²/2, largest where ‖z - e‖² is smallest |
/// | Gumbel | row e of the projection `quantize.proj`, no noise |
///
/// Both are one linear layer. Equal rows of a codebook give equal bits, so that the first one wins. Thread-safe.
final class CodeSearch {
    /// Latents at once: bounds the scores of a large codebook (16,384 codes: 4 MiB).
    private static final int LATENTS_AT_ONCE = 64;

    private final Linear scores;

    CodeSearch(VqganConfig config, Weights weights, boolean isGumbel) {
        int codes = config.codebookSize();
        int dim = config.embedDim();
        if (isGumbel) {
            var projection = weights.tensor("quantize.proj.weight", codes, dim, 1, 1);
            scores = weights.linear(weights.vector("quantize.proj.bias", codes),
                    PixelAttention.pointwise(projection));
            return;
        }
        var codebook = weights.tensor("quantize.embedding.weight", codes, dim);
        float[] bias = new float[codes];
        float[] row = new float[dim];
        for (int code = 0; code < codes; code++) {
            codebook.select(0, code).copyTo(row, 0);
            double square = 0;
            for (float value : row) square += (double) value * value;
            bias[code] = (float) (-square / 2);
        }
        scores = weights.linear(bias, codebook);
    }

    /// Floats that a search of some latents allocates, results aside.
    static long scratchFloats(int latents, VqganConfig config) {
        return Math.min(latents, LATENTS_AT_ONCE) * ((long) config.codebookSize() + config.embedDim());
    }

    /// Scores of every code.
    ///
    /// @param latents (count, embedDim)
    /// @param count   number of latents
    /// @return a new array (count, codebookSize)
    float[] scores(float[] latents, int count) {
        float[] out = new float[count * scores.outputs()];
        scores.forward(latents, count, out);
        return out;
    }

    /// The code of every latent.
    ///
    /// @param latents (count, embedDim)
    /// @param count   number of latents
    /// @return a new array of count codes
    int[] find(float[] latents, int count) {
        int dim = scores.inputs();
        int codes = scores.outputs();
        int[] found = new int[count];
        int chunk = Math.min(count, LATENTS_AT_ONCE);
        float[] in = new float[chunk * dim];
        float[] out = new float[chunk * codes];
        for (int at = 0; at < count; at += chunk) {
            int rows = Math.min(chunk, count - at);
            System.arraycopy(latents, at * dim, in, 0, rows * dim);
            scores.forward(in, rows, out);
            for (int i = 0; i < rows; i++) found[at + i] = firstLargest(out, i * codes, codes);
        }
        return found;
    }

    private static int firstLargest(float[] values, int at, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) { if (values[at + i] > values[at + best]) best = i; }
        return best;
    }
}
