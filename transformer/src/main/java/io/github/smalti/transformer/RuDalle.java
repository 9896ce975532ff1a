package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.layer.Embedding;
import io.github.smalti.weights.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// ruDALL-E (Malevich, Emojich, Surrealist, Kandinsky): DALL·E's design with sparse attention, reading Russian.
///
/// | token | embedding |
/// |---|---|
/// | text, padded to its length | token + position; padding is a token of its own for each position |
/// | image | code + row + column |
///
/// Layers attend to all of the text and, in the image, to a row, a column or a square, see [RuDalleConfig]. Attention scores
/// are not rescaled against overflow (`cogview_pb_relax`): softmax is the same.
///
/// Source: ai-forever/ru-dalle `rudalle/dalle/model.py` @ 0255cec; Ramesh et al., arXiv 2102.12092, appendix B; Ding et al.,
/// arXiv 2105.13290. Immutable and thread-safe; owns its weights.
public final class RuDalle extends DecoderOnlyModel {
    /// Beginning of a text; v2 puts a second one before it.
    private static final int BOS = 2;
    private static final int PAD = 0;

    private final RuDalleConfig config;
    private final Embedding textTokens;
    private final Embedding textPositions;
    private final Embedding imageTokens;
    private final Embedding imageRows;
    private final Embedding imageCols;

    RuDalle(RuDalleConfig config, Weights weights, long mappedBytes) {
        super(config.decoder(), weights, head(config, weights), mappedBytes);
        this.config = config;
        int dModel = config.dModel();
        textTokens = weights.embedding("text_tokens", config.textVocabSize(), dModel);
        textPositions = weights.embedding("text_positions", config.textLength() + 1, dModel);
        imageTokens = weights.embedding("image_tokens", config.codebookSize(), dModel);
        imageRows = weights.embedding("image_rows", config.gridSize(), dModel);
        imageCols = weights.embedding("image_cols", config.gridSize(), dModel);
    }

    /// Two norms in a row, then the columns of the image's codes; those of the text's tokens are not loaded.
    private static DecoderStack.Head head(RuDalleConfig config, Weights weights) {
        int dModel = config.dModel();
        int first = config.textVocabSize();
        int end = first + config.codebookSize();
        float[] bias = Arrays.copyOfRange(weights.vector("head.bias", end), first, end);
        TensorView rows = weights.matrix("head.weight", end, dModel).slice(0, first, end);
        return new DecoderStack.Head(List.of(weights.layerNorm("final_norm", dModel, Norms.EPS),
                weights.layerNorm("head_norm", dModel, Norms.EPS)), weights.linear("head", bias, rows));
    }

    /// Loads a published checkpoint.
    ///
    /// @param folder    a folder with `pytorch_model.bin`, `pytorch_model_v3.bin` or `pytorch_model_v2.bin`, or the same
    ///                  tensors as `model.safetensors`. Sizes follow from shapes; heads are 128 wide in models of width 2048
    ///                  and 64 in others, the version is that of the file's name, else v2 if the buffer
    ///                  `transformer.conv_mask` wraps around, else v3. A `config.json` may say otherwise in
    ///                  `num_attention_heads` and `hf_version`
    /// @param compute   what to compute with
    /// @param precision how the matrices are packed
    /// @return the model; the caller closes it
    /// @throws io.github.smalti.weights.WeightsException if a file is missing, damaged or of another shape
    public static RuDalle load(Path folder, Compute compute, Precision precision) {
        return RuDalleFiles.in(folder).load(compute, precision);
    }

    /// What loading and drawing will need, before anything is loaded.
    ///
    /// @param folder    as for [#load]
    /// @param precision how the matrices are packed
    /// @param images    images drawn at once
    /// @param guided    whether there is a second stream
    /// @return mapped and packed weights, cache and scratch
    public static MemoryPlan plan(Path folder, Precision precision, int images, boolean guided) {
        return RuDalleFiles.in(folder).plan(precision, images, guided);
    }

    /// The configuration.
    public RuDalleConfig config() { return config; }

    @Override
    public PromptKind promptKind() { return PromptKind.TEXT; }

    @Override
    public int textLength() { return config.textLength(); }

    /// The ids that the text embedding is asked for: padding at a position is that position's own token.
    int[] filled(TextIds text) {
        int[] filled = new int[config.textLength()];
        for (int position = 0; position < filled.length; position++) filled[position] = filled(text, position);
        return filled;
    }

    private int filled(TextIds text, int position) {
        int id = position < text.length() ? text.ids()[position] : PAD;
        return id == PAD ? config.textVocabSize() - config.textLength() + position : id;
    }

    @Override
    void embedPrompt(TextIds prompt, int position, float[] room, float[] out, int at) {
        int before = decoder().leadingRows();
        textTokens.copyRow(position < before ? BOS : filled(prompt, position - before), out, at);
        textPositions.copyRow(position, room, 0);
        add(room, out, at);
    }

    @Override
    void embedCode(int code, int position, float[] room, float[] out, int at) {
        imageTokens.copyRow(code, out, at);
        imageRows.copyRow(position / config.gridSize(), room, 0);
        add(room, out, at);
        imageCols.copyRow(position % config.gridSize(), room, 0);
        add(room, out, at);
    }

    private void add(float[] room, float[] out, int at) {
        for (int i = 0; i < config.dModel(); i++) out[at + i] += room[i];
    }

    @Override
    void checkPrompt(String what, TextIds prompt) {
        if (prompt.length() > config.textLength()) {
            throw new IllegalArgumentException(what + ": expected at most " + config.textLength() + " tokens, found "
                    + prompt.length());
        }
        checkIds(what, prompt, prompt.length(), config.textVocabSize());
    }
}
