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
    /// @param rows    the pass
    /// @param leading rows of the cache of an image before its first code
    /// @param logits  (rows, codebookSize), overwritten by their probabilities
    /// @param broken  where numbers stopped being finite, or ""
    /// @throws GenerationException if they did
    void add(PassRows rows, int leading, float[] logits, String broken) {
        if (!broken.isEmpty()) throw broken(rows, leading, logits, broken);
        compute.team().run((part, parts) -> {
            for (int row = rows.count() * part / parts; row < rows.count() * (part + 1) / parts; row++) {
                compute.kernels().softmaxInPlace(logits, row * codebookSize, codebookSize);
            }
        });
        for (int row = 0; row < rows.count(); row++) {
            int picture = rows.stream(row);
            int next = codes[picture][rows.position(row) - leading + 1];
            sums[picture] += 1.0 / logits[row * codebookSize + next];
        }
    }

    private GenerationException broken(PassRows rows, int leading, float[] logits, String where) {
        int row = 0;
        while (row < rows.count() - 1 && Norms.isFinite(logits, row * codebookSize, codebookSize)) row++;
        return new GenerationException("picture " + rows.stream(row) + ", token " + (rows.position(row) - leading + 1)
                + ": the numbers of " + where + " are not finite; the checkpoint is damaged, check its hash and fetch "
                + "it again");
    }

    /// For each picture the mean over all codes but the first.
    float[] means() {
        float[] means = new float[codes.length];
        for (int i = 0; i < means.length; i++) means[i] = (float) (sums[i] / (codes[i].length - 1));
        return means;
    }
}
