package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// CLIP with random weights in Hugging Face's layout: `config.json`, `preprocessor_config.json`, `model.safetensors`.
///
/// @param text       the text tower
/// @param context    tokens of a text
/// @param vocab      rows of the token embedding
/// @param vision     the image tower
/// @param imageSize  pixel rows of a picture
/// @param patch      pixel rows of a patch
/// @param projection numbers of an embedding
public record RandomClip(Tower text, int context, int vocab, Tower vision, int imageSize, int patch, int projection)
        implements
            RandomCheckpoint {
    /// ViT-B/32: 87.8 M parameters of the image tower, 63.4 M of the text tower.
    public static final RandomClip B32 = new RandomClip(new Tower(512, 12, 8), 77, 49408, new Tower(768, 12, 12), 224,
            32, 512);
    /// ViT-L/14: 304.0 M parameters of the image tower, 123.7 M of the text tower.
    public static final RandomClip L14 = new RandomClip(new Tower(768, 12, 12), 77, 49408, new Tower(1024, 24, 16), 224,
            14, 768);

    private static final double NORM_STD = 0.05;
    private static final double BIAS_STD = 0.02;
    /// ln 100, where published models ended.
    private static final double LOGIT_SCALE = 4.6052;

    /// A stack of transformer blocks whose feed-forward layers are four times as wide.
    ///
    /// @param width  numbers of a token
    /// @param layers blocks
    /// @param heads  attention heads
    public record Tower(int width, int layers, int heads) {}

    @Override
    public List<RandomTensor> tensors(DType dtype) {
        var out = new Tensors(dtype, new ArrayList<>());
        out.add("logit_scale", LOGIT_SCALE, 0);
        String path = "text_model.embeddings.";
        out.count(path + "position_ids", context);
        out.add(path + "position_embedding.weight", 0, 0.01, context, text.width);
        out.add(path + "token_embedding.weight", 0, 0.02, vocab, text.width);
        stack(out, "text_model", text);
        out.norm("text_model.final_layer_norm", text.width);
        out.add("text_projection.weight", 0, 1 / Math.sqrt(text.width), projection, text.width);
        int side = imageSize / patch;
        path = "vision_model.embeddings.";
        double std = 1 / Math.sqrt(vision.width);
        out.add(path + "class_embedding", 0, std, vision.width);
        out.add(path + "patch_embedding.weight", 0, 1 / (Math.sqrt(3) * patch), vision.width, 3, patch, patch);
        out.count(path + "position_ids", side * side + 1);
        out.add(path + "position_embedding.weight", 0, std, side * side + 1, vision.width);
        out.norm("vision_model.pre_layrnorm", vision.width);
        stack(out, "vision_model", vision);
        out.norm("vision_model.post_layernorm", vision.width);
        out.add("visual_projection.weight", 0, std, projection, vision.width);
        return out.tensors;
    }

    private record Tensors(DType dtype, List<RandomTensor> tensors) {
        void add(String name, double mean, double std, int... shape) {
            tensors.add(new RandomTensor(name, dtype, mean, std, shape));
        }

        /// A buffer 0, 1, 2 ….
        void count(String name, int n) { tensors.add(new RandomTensor(name, DType.I64, 0, 0, 1, n)); }

        void norm(String name, int width) {
            add(name + ".weight", 1, NORM_STD, width);
            add(name + ".bias", 0, NORM_STD, width);
        }

        void linear(String name, int in, int out) {
            add(name + ".weight", 0, 1 / Math.sqrt(in), out, in);
            add(name + ".bias", 0, BIAS_STD, out);
        }
    }

    private static void stack(Tensors out, String model, Tower tower) {
        for (int i = 0; i < tower.layers; i++) {
            String layer = model + ".encoder.layers." + i;
            for (String part : List.of("k_proj", "v_proj", "q_proj", "out_proj")) {
                out.linear(layer + ".self_attn." + part, tower.width, tower.width);
            }
            out.norm(layer + ".layer_norm1", tower.width);
            out.linear(layer + ".mlp.fc1", tower.width, 4 * tower.width);
            out.linear(layer + ".mlp.fc2", 4 * tower.width, tower.width);
            out.norm(layer + ".layer_norm2", tower.width);
        }
    }

    @Override
    public void write(Path folder, DType dtype, long seed, RandomFile.Listener listener) throws IOException {
        Files.writeString(folder.resolve("config.json"), String.format(Locale.ROOT, """
                {"model_type": "clip", "architectures": ["CLIPModel"], "projection_dim": %d,
                 "logit_scale_init_value": 2.6592,
                 "text_config": {"model_type": "clip_text_model", %s, "max_position_embeddings": %d, "vocab_size": %d,
                  "projection_dim": %1$d},
                 "vision_config": {"model_type": "clip_vision_model", %s, "image_size": %d, "patch_size": %d,
                  "num_channels": 3, "projection_dim": %1$d}}
                """, projection, config(text), context, vocab, config(vision), imageSize, patch));
        Files.writeString(folder.resolve("preprocessor_config.json"), String.format(Locale.ROOT, """
                {"crop_size": %d, "size": %1$d, "do_center_crop": true, "do_normalize": true, "do_resize": true,
                 "resample": 3, "feature_extractor_type": "CLIPFeatureExtractor",
                 "image_mean": [0.48145466, 0.4578275, 0.40821073],
                 "image_std": [0.26862954, 0.26130258, 0.27577711]}
                """, imageSize));
        RandomFile.writeSafetensors(folder.resolve("model.safetensors"), tensors(dtype), seed, listener);
    }

    private static String config(Tower tower) {
        return String.format(Locale.ROOT, """
                "hidden_size": %d, "num_hidden_layers": %d, "num_attention_heads": %d, "intermediate_size": %d,
                  "hidden_act": "quick_gelu", "layer_norm_eps": 1e-05""", tower.width, tower.layers,
                tower.heads, 4 * tower.width);
    }
}
