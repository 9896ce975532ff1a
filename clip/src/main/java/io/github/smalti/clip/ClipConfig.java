package io.github.smalti.clip;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.Weights;
import io.github.smalti.weights.WeightsException;
import java.util.ArrayList;
import java.util.List;

/// Sizes of both towers, from Hugging Face's `config.json` or from the shapes of OpenAI's tensors.
///
/// @param text  the text tower
/// @param image the image tower
record ClipConfig(TextTransformer.Config text, ImageTower.Config image) {
    /// Limits that keep scratch far from overflow; the largest published CLIP has width 1,664 and 1,370 tokens.
    private static final int MAX_WIDTH = 8192;
    private static final int MAX_FFN = 32768;
    private static final int MAX_LAYERS = 256;
    private static final int MAX_TOKENS = 8192;
    private static final int MAX_VOCAB = 10_000_000;
    private static final int MAX_IMAGE = 2048;
    /// The largest published ResNet, RN50x64, has width 128.
    private static final int MAX_RESNET_WIDTH = 256;
    /// Floats of one scratch array: 1 GB.
    private static final long MAX_SCRATCH = 1L << 28;

    private static final String RESNET_WIDTH = "layer1.0.conv1.weight";
    private static final int OPEN_AI_HEAD_DIM = 64;
    private static final int OPEN_AI_FFN_FACTOR = 4;
    private static final float OPEN_AI_EPS = 1e-5f;

    /// Sequences that are computed together: enough to read weights rarely, few enough to bound scratch.
    ///
    /// @param widestRow floats of a token's longest row of scratch
    /// @param tokens    tokens of a sequence
    /// @param most      the largest result
    static int atOnce(int widestRow, int tokens, int most) {
        return Math.clamp(MAX_SCRATCH / ((long) tokens * widestRow), 1, most);
    }

    /// Bytes that the packed weights of both towers take.
    long weightBytes(Precision precision) { return text.weightBytes(precision) + image.weightBytes(precision); }

    /// What a model of these sizes holds and what one call of pictures needs.
    ///
    /// @param fileBytes   bytes of the mapped file
    /// @param weightBytes bytes of the packed weights
    /// @param images      pictures of the call
    /// @param threads     threads that compute
    MemoryPlan plan(long fileBytes, long weightBytes, int images, int threads) {
        if (images < 0) throw new IllegalArgumentException("images: expected 0 or more, found " + images);
        return image.plan(Math.min(images, image.picturesAtOnce()), threads)
                .plus(new MemoryPlan(fileBytes, weightBytes, 0, 0));
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
        int embeddingSize = size(weights, "text_projection.weight", 2, 0, MAX_WIDTH);
        var textTower = new TextTransformer.Config(transformer(text, "final_layer_norm.weight", 1),
                size(text, "embeddings.position_embedding.weight", 2, 0, MAX_TOKENS),
                size(text, "embeddings.token_embedding.weight", 2, 0, MAX_VOCAB), embeddingSize);
        Weights visual = weights.in("visual");
        boolean isResNet = visual.has(RESNET_WIDTH);
        ImageTower.Config imageTower = isResNet
                ? resNet(visual, embeddingSize)
                : visionTransformer(weights.in("vision_model"), embeddingSize);
        return new ClipConfig(textTower, imageTower).checked(weights.file());
    }

    private static VisionTransformer.Config visionTransformer(Weights vision, int embeddingSize) {
        int patchSize = size(vision, "embeddings.patch_embedding.weight", 4, 3, MAX_IMAGE);
        int positions = size(vision, "embeddings.position_embedding.weight", 2, 0, MAX_TOKENS);
        int grid = grid(vision, "visual.positional_embedding", positions, patchSize);
        return new VisionTransformer.Config(transformer(vision, "embeddings.patch_embedding.weight", 4),
                grid * patchSize, patchSize, embeddingSize);
    }

    private static ResNetTower.Config resNet(Weights visual, int embeddingSize) {
        int width = size(visual, RESNET_WIDTH, 4, 0, MAX_RESNET_WIDTH);
        if (width % 2 != 0) {
            throw new WeightsException(visual.file(), "visual." + RESNET_WIDTH,
                    "expected an even width, half of which the stem has, found " + width);
        }
        List<Integer> blocks = new ArrayList<>();
        for (int stage = 1; stage <= ResNetTower.STAGES; stage++) {
            int count = 0;
            while (visual.in("layer" + stage, count).has("conv1.weight")) count++;
            if (count < 1 || count > MAX_LAYERS) {
                throw new WeightsException(visual.file(), "visual.layer" + stage,
                        "expected 1 to " + MAX_LAYERS + " bottlenecks, found " + count);
            }
            blocks.add(count);
        }
        int positions = size(visual, "attnpool.positional_embedding", 2, 0, MAX_TOKENS);
        int grid = grid(visual, "visual.attnpool.positional_embedding", positions, ResNetTower.REDUCTION);
        return new ResNetTower.Config(width, List.copyOf(blocks), grid * ResNetTower.REDUCTION, embeddingSize);
    }

    /// Cells along a side of the picture, of which each has a position, besides the class token or the mean.
    private static int grid(Weights weights, String tensor, int positions, int cellSize) {
        int grid = (int) Math.sqrt(positions - 1);
        if (grid >= 1 && grid * grid == positions - 1 && (long) grid * cellSize <= MAX_IMAGE) return grid;
        throw new WeightsException(weights.file(), tensor,
                "expected one position and those of a square of cells of at most " + MAX_IMAGE + " pixels, found "
                        + positions + " positions for cells of " + cellSize + " pixels");
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
        checkTransformer(file, text.transformer());
        if (!(image instanceof VisionTransformer.Config vision)) return this;
        checkTransformer(file, vision.transformer());
        if (vision.imageSize() % vision.patchSize() != 0) {
            throw new WeightsException(file, "", "expected a patch size that divides the image size "
                    + vision.imageSize() + ", found " + vision.patchSize());
        }
        if (vision.grid() > Math.sqrt(MAX_TOKENS - 1)) {
            throw new WeightsException(file, "", "expected at most " + MAX_TOKENS + " tokens of a picture, found "
                    + vision.grid() + " x " + vision.grid() + " patches");
        }
        return this;
    }

    private static void checkTransformer(String file, Transformer.Config tower) {
        if (tower.width() % tower.headCount() != 0) {
            throw new WeightsException(file, "", "expected a number of heads that divides the width " + tower.width()
                    + ", found " + tower.headCount());
        }
        if (!(tower.eps() >= 0 && tower.eps() < 1)) {
            throw new WeightsException(file, "", "layer_norm_eps: expected 0 to 1, found " + tower.eps());
        }
    }
}
