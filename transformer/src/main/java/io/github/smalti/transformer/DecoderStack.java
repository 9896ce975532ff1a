package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.LayerNorm;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.core.layer.SparseKeyValues;
import io.github.smalti.weights.Weights;
import java.lang.foreign.Arena;
import java.util.List;

/// The layers of a decoder-only transformer over text and image, and its head for the image's codes.
///
/// | | shape |
/// |---|---|
/// | rows of a pass, embedded | (rows, dModel) |
/// | logits | (rows, codebookSize) |
///
/// Source: Ramesh et al., arXiv 2102.12092, 2.2 and appendix B. Immutable and thread-safe; a [State] belongs to one session.
final class DecoderStack {
    /// What follows the layers.
    ///
    /// @param norms   one after the other (ruDALL-E has two)
    /// @param toCodes from dModel to the codes
    record Head(List<LayerNorm> norms, Linear toCodes) {}

    private final DecoderConfig config;
    private final Compute compute;
    private final Precision precision;
    private final DecoderLayer[] layers;
    private final Head head;

    /// Reads the layers.
    ///
    /// @param config  sizes and switches
    /// @param weights weights of the model
    /// @param head    what follows the layers
    DecoderStack(DecoderConfig config, Weights weights, Head head) {
        this.config = config;
        this.compute = weights.compute();
        this.precision = weights.precision();
        this.head = head;
        this.layers = weights.each("layers", config.layerCount(), layer -> new DecoderLayer(layer, config))
                .toArray(DecoderLayer[]::new);
    }

    /// The mutable half of a session: caches and activations, all allocated at the start.
    final class State {
        /// Images, each in as many streams as there are texts.
        final int images;
        final int texts;
        /// Rows of the largest pass.
        final int mostRows;
        final PassRows rows;
        final Scratch scratch;
        /// (streams, codebookSize), or more rows where all logits of a pass are asked for.
        final float[] logits;
        private final SparseKeyValues[] caches = new SparseKeyValues[layers.length];
        /// Where numbers stopped being finite before the head, or "".
        private String broken = "";

        /// Makes room.
        ///
        /// @param arena      owner of the caches
        /// @param texts      1, or 2 for guidance
        /// @param images     images of each text
        /// @param allLogits  whether the logits of all rows of a pass are asked for, or those of each stream's last
        State(Arena arena, int texts, int images, boolean allLogits) {
            this.texts = texts;
            this.images = images;
            this.mostRows = DecoderPlan.passRows(config, texts, images);
            this.rows = new PassRows(mostRows);
            Precision stored = DalleBartPlan.cachePrecision(precision);
            // most of this time goes to zeroing memory
            compute.team().run(layers.length, (i, _) -> caches[i] = new SparseKeyValues(arena, stored,
                    config.patterns().get(i), texts, config.textRows(), texts * images, config.headCount(),
                    config.headDim()));
            scratch = new Scratch(mostRows, config.dModel(), config.ffnDim());
            logits = new float[(allLogits ? mostRows : texts * images) * config.codebookSize()];
        }

        /// Where numbers first stopped being finite, in words, or "".
        String broken() { return broken.isEmpty() && !Norms.isFinite(logits, logits.length) ? "the logits" : broken; }

        /// Forgets the code of every image that was read last, so that it can be read again.
        void forgetLast() { for (SparseKeyValues cache : caches) cache.forgetLastOfImages(); }

        private void check(String what, int layer) {
            if (broken.isEmpty() && !Norms.isFinite(scratch.x, rows.count() * config.dModel())) {
                broken = layer < 0 ? what : what + layer;
            }
        }
    }

    /// Runs the rows through all layers.
    ///
    /// @param state its rows are set and embedded in x
    void pass(State state) {
        state.check("the embedding", -1);
        for (int i = 0; i < layers.length; i++) {
            layers[i].addTo(state.rows, state.caches[i], state.scratch);
            state.check("layer ", i);
        }
    }

    /// Logits of the last row of each stream of the pass, in the streams' rows of the state's logits.
    void lastLogits(State state) {
        int dModel = config.dModel();
        int streams = state.rows.streams();
        for (int i = 0; i < streams; i++) {
            System.arraycopy(state.scratch.x, state.rows.lastRow(i) * dModel, state.scratch.normed, i * dModel, dModel);
        }
        toLogits(state, state.scratch.normed, streams, state.rows.firstStream());
    }

    /// Logits after the texts, which every image begins with, in the streams' rows of the state's logits.
    void textLogits(State state) {
        lastLogits(state); // (texts, codebookSize)
        int columns = config.codebookSize();
        for (int stream = state.texts * state.images - 1; stream > 0; stream--) {
            System.arraycopy(state.logits, stream / state.images * columns, state.logits, stream * columns, columns);
        }
    }

    /// Logits of all rows of the pass.
    void allLogits(State state) {
        int count = state.rows.count();
        System.arraycopy(state.scratch.x, 0, state.scratch.normed, 0, count * config.dModel());
        toLogits(state, state.scratch.normed, count, 0);
    }

    /// The norms before the head.
    void norm(float[] hidden, int rows) { for (LayerNorm norm : head.norms) norm.forward(hidden, rows, hidden); }

    private void toLogits(State state, float[] hidden, int rows, int firstRow) {
        norm(hidden, rows);
        int columns = config.codebookSize();
        compute.team().run(head.toCodes.parts(), (part, _) -> head.toCodes.forwardPart(part, hidden, rows, state.logits,
                firstRow * columns, columns));
    }
}
