package io.github.smalti.clip;

import io.github.smalti.core.NativeMemory;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.Embedding;
import io.github.smalti.core.layer.LayerNorm;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.weights.Weights;
import java.util.List;

/// CLIP's text tower: a causal transformer, read at the end mark.
///
/// | step | shape |
/// |---|---|
/// | ids | (contextLength) |
/// | tokens | (end mark + 1, width) |
/// | embedding | (embeddingSize) |
///
/// The end mark has the largest id of the vocabulary; the text is read at the first place of its largest id, whatever
/// fills up the rest. Attention is causal, so what lies behind is not computed at all.
///
/// Source: openai/CLIP @ d05afc4, model.py, `encode_text`. Thread-safe; valid while the checkpoint is open.
final class TextTransformer {
    private static final int MOST_AT_ONCE = 16;

    /// Sizes of the tower.
    ///
    /// @param transformer   the stack
    /// @param contextLength ids of a text
    /// @param vocabSize     ids that exist
    /// @param embeddingSize numbers of an embedding
    record Config(Transformer.Config transformer, int contextLength, int vocabSize, int embeddingSize) {
        /// Bytes that the packed weights take.
        long weightBytes(Precision precision) {
            return transformer.weightBytes(precision)
                    + PackedMatrix.byteSize(precision, embeddingSize, 1, transformer.width());
        }
    }

    private final Config config;
    private final NativeMemory memory;
    private final Embedding tokenEmbedding;
    private final float[] positionEmbedding;
    private final Transformer transformer;
    private final LayerNorm finalNorm;
    private final Linear projection;

    TextTransformer(Config config, Weights weights) {
        this.config = config;
        this.memory = weights.compute().memory();
        int width = config.transformer.width();
        Weights text = weights.in("text_model");
        Weights embeddings = text.in("embeddings");
        tokenEmbedding = embeddings.embedding("token_embedding", config.vocabSize, width);
        positionEmbedding = embeddings.tensor("position_embedding.weight", config.contextLength, width).toFloats();
        transformer = new Transformer(config.transformer, text.in("encoder"));
        finalNorm = text.layerNorm("final_layer_norm", width, config.transformer.eps());
        projection = weights.linear("text_projection", width, config.embeddingSize, false);
    }

    Config config() { return config; }

    /// Texts that are worth computing together.
    int textsAtOnce() { return ClipConfig.atOnce(config.transformer.widestRow(), config.contextLength, MOST_AT_ONCE); }

    /// Embeds texts, not normalised.
    ///
    /// @param texts ids of each text, at most contextLength, start and end mark included
    /// @return (texts, embeddingSize)
    /// @throws IndexOutOfBoundsException if an id is outside of the vocabulary
    float[][] embed(List<int[]> texts) {
        int count = texts.size();
        int width = config.transformer.width();
        int[] lengths = new int[count];
        for (int i = 0; i < count; i++) lengths[i] = endPosition(texts.get(i)) + 1;
        try (var tokens = new TokenRows(memory, config.transformer, lengths, true)) {
            int at = 0;
            for (int i = 0; i < count; i++) {
                for (int position = 0; position < lengths[i]; position++, at += width) {
                    tokenEmbedding.copyRow(texts.get(i)[position], tokens.x(), at);
                    for (int d = 0; d < width; d++) tokens.x()[at + d] += positionEmbedding[position * width + d];
                }
            }
            transformer.forward(tokens);
            finalNorm.forward(tokens.x(), count, tokens.normed()); // (count, width)
            float[] out = new float[count * config.embeddingSize];
            projection.forward(tokens.normed(), count, out);
            return Embeddings.split(out, count);
        }
    }

    /// The first place of the largest id. Old configurations name 2 as `eos_token_id`, which is no end mark at all.
    static int endPosition(int[] ids) {
        int best = 0;
        for (int i = 1; i < ids.length; i++) { if (ids[i] > ids[best]) best = i; }
        return best;
    }
}
