package io.github.smalti.dvae;

import io.github.smalti.core.layer.Embedding;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.weights.Weights;

/// Chooses the code of every latent: the first with the highest score.
///
/// | quantiser | score of code e for latent z |
/// |---|---|
/// | nearest | z·e - ‖e‖²/2, largest where ‖z - e‖² is smallest |
/// | Gumbel | row e of the projection `quantize.proj`, no noise |
/// | OpenAI's dVAE | row e of the encoder's last convolution, no noise |
///
/// All are one linear layer. Rounding may put the second-nearest code of a codebook that lies far from the origin
/// first, so codes within the rounding error of the best score are compared again by ‖z - e‖² in float64; the first of
/// equals wins. The codebook stays mapped. Thread-safe.
final class CodeSearch {
    /// Latents at once: bounds the scores of a large codebook (16,384 codes: 4 MiB).
    private static final int LATENTS_AT_ONCE = 64;

    private final Linear scores;
    /// Null where the reference takes the largest float32 logit.
    private final Embedding codebook;
    private final double longestCode;

    /// Takes the code of the largest logit.
    ///
    /// @param logits from a latent to the logits of all codes
    CodeSearch(Linear logits) {
        scores = logits;
        codebook = null;
        longestCode = 0;
    }

    CodeSearch(VqganConfig config, Weights weights, boolean isGumbel) {
        int codes = config.codebookSize();
        int dim = config.embedDim();
        if (isGumbel) {
            var projection = weights.tensor("quantize.proj.weight", codes, dim, 1, 1);
            scores = weights.linear("quantize.proj", weights.vector("quantize.proj.bias", codes),
                    PixelAttention.pointwise(projection));
            codebook = null;
            longestCode = 0;
            return;
        }
        var table = weights.tensor("quantize.embedding.weight", codes, dim);
        codebook = new Embedding(table);
        float[] bias = new float[codes];
        float[] row = new float[dim];
        double longest = 0;
        for (int code = 0; code < codes; code++) {
            codebook.copyRow(code, row, 0);
            double square = squaredLength(row, 0, dim);
            bias[code] = (float) (-square / 2);
            longest = Math.max(longest, Math.sqrt(square));
        }
        longestCode = longest;
        scores = weights.linear("quantize.embedding", bias, table);
    }

    /// Floats that a search of some latents allocates, results aside.
    static long scratchFloats(int latents, int codebookSize, int dim) {
        return Math.min(latents, LATENTS_AT_ONCE) * ((long) codebookSize + dim);
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
            for (int i = 0; i < rows; i++) {
                int best = firstLargest(out, i * codes, codes);
                found[at + i] = codebook == null ? best : nearest(out, i * codes, best, in, i * dim);
            }
        }
        return found;
    }

    private static int firstLargest(float[] values, int at, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) { if (values[at + i] > values[at + best]) best = i; }
        return best;
    }

    /// The nearest of all codes whose scores are, but for rounding, as high as the best.
    private int nearest(float[] values, int at, int best, float[] latents, int latentAt) {
        double threshold = values[at + best] - 2 * roundingError(latents, latentAt);
        float[] row = new float[scores.inputs()];
        int nearest = best;
        double least = Double.POSITIVE_INFINITY;
        for (int code = 0; code < scores.outputs(); code++) {
            if (values[at + code] < threshold) continue;
            codebook.copyRow(code, row, 0);
            double distance = squaredDistance(latents, latentAt, row);
            if (distance < least) {
                least = distance;
                nearest = code;
            }
        }
        return nearest;
    }

    /// Most that a score is off by: its dim + 2 roundings change it by 2^-24 of the largest partial sum each.
    private double roundingError(float[] latents, int at) {
        int dim = scores.inputs();
        double largest = longestCode * (Math.sqrt(squaredLength(latents, at, dim)) + longestCode / 2);
        return (dim + 2) * 0x1p-24 * largest;
    }

    private static double squaredLength(float[] vector, int at, int dim) {
        double sum = 0;
        for (int i = at; i < at + dim; i++) sum += (double) vector[i] * vector[i];
        return sum;
    }

    private static double squaredDistance(float[] latents, int at, float[] code) {
        double sum = 0;
        for (int i = 0; i < code.length; i++) {
            double difference = (double) latents[at + i] - code[i];
            sum += difference * difference;
        }
        return sum;
    }
}
