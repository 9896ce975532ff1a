package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.Embedding;
import io.github.smalti.weights.Weights;
import java.nio.file.Path;
import java.util.List;

/// minDALL-E and its iGPT descendants: DALL·E's design with dense attention.
///
/// | token | embedding |
/// |---|---|
/// | text, padded to its length; padding is an ordinary token | token + position |
/// | class, or the one start token | its vector alone |
/// | image | code + position |
///
/// Every token attends to all before it, padding included.
///
/// Source: kakaobrain/minDALL-E `dalle/models/stage2/transformer.py` @ e548007; Chen et al., "Generative pretraining from
/// pixels", 2020. Immutable and thread-safe; owns its weights.
public final class MinDalle extends DecoderOnlyModel {
    private final MinDalleConfig config;
    private final Embedding promptTokens;
    /// None where the prompt is a single token.
    private final Embedding textPositions;
    private final Embedding imageTokens;
    private final Embedding imagePositions;

    MinDalle(MinDalleConfig config, Weights weights, long mappedBytes) {
        super(config.decoder(), weights, new DecoderStack.Head(
                List.of(weights.layerNorm("final_norm", config.dModel(), Norms.EPS)),
                weights.linear("head", config.dModel(), config.codebookSize(), false)), mappedBytes);
        this.config = config;
        int dModel = config.dModel();
        boolean isText = config.promptKind() == PromptKind.TEXT;
        promptTokens = switch (config.promptKind()) {
            case TEXT -> weights.embedding("text_tokens", config.promptRows(), dModel);
            case CLASS -> weights.embedding("class_tokens", config.promptRows(), dModel);
            case NONE -> new Embedding(weights.tensor("start_token", 1, 1, dModel).select(0, 0)); // (1, dModel)
        };
        textPositions = isText ? weights.embedding("text_positions", config.textLength(), dModel) : null;
        imageTokens = weights.embedding("image_tokens", config.codebookSize(), dModel);
        imagePositions = weights.embedding("image_positions", config.imageLength(), dModel);
    }

    /// Loads a published checkpoint.
    ///
    /// @param folder    a folder with `config.yaml` and `stage2_last.ckpt`, or the same tensors as `model.safetensors`
    /// @param compute   what to compute with
    /// @param precision how the matrices are packed
    /// @return the model; the caller closes it
    /// @throws io.github.smalti.weights.WeightsException if a file is missing, damaged or of another shape
    public static MinDalle load(Path folder, Compute compute, Precision precision) {
        return MinDalleFiles.in(folder).load(compute, precision);
    }

    /// What loading and drawing will need, before anything is loaded.
    ///
    /// @param folder    as for [#load]
    /// @param precision how the matrices are packed
    /// @param images    images drawn at once
    /// @param guided    whether there is a second stream
    /// @return mapped and packed weights, cache and scratch
    public static MemoryPlan plan(Path folder, Precision precision, int images, boolean guided) {
        return MinDalleFiles.in(folder).plan(precision, images, guided);
    }

    /// The configuration.
    public MinDalleConfig config() { return config; }

    @Override
    public PromptKind promptKind() { return config.promptKind(); }

    @Override
    public int textLength() { return config.textLength(); }

    @Override
    void embedPrompt(TextIds prompt, int position, float[] room, float[] out, int at) {
        promptTokens.copyRow(prompt.ids()[position], out, at);
        if (textPositions == null) return;
        textPositions.copyRow(position, room, 0);
        add(room, out, at);
    }

    @Override
    void embedCode(int code, int position, float[] room, float[] out, int at) {
        imageTokens.copyRow(code, out, at);
        imagePositions.copyRow(position, room, 0);
        add(room, out, at);
    }

    private void add(float[] room, float[] out, int at) {
        for (int i = 0; i < config.dModel(); i++) out[at + i] += room[i];
    }

    /// Padding is whatever the vocabulary says, so texts must come padded.
    @Override
    void checkPrompt(String what, TextIds prompt) {
        int length = config.textLength();
        if (prompt.length() > length || prompt.ids().length < length) {
            throw new IllegalArgumentException(what + ": expected " + length + " tokens, padding included, found "
                    + (prompt.length() > length ? prompt.length() : prompt.ids().length));
        }
        switch (config.promptKind()) {
            case TEXT -> checkIds(what, prompt, length, config.promptRows());
            case CLASS -> {
                int label = prompt.ids()[0];
                if (label < 0 || label >= config.promptRows()) {
                    throw new GenerationException("the " + what + " is class " + label + ", but the model knows "
                            + config.promptRows() + " classes, from 0 on");
                }
            }
            case NONE -> {
                if (prompt.ids()[0] != 0) {
                    throw new GenerationException("the " + what + " has id " + prompt.ids()[0]
                            + ", but the model takes no prompt; give a single 0");
                }
            }
        }
    }
}
