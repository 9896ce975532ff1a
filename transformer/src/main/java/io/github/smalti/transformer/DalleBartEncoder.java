package io.github.smalti.transformer;

import io.github.smalti.core.layer.Embedding;
import io.github.smalti.core.layer.KeyValues;
import io.github.smalti.core.layer.LayerNorm;
import io.github.smalti.weights.Weights;
import java.util.Arrays;

/// Encoder of DALL·E mini and mega: BART-like, NormFormer layer norms.
///
/// | | shape |
/// |---|---|
/// | ids | (rows) |
/// | result | (rows, dModel) |
///
/// Source: borisdayma/dalle-mini modeling.py @ f0be4de; kuprel/min-dalle dalle_bart_encoder.py @ 73621fb.
/// Immutable and thread-safe; the weights belong to the [Weights] it was read from.
final class DalleBartEncoder {
    private record Layer(SelfAttention selfAttention, FeedForward feedForward) {}

    private final DalleBartConfig config;
    private final Embedding tokenEmbedding;
    private final Embedding positionEmbedding;
    private final LayerNorm embeddingNorm;
    private final Layer[] layers;
    private final LayerNorm finalNorm;

    DalleBartEncoder(DalleBartConfig config, Weights weights) {
        this.config = config;
        int dModel = config.dModel();
        tokenEmbedding = weights.embedding("embed_tokens", config.textVocabSize(), dModel);
        positionEmbedding = weights.embedding("embed_positions", config.textLength(), dModel);
        embeddingNorm = weights.layerNorm("layernorm_embedding", dModel, Norms.EPS);
        layers = new Layer[config.encoder().layerCount()];
        for (int i = 0; i < layers.length; i++) {
            Weights layer = weights.in("layers", i);
            layers[i] = new Layer(new SelfAttention(layer, dModel, config.encoder().headCount(), config.useBias()),
                    new FeedForward(layer, config, config.encoder().ffnDim()));
        }
        finalNorm = config.encoder().finalNorm() ? weights.layerNorm("final_ln", dModel, Norms.EPS) : null;
    }

    /// Encodes a prompt.
    ///
    /// @param text the prompt
    /// @return its rows that the decoder attends to; padding is left out
    EncodedText encode(TextIds text) { return new EncodedText(encode(text, text.length()), text.length()); }

    /// Encodes the first rows of a prompt, padding included where `rows` says so; all attend to the prompt alone.
    float[] encode(TextIds text, int rows) {
        int dModel = config.dModel();
        var scratch = new Scratch(rows, dModel, config.encoder().ffnDim());
        float[] x = scratch.x;
        embed(text.ids(), rows, x, scratch.normed); // (rows, dModel)
        int[] streams = new int[rows];
        int[] positions = new int[rows];
        int[] lengths = new int[rows];
        Arrays.setAll(positions, i -> i);
        Arrays.fill(lengths, text.length());
        var cache = new KeyValues(1, config.encoder().headCount(), dModel / config.encoder().headCount(), rows);
        for (Layer layer : layers) {
            layer.selfAttention.addTo(x, rows, cache, streams, positions, lengths, scratch);
            layer.feedForward.addTo(x, rows, scratch);
        }
        if (finalNorm != null) finalNorm.forward(x, rows, x);
        return x;
    }

    private void embed(int[] ids, int rows, float[] x, float[] position) {
        int dModel = config.dModel();
        float scale = config.scaleEmbedding() ? (float) Math.sqrt(dModel) : 1f;
        for (int row = 0; row < rows; row++) {
            tokenEmbedding.copyRow(ids[row], x, row * dModel);
            positionEmbedding.copyRow(row, position, 0);
            for (int i = 0; i < dModel; i++) x[row * dModel + i] = x[row * dModel + i] * scale + position[i];
        }
        embeddingNorm.forward(x, rows, x);
    }
}
