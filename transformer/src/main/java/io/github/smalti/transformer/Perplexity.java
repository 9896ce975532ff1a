package io.github.smalti.transformer;

import io.github.smalti.core.Compute;

/// Adds up how unlikely the codes of given pictures are: exp(cross-entropy) of a code is 1 / its probability.
///
/// Source: ai-forever/ru-dalle pipelines.py @ 0255cec, `generate_images`. For its v2 models that reads logits one position too
/// early, those of code i − 1 for code i + 1; here they are those of the code before, as for v3. Not thread-safe.
final class Perplexity {
    private final Compute compute;
    private final int[][] codes;
    private final int codebookSize;
    private final double[] sums;

    /// Starts.
    ///
    /// @param codes for each picture its codes
    Perplexity(Compute compute, int[][] codes, int codebookSize) {
        this.compute = compute;
        this.codes = codes;
        this.codebookSize = codebookSize;
        this.sums = new double[codes.length];
    }

    /// Adds the codes that follow those of a pass, in their order.
    ///
    /// @param state   logits of all rows of the pass, overwritten by their probabilities
    /// @param leading rows of the cache of an image before its first code
    /// @throws GenerationException if they are not finite
    void add(DecoderStack.State state, int leading) {
        PassRows rows = state.rows;
        float[] logits = state.logits;
        compute.team().run((part, parts) -> {
            for (int row = rows.count() * part / parts; row < rows.count() * (part + 1) / parts; row++) {
                compute.kernels().softmaxInPlace(logits, row * codebookSize, codebookSize);
            }
        });
        for (int row = 0; row < rows.count(); row++) {
            int picture = rows.stream(row);
            int position = rows.position(row) - leading + 1;
            float probability = logits[row * codebookSize + codes[picture][position]];
            if (Float.isNaN(probability)) {
                throw new GenerationException("picture " + picture + ", token " + position + ": the numbers of "
                        + state.broken() + " are not finite; the checkpoint is damaged, check its hash and fetch it "
                        + "again");
            }
            sums[picture] += 1.0 / probability;
        }
    }

    /// For each picture the mean over all codes but the first.
    float[] means() {
        float[] means = new float[codes.length];
        for (int i = 0; i < means.length; i++) means[i] = (float) (sums[i] / (codes[i].length - 1));
        return means;
    }
}
