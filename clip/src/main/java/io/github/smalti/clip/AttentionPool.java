package io.github.smalti.clip;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.KeyValues;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.weights.Weights;
import java.lang.foreign.Arena;
import java.util.Arrays;

/// The end of CLIP's ResNet: one attention layer whose only query is the mean of all cells.
///
/// | step | shape |
/// |---|---|
/// | cells | (grid, grid, features) |
/// | tokens: their mean, then they | (1 + grid², features), positions added |
/// | keys and values of all tokens | (1 + grid², 2 · features), heads of 64 |
/// | query of the mean | (features) |
/// | embedding | (embeddingSize) |
///
/// Source: openai/CLIP @ d05afc4, model.py, `AttentionPool2d`. Thread-safe.
final class AttentionPool {
    private static final int HEAD_DIM = 64;

    private final Compute compute;
    private final int features;
    private final int tokenCount;
    private final int embeddingSize;
    private final float[] positionEmbedding;
    private final Linear query;
    private final Linear keyValue;
    private final Linear out;

    AttentionPool(ResNetTower.Config config, Weights weights) {
        compute = weights.compute();
        features = config.features();
        tokenCount = config.tokenCount();
        embeddingSize = config.embeddingSize();
        positionEmbedding = weights.array("positional_embedding", tokenCount, features);
        query = weights.linear("q_proj", features, features, true);
        keyValue = weights.fusedLinear(new String[]{"k_proj", "v_proj"}, features, features, true);
        out = weights.linear("c_proj", features, embeddingSize, true);
    }

    /// Packed bytes of a pool of these sizes.
    static long weightBytes(ResNetTower.Config config, Precision precision) {
        int features = config.features();
        return PackedMatrix.byteSize(precision, features, 1, features)
                + PackedMatrix.byteSize(precision, 2 * features, 1, features)
                + PackedMatrix.byteSize(precision, config.embeddingSize(), 1, features);
    }

    /// What the tokens of some pictures and [#forward] take.
    static MemoryPlan plan(ResNetTower.Config config, int pictures) {
        long features = config.features();
        long floats = 3 * features * config.tokenCount() + 3 * features + config.embeddingSize();
        long cache = KeyValues.byteSize(Precision.F32, pictures, config.features() / HEAD_DIM, HEAD_DIM,
                config.tokenCount());
        return new MemoryPlan(0, 0, cache, pictures * (floats + 2L * config.tokenCount()) * Float.BYTES);
    }

    /// Writes the tokens of one picture: mean and cells, positions added.
    ///
    /// @param cells  (grid, grid, features)
    /// @param tokens (pictures, 1 + grid², features)
    /// @param at     where the picture's tokens start
    void embedTokens(FeatureMap cells, float[] tokens, int at) {
        System.arraycopy(cells.toPixels(), 0, tokens, at + features, (tokenCount - 1) * features);
        double[] sums = new double[features];
        for (int token = 1; token < tokenCount; token++) {
            for (int d = 0; d < features; d++) sums[d] += tokens[at + token * features + d];
        }
        for (int d = 0; d < features; d++) tokens[at + d] = (float) (sums[d] / (tokenCount - 1));
        for (int i = 0; i < positionEmbedding.length; i++) tokens[at + i] += positionEmbedding[i];
    }

    /// Pools the tokens of some pictures.
    ///
    /// @param tokens   (pictures, 1 + grid², features)
    /// @param pictures number of pictures
    /// @return (pictures, embeddingSize), not normalised
    float[][] forward(float[] tokens, int pictures) {
        int rows = pictures * tokenCount;
        float[] means = new float[pictures * features];
        int[] pictureOf = new int[rows];
        int[] positionOf = new int[rows];
        int[] pictureOfMean = new int[pictures];
        int[] visible = new int[pictures];
        Arrays.fill(visible, tokenCount);
        for (int picture = 0; picture < pictures; picture++) {
            pictureOfMean[picture] = picture;
            int row = picture * tokenCount;
            System.arraycopy(tokens, row * features, means, picture * features, features);
            for (int position = 0; position < tokenCount; position++) {
                pictureOf[row + position] = picture;
                positionOf[row + position] = position;
            }
        }
        float[] queries = new float[pictures * features];
        query.forward(means, pictures, queries); // (pictures, features)
        float[] kv = new float[Math.multiplyExact(2, tokens.length)];
        keyValue.forward(tokens, rows, kv); // (rows, 2 · features)
        float[] attended = means; // (pictures, features); the means are read no more
        try (Arena arena = compute.memory().open()) {
            var keyValues = new KeyValues(arena, Precision.F32, pictures, features / HEAD_DIM, HEAD_DIM, tokenCount);
            keyValues.put(compute, kv, 0, features, 2 * features, pictureOf, positionOf, rows);
            float scale = (float) (1 / Math.sqrt(HEAD_DIM));
            keyValues.attend(compute, queries, 0, features, pictureOfMean, visible, pictures, scale, attended);
        }
        float[] embeddings = new float[pictures * embeddingSize];
        out.forward(attended, pictures, embeddings);
        return Embeddings.split(embeddings, pictures);
    }
}
