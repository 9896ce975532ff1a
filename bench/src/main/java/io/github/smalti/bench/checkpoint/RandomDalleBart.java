package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// DALL·E mini and mega with random weights: `config.json` and `flax_model.msgpack` with scanned layers, as published.
///
/// Dense layers keep the size of their inputs (1/√fan-in); the head's logits have a standard deviation of 0.3, so that
/// guidance of 10 leaves a few hundred likely codes.
///
/// @param dModel      width
/// @param heads       attention heads of encoder and decoder
/// @param ffnDim      width of the gated linear unit
/// @param layers      layers of the encoder, and of the decoder
/// @param textVocab   rows of the text embedding
/// @param imageVocab  `image_vocab_size`: the image embedding and the head have one row more
/// @param startToken  the decoder's first input; ids below it are codes
/// @param imageLength codes of an image
/// @param textLength  tokens of a prompt
public record RandomDalleBart(int dModel, int heads, int ffnDim, int layers, int textVocab, int imageVocab,
        int startToken, int imageLength, int textLength) implements RandomCheckpoint {
    /// The published sizes of DALL·E mini: 437.8 M parameters.
    public static final RandomDalleBart MINI = new RandomDalleBart(1024, 16, 2730, 12, 50264, 16384, 16384, 256, 64);
    /// The published sizes of DALL·E mega: 2,587.5 M parameters.
    public static final RandomDalleBart MEGA = new RandomDalleBart(2048, 32, 4096, 24, 50272, 16415, 16384, 256, 64);

    private static final double EMBEDDING_STD = 0.02;
    private static final double NORM_STD = 0.05;
    private static final double LOGIT_STD = 0.3;

    /// The same model for images of another number of codes.
    ///
    /// @param codes codes of an image
    /// @return a copy
    public RandomDalleBart withImageLength(int codes) {
        return new RandomDalleBart(dModel, heads, ffnDim, layers, textVocab, imageVocab, startToken, codes, textLength);
    }

    @Override
    public List<RandomTensor> tensors(DType dtype) {
        var out = new Tree(dtype, new ArrayList<>());
        out.add("lm_head/kernel", 0, LOGIT_STD / Math.sqrt(dModel), dModel, imageVocab + 1);
        side(out, "encoder", textVocab, textLength);
        side(out, "decoder", imageVocab + 1, imageLength);
        return out.tensors;
    }

    @Override
    public void write(Path folder, DType dtype, long seed, RandomFile.Listener listener) throws IOException {
        Files.writeString(folder.resolve("config.json"), config());
        RandomFile.writeFlax(folder.resolve("flax_model.msgpack"), tensors(dtype), seed, listener);
    }

    private record Tree(DType dtype, List<RandomTensor> tensors) {
        void add(String name, double mean, double std, int... shape) {
            tensors.add(new RandomTensor(name, dtype, mean, std, shape));
        }

        void scale(String norm, int... shape) { add(norm + "/scale", 1, NORM_STD, shape); }

        void bias(String norm, int... shape) { add(norm + "/bias", 0, NORM_STD, shape); }
    }

    private void side(Tree out, String side, int rows, int positions) {
        String path = "model/" + side + "/";
        out.add(path + "embed_tokens/embedding", 0, EMBEDDING_STD, rows, dModel);
        out.add(path + "embed_positions/embedding", 0, EMBEDDING_STD, positions, dModel);
        out.scale(path + "layernorm_embedding", dModel);
        out.bias(path + "layernorm_embedding", dModel);
        out.bias(path + "final_ln", dModel);
        boolean isDecoder = side.equals("decoder");
        String layer = path + "layers/" + (isDecoder ? "FlaxBartDecoderLayers/" : "FlaxBartEncoderLayers/");
        double std = 1 / Math.sqrt(dModel);
        for (int block = 0; block < (isDecoder ? 2 : 1); block++) {
            for (String part : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
                out.add(layer + "FlaxBartAttention_" + block + "/" + part + "/kernel", 0, std, layers, dModel, dModel);
            }
            out.bias(layer + "LayerNorm_" + 2 * block, layers, dModel); // before a dense layer: no scale
            out.scale(layer + "LayerNorm_" + (2 * block + 1), layers, dModel);
            out.bias(layer + "LayerNorm_" + (2 * block + 1), layers, dModel);
        }
        out.bias(layer + "GLU_0/LayerNorm_0", layers, dModel);
        out.bias(layer + "GLU_0/LayerNorm_1", layers, ffnDim);
        out.add(layer + "GLU_0/Dense_0/kernel", 0, std, layers, dModel, ffnDim);
        out.add(layer + "GLU_0/Dense_1/kernel", 0, std, layers, dModel, ffnDim);
        out.add(layer + "GLU_0/Dense_2/kernel", 0, 1 / Math.sqrt(ffnDim), layers, ffnDim, dModel);
    }

    private String config() {
        return String.format(Locale.ROOT, """
                {"model_type": "dallebart", "architectures": ["DalleBart"], "d_model": %d,
                 "encoder_layers": %d, "decoder_layers": %2$d, "encoder_attention_heads": %d,
                 "decoder_attention_heads": %3$d, "encoder_ffn_dim": %d, "decoder_ffn_dim": %4$d,
                 "encoder_vocab_size": %d, "image_vocab_size": %d, "decoder_start_token_id": %d,
                 "bos_token_id": %d, "eos_token_id": %8$d, "pad_token_id": %8$d, "image_length": %d,
                 "max_length": %d, "min_length": %10$d, "max_text_length": %d, "activation_function": "gelu",
                 "ln_positions": "normformer", "ln_type": "layernorm", "normalize_text": true, "use_bias": false,
                 "use_glu": true, "use_scan": true, "tie_word_embeddings": false, "scale_embedding": false}
                """, dModel, layers, heads, ffnDim, textVocab, imageVocab, startToken, startToken + 1,
                imageLength, imageLength + 1, textLength);
    }
}
