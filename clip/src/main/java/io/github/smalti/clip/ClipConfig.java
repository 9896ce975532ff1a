package io.github.smalti.clip;

import io.github.smalti.core.kernel.Activation;
import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.Weights;
import io.github.smalti.weights.WeightsException;

/// Sizes of both towers, from Hugging Face's `config.json` or from the shapes of OpenAI's tensors.
///
/// @param text  the text tower
/// @param image the image tower
record ClipConfig(TextTransformer.Config text, VisionTransformer.Config image) {
    /// Limits that keep scratch far from overflow; the largest published CLIP has width 1,664 and 1,370 tokens.
    private static final int MAX_WIDTH = 8192;
    private static final int MAX_FFN = 32768;
    private static final int MAX_LAYERS = 256;
    private static final int MAX_TOKENS = 8192;
    private static final int MAX_VOCAB = 10_000_000;
    private static final int MAX_IMAGE = 2048;
    /// Floats of one scratch array: 1 GB.
    private static final long MAX_SCRATCH = 1L << 28;

    private static final int OPEN_AI_HEAD_DIM = 64;
    private static final int OPEN_AI_FFN_FACTOR = 4;
    private static final float OPEN_AI_EPS = 1e-5f;

    /// Sequences that are computed together: enough to read weights rarely, few enough to bound scratch.
    static int atOnce(Transformer.Config config, int tokens, int most) {
        return Math.clamp(MAX_SCRATCH / ((long) tokens * config.widestRow()), 1, most);
    }

    /// Reads Hugging Face's configuration; what is missing has the default of their `CLIPConfig`.
    ///
    /// @param config the file
    /// @return the sizes
    /// @throws WeightsException if a value is missing, malformed or not supported
    static ClipConfig read(ModelConfig config) {
        int embeddingSize = config.requireInt("projection_dim", 1, MAX_WIDTH);
        ModelConfig text = config.in("text_config");
        ModelConfig vision = config.in("vision_config");
        var textTower = new TextTransformer.Config(transformer(text, 512, 8), //
                text.optionalInt("max_position_embeddings", 77, 2, MAX_TOKENS),
                text.optionalInt("vocab_size", 49_408, 1, MAX_VOCAB), embeddingSize);
        int imageSize = vision.optionalInt("image_size", 224, 1, MAX_IMAGE);
        int patchSize = vision.optionalInt("patch_size", 32, 1, imageSize);
        var imageTower = new VisionTransformer.Config(transformer(vision, 768, 12), imageSize, patchSize,
                embeddingSize);
        return new ClipConfig(textTower, imageTower).checked(config.file());
    }

    private static Transformer.Config transformer(ModelConfig config, int width, int heads) {
        int hiddenSize = config.optionalInt("hidden_size", width, 1, MAX_WIDTH);
        return new Transformer.Config(hiddenSize, config.optionalInt("num_hidden_layers", 12, 1, MAX_LAYERS),
                config.optionalInt("num_attention_heads", heads, 1, MAX_WIDTH),
                config.optionalInt("intermediate_size", OPEN_AI_FFN_FACTOR * width, 1, MAX_FFN), activation(config),
                (float) config.optionalDouble("layer_norm_eps", OPEN_AI_EPS));
    }

    private static Activation activation(ModelConfig config) {
        String name = config.optionalString("hidden_act", "quick_gelu");
        return switch (name) {
            case "quick_gelu" -> Activation.QUICK_GELU;
            case "gelu" -> Activation.GELU;
            default -> throw config.fault("hidden_act", "expected quick_gelu or gelu, found " + name);
        };
    }

    /// Infers the sizes of a checkpoint of OpenAI.
    ///
    /// @param weights the way to its tensors, by Hugging Face's names
    /// @return the sizes
    /// @throws WeightsException if a tensor is missing or of a shape that no CLIP has
    static ClipConfig ofShapes(Weights weights) {
        Weights text = weights.in("text_model");
        Weights vision = weights.in("vision_model");
        int embeddingSize = size(weights, "text_projection.weight", 2, 0, MAX_WIDTH);
        var textTower = new TextTransformer.Config(transformer(text, "final_layer_norm.weight", 1),
                size(text, "embeddings.position_embedding.weight", 2, 0, MAX_TOKENS),
                size(text, "embeddings.token_embedding.weight", 2, 0, MAX_VOCAB), embeddingSize);
        int patchSize = size(vision, "embeddings.patch_embedding.weight", 4, 3, MAX_IMAGE);
        int positions = size(vision, "embeddings.position_embedding.weight", 2, 0, MAX_TOKENS);
        int grid = (int) Math.sqrt(positions - 1);
        if (grid < 1 || grid * grid != positions - 1 || (long) grid * patchSize > MAX_IMAGE) {
            throw new WeightsException(weights.file(), "visual.positional_embedding",
                    "expected a class token and a square of patches of at most " + MAX_IMAGE + " pixels, found "
                            + positions + " positions for patches of " + patchSize);
        }
        var imageTower = new VisionTransformer.Config(transformer(vision, "embeddings.patch_embedding.weight", 4),
                grid * patchSize, patchSize, embeddingSize);
        return new ClipConfig(textTower, imageTower).checked(weights.file());
    }

    private static Transformer.Config transformer(Weights tower, String widthTensor, int rank) {
        int width = size(tower, widthTensor, rank, 0, MAX_WIDTH);
        if (width % OPEN_AI_HEAD_DIM != 0) {
            throw new WeightsException(tower.file(), widthTensor, "expected a width that is a multiple of "
                    + OPEN_AI_HEAD_DIM + ", found " + width + "; without config.json heads are 64 wide");
        }
        int layers = 0;
        while (tower.in("encoder.layers", layers).has("layer_norm1.weight")) layers++;
        if (layers < 1 || layers > MAX_LAYERS) {
            throw new WeightsException(tower.file(), "",
                    "expected 1 to " + MAX_LAYERS + " layers of a transformer, found " + layers);
        }
        return new Transformer.Config(width, layers, width / OPEN_AI_HEAD_DIM, OPEN_AI_FFN_FACTOR * width,
                Activation.QUICK_GELU, OPEN_AI_EPS);
    }

    private static int size(Weights weights, String name, int rank, int axis, int max) {
        var tensor = weights.tensor(name);
        if (tensor.rank() != rank || tensor.size(axis) < 1 || tensor.size(axis) > max) {
            throw new WeightsException(weights.file(), name,
                    "expected rank " + rank + " and 1 to " + max + " along axis " + axis + ", found " + tensor);
        }
        return (int) tensor.size(axis);
    }

    private ClipConfig checked(String file) {
        for (Transformer.Config tower : new Transformer.Config[]{text.transformer(), image.transformer()}) {
            if (tower.width() % tower.headCount() != 0) {
                throw new WeightsException(file, "", "expected a number of heads that divides the width "
                        + tower.width() + ", found " + tower.headCount());
            }
            if (!(tower.eps() >= 0 && tower.eps() < 1)) {
                throw new WeightsException(file, "", "layer_norm_eps: expected 0 to 1, found " + tower.eps());
            }
        }
        if (image.imageSize() % image.patchSize() != 0) {
            throw new WeightsException(file, "", "expected a patch size that divides the image size "
                    + image.imageSize() + ", found " + image.patchSize());
        }
        if (image.grid() > Math.sqrt(MAX_TOKENS - 1)) {
            throw new WeightsException(file, "", "expected at most " + MAX_TOKENS + " tokens of a picture, found "
                    + image.grid() + " x " + image.grid() + " patches");
        }
        return this;
    }
}
