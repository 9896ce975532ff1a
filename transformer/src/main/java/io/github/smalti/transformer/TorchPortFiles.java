package io.github.smalti.transformer;

import io.github.smalti.core.TensorView;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.TensorLocation;
import io.github.smalti.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/// The PyTorch port kuprel/min-dalle: two state dicts, or the same as safetensors, and no configuration; sizes follow from
/// shapes.
///
/// Heads do not: the published sizes have 64 numbers a head. A file `sizes.json` beside the checkpoints may say
/// otherwise in `attention_head_count`; what else it says (`embed_count`, `glu_embed_count`, `layer_count`,
/// `text_vocab_count`, `text_token_count`, `image_vocab_count`, `image_token_count`) must agree with the shapes.
///
/// @param folder  where the files lie
/// @param encoder the encoder's state dict
/// @param decoder the decoder's state dict
record TorchPortFiles(Path folder, Path encoder, Path decoder) implements DalleBartFiles {
    private static final int HEAD_DIM = 64;
    /// The port samples from the first 16384 rows of both published models, as many as their image codec has.
    private static final int PUBLISHED_CODES = 16384;
    private static final int MAX_SIZE = 1 << 22;
    private static final String FIRST_GATE = "layers.0.glu.fc0.weight";

    @Override
    public List<Path> files() { return List.of(encoder, decoder); }

    @Override
    public Function<String, TensorLocation> names(Checkpoint checkpoint, DalleBartConfig config) {
        return DalleBartNames.torchPort();
    }

    @Override
    public DalleBartConfig config() {
        try (Checkpoint text = Checkpoints.open(encoder); Checkpoint image = Checkpoints.open(decoder)) {
            return infer(text, image);
        }
    }

    private DalleBartConfig infer(Checkpoint text, Checkpoint image) {
        int dModel = size(text, "embed_tokens.weight", 1);
        int textVocabSize = size(text, "embed_tokens.weight", 0);
        int textLength = size(text, "embed_positions.weight", 0);
        int imageRows = size(image, "embed_tokens.weight", 0);
        int imageLength = size(image, "embed_positions.weight", 0);
        int ffnDim = size(text, FIRST_GATE, 0);
        int heads = Math.max(1, dModel / HEAD_DIM);
        Path file = folder.resolve("sizes.json");
        if (Files.exists(file)) {
            ModelConfig sizes = ModelConfig.readJson(file);
            heads = sizes.optionalInt("attention_head_count", heads, 1, dModel);
            expect(sizes, "embed_count", dModel);
            expect(sizes, "glu_embed_count", ffnDim);
            expect(sizes, "layer_count", layers(text));
            expect(sizes, "layer_count", layers(image));
            expect(sizes, "text_vocab_count", textVocabSize);
            expect(sizes, "text_token_count", textLength);
            expect(sizes, "image_vocab_count", imageRows - 1);
            expect(sizes, "image_token_count", imageLength);
        }
        if (dModel % heads != 0) {
            throw new WeightsException(text.file(), "embed_tokens.weight", "width " + dModel + " is no multiple of "
                    + heads + " heads; say attention_head_count in sizes.json");
        }
        if (imageRows < 2) {
            throw new WeightsException(image.file(), "embed_tokens.weight",
                    "expected two rows or more (codes and the start token), found " + imageRows);
        }
        return new DalleBartConfig(dModel,
                new DalleBartConfig.Stack(layers(text), heads, ffnDim, text.has("final_ln.bias")),
                new DalleBartConfig.Stack(layers(image), heads, size(image, FIRST_GATE, 0),
                        image.has("final_ln.bias")),
                textVocabSize, textLength, imageRows, imageLength, Math.min(imageRows - 1, PUBLISHED_CODES),
                text.has("layers.0.self_attn.q_proj.bias"), false, !image.has("lm_head.weight"), true,
                Activation.GELU, true, false);
    }

    private static void expect(ModelConfig sizes, String key, int inCheckpoint) {
        int said = sizes.optionalInt(key, inCheckpoint, 1, Integer.MAX_VALUE);
        if (said != inCheckpoint) {
            throw sizes.fault(key, "expected " + inCheckpoint + " as in the checkpoint, found " + said);
        }
    }

    private static int size(Checkpoint checkpoint, String name, int axis) {
        TensorView tensor = checkpoint.tensor(name);
        if (tensor.rank() != 2 || tensor.size(axis) < 1 || tensor.size(axis) > MAX_SIZE) {
            throw new WeightsException(checkpoint.file(), name,
                    "expected a matrix of at most " + MAX_SIZE + " rows and columns, found " + tensor);
        }
        return (int) tensor.size(axis);
    }

    private static int layers(Checkpoint checkpoint) {
        int layers = 0;
        while (checkpoint.has("layers." + layers + ".glu.fc0.weight")) layers++;
        return layers;
    }
}
