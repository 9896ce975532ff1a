package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.Embedding;
import io.github.smalti.core.layer.KeyValues;
import io.github.smalti.core.layer.LayerNorm;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.weights.Weights;
import java.lang.foreign.Arena;
import java.util.Arrays;

/// Decoder of DALL·E mini and mega: draws one code after another, seeing the prompt and the codes before.
///
/// | | shape |
/// |---|---|
/// | tokens | (rows) |
/// | logits | (rows, imageRows) |
///
/// A row is one image in one stream of guidance. Source: borisdayma/dalle-mini modeling.py @ f0be4de; kuprel/min-dalle
/// dalle_bart_decoder.py @ 73621fb. Immutable and thread-safe; a [State] belongs to one session.
final class DalleBartDecoder {
    private record Layer(SelfAttention selfAttention, CrossAttention crossAttention, FeedForward feedForward) {}

    private final DalleBartConfig config;
    private final Compute compute;
    private final Precision precision;
    private final Embedding tokenEmbedding;
    private final Embedding positionEmbedding;
    private final LayerNorm embeddingNorm;
    private final Layer[] layers;
    private final LayerNorm finalNorm;
    private final Linear lmHead;

    DalleBartDecoder(DalleBartConfig config, Weights weights) {
        this.config = config;
        this.compute = weights.compute();
        this.precision = weights.precision();
        int dModel = config.dModel();
        int heads = config.decoder().headCount();
        tokenEmbedding = weights.embedding("embed_tokens", config.imageRows(), dModel);
        positionEmbedding = weights.embedding("embed_positions", config.imageLength(), dModel);
        embeddingNorm = weights.layerNorm("layernorm_embedding", dModel, Norms.EPS);
        layers = weights.each("layers", config.decoder().layerCount(), layer -> new Layer(
                new SelfAttention(layer, dModel, heads, config.useBias()),
                new CrossAttention(layer, dModel, heads, config.useBias()),
                new FeedForward(layer, config, config.decoder().ffnDim()))).toArray(Layer[]::new);
        finalNorm = config.decoder().finalNorm() ? weights.layerNorm("final_ln", dModel, Norms.EPS) : null;
        lmHead = weights.linear("lm_head", null,
                config.tiedHead()
                        ? weights.matrix("embed_tokens.weight", config.imageRows(), dModel)
                        : weights.outermost().matrix("lm_head.weight", config.imageRows(), dModel));
    }

    /// The mutable half of a drawing: caches and activations, all allocated at the start.
    final class State {
        private final int rows;
        private final KeyValues[] drawn = new KeyValues[layers.length];
        private final KeyValues[] prompts = new KeyValues[layers.length];
        private final int[] streams;
        private final int[] positions;
        private final int[] drawnLengths;
        private final int[] promptOf;
        private final int[] promptLengths;
        private final float[] position = new float[config.dModel()];
        private final Scratch scratch;
        private final float[] logits;

        /// Starts a drawing.
        ///
        /// @param arena    owner of the caches
        /// @param encoded  the prompts
        /// @param promptOf for each row its prompt
        State(Arena arena, EncodedPrompts encoded, int[] promptOf) {
            this.rows = promptOf.length;
            this.promptOf = promptOf.clone();
            int heads = config.decoder().headCount();
            int headDim = config.dModel() / heads;
            Precision stored = DalleBartPlan.cachePrecision(precision);
            float[] keysAndValues = new float[encoded.rows() * 2 * config.dModel()];
            // most of this time goes to zeroing memory
            compute.team().run(layers.length, (i, _) -> drawn[i] = new KeyValues(arena, stored, rows, heads, headDim,
                    config.imageLength()));
            for (int i = 0; i < layers.length; i++) {
                prompts[i] = layers[i].crossAttention.remember(arena, stored, encoded, keysAndValues);
            }
            streams = new int[rows];
            positions = new int[rows];
            drawnLengths = new int[rows];
            promptLengths = new int[rows];
            Arrays.setAll(streams, row -> row);
            Arrays.setAll(promptLengths, row -> encoded.lengths()[promptOf[row]]);
            scratch = new Scratch(rows, config.dModel(), config.decoder().ffnDim());
            logits = new float[rows * config.imageRows()];
        }
    }

    /// One step of all rows.
    ///
    /// @param tokens   for each row the token before this position, or the start token
    /// @param position which code comes next, from 0
    /// @param state    the drawing
    /// @return logits (rows, imageRows), overwritten by the next step
    float[] step(int[] tokens, int position, State state) {
        int rows = state.rows;
        float[] x = state.scratch.x;
        embed(tokens, position, state); // (rows, dModel)
        Arrays.fill(state.positions, position);
        Arrays.fill(state.drawnLengths, position + 1);
        for (int i = 0; i < layers.length; i++) {
            layers[i].selfAttention.addTo(x, rows, state.drawn[i], state.streams, state.positions, state.drawnLengths,
                    state.scratch);
            layers[i].crossAttention.addTo(x, rows, state.prompts[i], state.promptOf, state.promptLengths,
                    state.scratch);
            layers[i].feedForward.addTo(x, rows, state.scratch);
        }
        if (finalNorm != null) finalNorm.forward(x, rows, x);
        lmHead.forward(x, rows, state.logits); // (rows, imageRows)
        return state.logits;
    }

    /// Runs a step once more to find where its numbers stop being finite: for the message alone.
    ///
    /// @return the first such place in words, or `""` if the logits are finite
    String firstNotFinite(int[] tokens, int position, State state) {
        int rows = state.rows;
        float[] x = state.scratch.x;
        int count = rows * config.dModel();
        embed(tokens, position, state);
        if (!Norms.isFinite(x, count)) return "the decoder's embedding";
        for (int i = 0; i < layers.length; i++) {
            String layer = "decoder layer " + i + "'s ";
            layers[i].selfAttention.addTo(x, rows, state.drawn[i], state.streams, state.positions, state.drawnLengths,
                    state.scratch);
            if (!Norms.isFinite(x, count)) return layer + "self-attention";
            layers[i].crossAttention.addTo(x, rows, state.prompts[i], state.promptOf, state.promptLengths,
                    state.scratch);
            if (!Norms.isFinite(x, count)) return layer + "cross-attention";
            layers[i].feedForward.addTo(x, rows, state.scratch);
            if (!Norms.isFinite(x, count)) return layer + "feed-forward";
        }
        if (finalNorm != null) finalNorm.forward(x, rows, x);
        if (!Norms.isFinite(x, count)) return "the decoder's last norm";
        lmHead.forward(x, rows, state.logits);
        return Norms.isFinite(state.logits, rows * config.imageRows()) ? "" : "the logits";
    }

    private void embed(int[] tokens, int position, State state) {
        int dModel = config.dModel();
        float[] x = state.scratch.x;
        float scale = config.scaleEmbedding() ? (float) Math.sqrt(dModel) : 1f;
        positionEmbedding.copyRow(position, state.position, 0);
        for (int row = 0; row < state.rows; row++) {
            tokenEmbedding.copyRow(tokens[row], x, row * dModel);
            for (int i = 0; i < dModel; i++) x[row * dModel + i] = x[row * dModel + i] * scale + state.position[i];
        }
        embeddingNorm.forward(x, state.rows, x);
    }
}
