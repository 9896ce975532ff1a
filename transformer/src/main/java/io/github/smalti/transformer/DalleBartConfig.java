package io.github.smalti.transformer;

import io.github.smalti.core.kernel.Activation;
import io.github.smalti.weights.ModelConfig;
import java.util.List;

/// Sizes and switches of a DalleBart model, as in its `config.json`.
///
/// Missing keys have the defaults of dalle-mini's configuration class; what is set otherwise and not implemented is
/// refused by name, since it would draw noise.
///
/// @param dModel          width of the residual stream
/// @param encoder         sizes of the encoder
/// @param decoder         sizes of the decoder
/// @param textVocabSize   rows of the text embedding
/// @param textLength      tokens of a prompt
/// @param imageRows       rows of the image embedding and columns of the head: `image_vocab_size` + 1
/// @param imageLength     codes of an image
/// @param startToken      the decoder's first input; ids below it are codes
/// @param useBias         whether dense layers have biases
/// @param scaleEmbedding  whether embeddings are multiplied by √dModel
/// @param tiedHead        whether the head is the decoder's token embedding
/// @param isGated         whether the feed-forward block is a gated linear unit
/// @param activation      its activation function
/// @param normalizesText  whether prompts go through the normaliser
/// @param scannedLayers   whether layers are stacked in one tensor
public record DalleBartConfig(int dModel, Stack encoder, Stack decoder, int textVocabSize, int textLength,
        int imageRows, int imageLength, int startToken, boolean useBias, boolean scaleEmbedding, boolean tiedHead,
        boolean isGated, Activation activation, boolean normalizesText, boolean scannedLayers) {
    private static final int MAX_WIDTH = 1 << 16;
    private static final int MAX_ROWS = 1 << 22;
    private static final int MAX_LENGTH = 1 << 14;

    /// Sizes of the encoder or the decoder.
    ///
    /// @param layerCount   layers
    /// @param headCount    attention heads
    /// @param ffnDim       width of the feed-forward block
    /// @param finalNorm    whether a layer norm stands at the end
    public record Stack(int layerCount, int headCount, int ffnDim, boolean finalNorm) {}

    /// Reads a configuration.
    ///
    /// @param config the `config.json`
    /// @return the checked configuration
    /// @throws io.github.smalti.weights.WeightsException naming file, key, expected and found
    public static DalleBartConfig of(ModelConfig config) {
        String type = config.optionalString("model_type", "dallebart");
        if (!type.equals("dallebart")) {
            throw config.fault("model_type", "expected dallebart, found " + type + "; this is another model family");
        }
        refuseUnsupported(config);
        int dModel = config.requireInt("d_model", 1, MAX_WIDTH);
        int imageVocab = config.optionalInt("image_vocab_size", 16384, 1, MAX_ROWS);
        return new DalleBartConfig(dModel, stack(config, "encoder", dModel), stack(config, "decoder", dModel),
                config.optionalInt("encoder_vocab_size", 50264, 1, MAX_ROWS),
                config.optionalInt("max_text_length", 64, 2, MAX_LENGTH), imageVocab + 1,
                config.optionalInt("image_length", 256, 1, MAX_LENGTH),
                config.optionalInt("decoder_start_token_id", imageVocab, 1, imageVocab),
                config.optionalBoolean("use_bias", false), config.optionalBoolean("scale_embedding", false),
                config.optionalBoolean("tie_word_embeddings", false), config.optionalBoolean("use_glu", true),
                activation(config), config.optionalBoolean("normalize_text", false),
                config.optionalBoolean("use_scan", true));
    }

    private static Stack stack(ModelConfig config, String side, int dModel) {
        int layers = config.optionalInt(side + "_layers", 12, 1, 1024);
        int heads = config.optionalInt(side + "_attention_heads", 16, 1, 1024);
        if (dModel % heads != 0) {
            throw config.fault(side + "_attention_heads",
                    "expected a divisor of d_model " + dModel + ", found " + heads);
        }
        int ffn = config.optionalInt(side + "_ffn_dim", 4096, 1, MAX_WIDTH);
        return new Stack(layers, heads, ffn, config.optionalBoolean("use_final_ln_" + side, true));
    }

    private static void refuseUnsupported(ModelConfig config) {
        for (String key : List.of("use_head_scale", "use_cosine_attention", "use_alibi", "use_swin_position_embeddings",
                "use_deepnet_scaling")) {
            if (config.optionalBoolean(key, false))
                throw config.fault(key, "expected false, found true; this setting is not supported");
        }
        if (!config.optionalBoolean("use_absolute_position_embeddings", true)) {
            throw config.fault("use_absolute_position_embeddings",
                    "expected true, found false; this setting is not supported");
        }
        expect(config, "ln_type", "layernorm");
        expect(config, "ln_positions", "normformer");
        int iterations = config.optionalInt("sinkhorn_iters", 1, 0, Integer.MAX_VALUE);
        if (iterations != 1) throw config.fault("sinkhorn_iters", "expected 1 (softmax), found " + iterations);
    }

    private static Activation activation(ModelConfig config) {
        String name = config.optionalString("activation_function", "gelu");
        return switch (name) {
            case "gelu" -> Activation.GELU;
            case "silu", "swish" -> Activation.SWISH;
            case "quick_gelu" -> Activation.QUICK_GELU;
            default -> throw config.fault("activation_function",
                    "expected gelu (exact), silu, swish or quick_gelu, found " + name);
        };
    }

    private static void expect(ModelConfig config, String key, String only) {
        String found = config.optionalString(key, only);
        if (!found.equals(only)) throw config.fault(key, "expected " + only + ", found " + found);
    }
}
