package io.github.smalti.transformer;

import io.github.smalti.core.NativeMemory;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.Embedding;
import io.github.smalti.core.layer.KeyValues;
import io.github.smalti.core.layer.LayerNorm;
import io.github.smalti.weights.Weights;
import java.lang.foreign.Arena;
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
    private final NativeMemory memory;
    private final Embedding tokenEmbedding;
    private final Embedding positionEmbedding;
    private final LayerNorm embeddingNorm;
    private final Layer[] layers;
    private final LayerNorm finalNorm;

    DalleBartEncoder(DalleBartConfig config, Weights weights) {
        this.config = config;
        this.memory = weights.compute().memory();
        int dModel = config.dModel();
        tokenEmbedding = weights.embedding("embed_tokens", config.textVocabSize(), dModel);
        positionEmbedding = weights.embedding("embed_positions", config.textLength(), dModel);
        embeddingNorm = weights.layerNorm("layernorm_embedding", dModel, Norms.EPS);
        layers = weights.each("layers", config.encoder().layerCount(), layer -> new Layer(
                new SelfAttention(layer, dModel, config.encoder().headCount(), config.useBias()),
                new FeedForward(layer, config, config.encoder().ffnDim()))).toArray(Layer[]::new);
        finalNorm = config.encoder().finalNorm() ? weights.layerNorm("final_ln", dModel, Norms.EPS) : null;
    }

    /// Encodes prompts in one pass over the weights; each sees only itself.
    ///
    /// @param texts the prompts
    /// @return the rows of each that the decoder attends to; padding is left out
    EncodedPrompts encode(TextIds... texts) {
        int[] lengths = Arrays.stream(texts).mapToInt(TextIds::length).toArray();
        return new EncodedPrompts(encode(texts, lengths), lengths);
    }

    /// Encodes the first rows of a prompt, padding included where `rows` says so; all attend to the prompt alone.
    float[] encode(TextIds text, int rows) { return encode(new TextIds[]{text}, new int[]{rows}); }

    private float[] encode(TextIds[] texts, int[] rowsOf) {
        int dModel = config.dModel();
        var shape = new EncodedPrompts(null, rowsOf);
        int rows = shape.rows();
        int[] streams = shape.promptOf();
        int[] positions = shape.positions();
        int[] lengths = new int[rows];
        var scratch = new Scratch(rows, dModel, config.encoder().ffnDim());
        float[] x = scratch.x;
        for (int row = 0; row < rows; row++) {
            TextIds text = texts[streams[row]];
            embed(text.ids()[positions[row]], positions[row], x, row * dModel, scratch.normed);
            lengths[row] = text.length();
        }
        embeddingNorm.forward(x, rows, x); // (rows, dModel)
        int headCount = config.encoder().headCount();
        try (Arena arena = memory.open()) {
            var cache = new KeyValues(arena, Precision.F32, texts.length, headCount, dModel / headCount,
                    shape.longest());
            for (Layer layer : layers) {
                layer.selfAttention.addTo(x, rows, cache, streams, positions, lengths, scratch);
                layer.feedForward.addTo(x, rows, scratch);
            }
        }
        if (finalNorm != null) finalNorm.forward(x, rows, x);
        return x;
    }

    private void embed(int id, int position, float[] x, int at, float[] positionRow) {
        int dModel = config.dModel();
        float scale = config.scaleEmbedding() ? (float) Math.sqrt(dModel) : 1f;
        tokenEmbedding.copyRow(id, x, at);
        positionEmbedding.copyRow(position, positionRow, 0);
        for (int i = 0; i < dModel; i++) x[at + i] = x[at + i] * scale + positionRow[i];
    }
}
