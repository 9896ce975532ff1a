package io.github.smalti.transformer;

import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.layer.AttentionPattern;
import io.github.smalti.weights.ModelConfig;
import java.util.Collections;

/// Sizes and switches of a minDALL-E or iGPT model, as in its `config.yaml`.
///
/// Missing keys have the defaults of minDALL-E's configuration classes, the sizes of the published 1.3B. Source:
/// kakaobrain/minDALL-E `dalle/utils/config.py` @ e548007.
///
/// @param promptKind      text (`transformer1d`), class or nothing (`igpt`)
/// @param layerCount      layers
/// @param dModel          width of the residual stream
/// @param headCount       attention heads
/// @param promptRows      rows of the prompt's embedding: tokens of the vocabulary, classes, or 1
/// @param textLength      tokens of a text, or 1
/// @param codebookSize    codes
/// @param imageLength     codes of an image
/// @param attentionBias   whether the dense layers of attention have biases
/// @param feedForwardBias whether those of the feed-forward block have
/// @param activation      of the feed-forward block
public record MinDalleConfig(PromptKind promptKind, int layerCount, int dModel, int headCount, int promptRows,
        int textLength, int codebookSize, int imageLength, boolean attentionBias, boolean feedForwardBias,
        Activation activation) {
    private static final int MAX_WIDTH = 1 << 16;
    private static final int MAX_ROWS = 1 << 22;
    private static final int MAX_LENGTH = 1 << 14;
    private static final int MAX_LAYERS = 1024;

    /// Reads a configuration.
    ///
    /// @param config the `config.yaml`
    /// @return the checked configuration
    /// @throws io.github.smalti.weights.WeightsException naming file, key, expected and found
    public static MinDalleConfig of(ModelConfig config) {
        ModelConfig stage = config.in("stage2");
        ModelConfig sizes = stage.in("hparams");
        PromptKind kind = kind(stage);
        int dModel = sizes.optionalInt("embed_dim", 1536, 1, MAX_WIDTH);
        int heads = sizes.optionalInt("n_heads", 24, 1, MAX_WIDTH);
        if (dModel % heads != 0) {
            throw sizes.fault("n_heads", "expected a divisor of embed_dim " + dModel + ", found " + heads);
        }
        int layers = sizes.optionalInt("n_layers", 42, 1, MAX_LAYERS);
        int dense = sizes.optionalInt("n_dense_layers", layers, 0, MAX_LAYERS);
        if (dense != layers) {
            throw sizes.fault("n_dense_layers", "expected all " + layers + " layers, found " + dense
                    + "; upstream has no others");
        }
        int promptRows = switch (kind) {
            case TEXT -> stage.optionalInt("vocab_size_txt", 16384, 1, MAX_ROWS);
            case CLASS -> sizes.requireInt("n_classes", 1, MAX_ROWS);
            case NONE -> 1;
        };
        int textLength = kind == PromptKind.TEXT ? sizes.optionalInt("ctx_len_txt", 64, 1, MAX_LENGTH) : 1;
        return new MinDalleConfig(kind, layers, dModel, heads, promptRows, textLength,
                stage.optionalInt("vocab_size_img", 16384, 1, MAX_ROWS),
                sizes.optionalInt("ctx_len_img", 256, 2, MAX_LENGTH), sizes.optionalBoolean("attn_bias", true),
                sizes.optionalBoolean("mlp_bias", true),
                sizes.optionalBoolean("gelu_use_approx", false) ? Activation.QUICK_GELU : Activation.GELU);
    }

    private static PromptKind kind(ModelConfig stage) {
        String type = stage.optionalString("type", "transformer1d");
        return switch (type) {
            case "transformer1d" -> PromptKind.TEXT;
            case "igpt" -> stage.optionalBoolean("use_cls_cond", false) ? PromptKind.CLASS : PromptKind.NONE;
            default -> throw stage.fault("type", "expected transformer1d or igpt, found " + type);
        };
    }

    /// Numbers of all weights and biases.
    public long parameterCount() {
        long d = dModel;
        long heads = codebookSize + (promptKind == PromptKind.TEXT ? (long) promptRows + textLength : 0);
        long biases = (attentionBias ? 4 : 0) + (feedForwardBias ? 5 : 0);
        long tables = (long) codebookSize + imageLength + promptRows;
        long layer = 12 * d * d + (biases + 4) * d;
        return (tables + heads) * d + layerCount * layer + 2 * d;
    }

    DecoderConfig decoder() {
        return new DecoderConfig(dModel, headCount, 4 * dModel,
                Collections.nCopies(layerCount, new AttentionPattern.Full(imageLength)), textLength, 0,
                Grid.of(imageLength), codebookSize, attentionBias, feedForwardBias, activation, false,
                Float.POSITIVE_INFINITY);
    }
}
