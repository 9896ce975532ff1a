package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.layer.AttentionPattern;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A ruDALL-E folder: a state dict whose shapes tell the sizes, and perhaps a `config.json` with the constructor's settings.
///
/// What shapes do not tell, and the published folders say nowhere: heads and version, see [#heads] and [#version]. What a
/// `config.json` says besides must agree with the shapes.
///
/// @param folder where the files lie
/// @param file   the checkpoint
record RuDalleFiles(Path folder, Path file) implements GeneratorFiles {
    /// What such a folder holds, for messages.
    static final String EXPECTED = "pytorch_model.bin with image_row_embeddings.weight";

    private static final List<String> FILES = List.of("pytorch_model_v3.bin", "pytorch_model_v2.bin",
            "pytorch_model.bin", "pytorch_model_v3.safetensors", "pytorch_model_v2.safetensors",
            "pytorch_model.safetensors", "model.safetensors");
    /// No other family has it.
    private static final String MARK = "image_row_embeddings.weight";
    /// The buffer that tells the version where the file's name does not.
    private static final String MASK = "transformer.conv_mask";
    private static final String CONFIG = "config.json";
    private static final int MAX_SIZE = 1 << 22;
    private static final int MAX_WIDTH = 1 << 16;
    private static final int MAX_LENGTH = 1 << 14;
    private static final int MAX_GRID = 1 << 7;
    private static final int MAX_LAYERS = 1024;

    /// Where the state dict keeps what [RuDalle] asks for.
    static final DecoderNames NAMES = new DecoderNames("transformer.layers.", Map.of(
            "attention_norm", "input_layernorm",
            "attention.query_key_value", "attention.query_key_value",
            "attention.out", "attention.dense",
            "attention_out_norm", "before_first_addition_layernorm",
            "feed_forward_norm", "post_attention_layernorm",
            "feed_forward.up", "mlp.dense_h_to_4h",
            "feed_forward.down", "mlp.dense_4h_to_h",
            "feed_forward_out_norm", "before_second_addition_layernorm"),
            Map.of(
                    "text_tokens", "text_embeddings",
                    "text_positions", "text_pos_embeddings",
                    "image_tokens", "image_embeddings",
                    "image_rows", "image_row_embeddings",
                    "image_cols", "image_col_embeddings",
                    "final_norm", "transformer.final_layernorm",
                    "head_norm", "to_logits.0",
                    "head", "to_logits.1"));

    /// Whether a folder has such a checkpoint.
    static boolean isIn(Path folder) {
        for (String name : FILES) {
            Path file = folder.resolve(name);
            if (!Files.exists(file)) continue;
            try (Checkpoint checkpoint = Checkpoints.open(file)) {
                return checkpoint.has(MARK);
            }
        }
        return false;
    }

    /// Finds the checkpoint.
    ///
    /// @throws WeightsException if there is none
    static RuDalleFiles in(Path folder) {
        for (String name : FILES) {
            Path file = folder.resolve(name);
            if (Files.exists(file)) return new RuDalleFiles(folder, file);
        }
        throw new WeightsException(folder.toString(), "", "no ruDALL-E model here: expected " + EXPECTED);
    }

    @Override
    public List<Path> files() { return List.of(file); }

    @Override
    public RuDalle load(Compute compute, Precision precision) {
        RuDalleConfig config = config();
        long mappedBytes = byteSize();
        return GeneratorFiles.open(file, NAMES, compute, precision, weights -> {
            if (weights.has(MASK)) weights.tensor(MASK); // so that a packed file keeps it: it tells the version
            return new RuDalle(config, weights, mappedBytes);
        });
    }

    @Override
    public MemoryPlan plan(Precision precision, int images, boolean guided) {
        DecoderConfig decoder = config().decoder();
        return weightPlan(DecoderPlan.weightBytes(decoder, precision))
                .plus(DecoderPlan.session(decoder, precision, images, guided));
    }

    /// The configuration, from the shapes.
    RuDalleConfig config() {
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            RuDalleConfig inferred = infer(checkpoint);
            Path said = folder.resolve(CONFIG);
            RuDalleConfig config = Files.exists(said) ? checked(ModelConfig.readJson(said), inferred) : inferred;
            if (config.dModel() % config.headCount() != 0) {
                throw new WeightsException(checkpoint.file(), "text_embeddings.weight", "width " + config.dModel()
                        + " is no multiple of " + config.headCount() + " heads; say num_attention_heads in " + CONFIG);
            }
            return config;
        }
    }

    private RuDalleConfig infer(Checkpoint checkpoint) {
        int layers = 0;
        while (layers < MAX_LAYERS && checkpoint.has(NAMES.layers() + layers + ".input_layernorm.weight")) layers++;
        if (layers == 0) {
            throw new WeightsException(checkpoint.file(), NAMES.layers() + "0.input_layernorm.weight",
                    "expected layers, found none");
        }
        int dModel = size(checkpoint, "text_embeddings.weight", 1, 1, MAX_WIDTH);
        int textLength = size(checkpoint, "text_pos_embeddings.weight", 0, 2, MAX_LENGTH) - 1;
        int textVocabSize = size(checkpoint, "text_embeddings.weight", 0, textLength, MAX_SIZE);
        int codebookSize = size(checkpoint, "image_embeddings.weight", 0, 1, MAX_SIZE);
        int grid = size(checkpoint, MARK, 0, 2, MAX_GRID);
        boolean isSandwich = checkpoint.has(NAMES.layers() + "0.before_first_addition_layernorm.weight");
        return new RuDalleConfig(layers, dModel, heads(dModel), textVocabSize, textLength, codebookSize, grid,
                isSandwich, version(checkpoint, textLength, grid));
    }

    /// Heads of the published sizes: 16 for width 2048, and 64 numbers a head for all others (3840 has 60, 768 has 12).
    private static int heads(int dModel) { return dModel == 2048 ? 16 : Math.max(1, dModel / 64); }

    /// By the file's name as published, else by the buffer of the convolutional mask, which wraps around in v2 alone.
    ///
    /// On grids that the square covers whole, both versions have the same mask; then v3 is taken, as upstream's default.
    private RuDalleConfig.Version version(Checkpoint checkpoint, int textLength, int grid) {
        String name = String.valueOf(file.getFileName());
        if (name.contains("_v2")) return RuDalleConfig.Version.V2;
        if (name.contains("_v3") || !checkpoint.has(MASK)) return RuDalleConfig.Version.V3;
        TensorView mask = checkpoint.tensor(MASK);
        int size = textLength + grid * grid;
        if (mask.rank() != 2 || mask.size(0) != size || mask.size(1) != size) {
            throw new WeightsException(checkpoint.file(), MASK,
                    "expected " + TensorView.describe(null, size, size) + ", found " + mask);
        }
        int corner = grid - 1; // the end of the first row: only what wraps around sees its beginning
        boolean differs = !new AttentionPattern.Convolution(grid, RuDalleConfig.CONVOLUTION, false).sees(corner, 0);
        float sees = mask.dtype().isFloat()
                ? mask.at(textLength + corner, textLength)
                : mask.slice(0, textLength + corner, textLength + corner + 1).slice(1, textLength, textLength + 1)
                        .toLongs()[0];
        return differs && sees != 0 ? RuDalleConfig.Version.V2 : RuDalleConfig.Version.V3;
    }

    private static RuDalleConfig checked(ModelConfig said, RuDalleConfig inferred) {
        String type = said.optionalString("model_type", "rudalle");
        if (!type.equals("rudalle")) {
            throw said.fault("model_type", "expected rudalle, found " + type + "; this is another model family");
        }
        expect(said, "num_layers", inferred.layerCount());
        expect(said, "hidden_size", inferred.dModel());
        expect(said, "vocab_size", inferred.textVocabSize());
        expect(said, "image_vocab_size", inferred.codebookSize());
        expect(said, "text_seq_length", inferred.textLength());
        expect(said, "image_tokens_per_dim", inferred.gridSize());
        if (said.optionalBoolean("cogview_sandwich_layernorm", inferred.isSandwich()) != inferred.isSandwich()) {
            throw said.fault("cogview_sandwich_layernorm",
                    "expected " + inferred.isSandwich() + " as in the checkpoint, found " + !inferred.isSandwich());
        }
        if (said.optionalDouble("layernorm_epsilon", 1e-5) != 1e-5) {
            throw said.fault("layernorm_epsilon", "expected 1e-5; other values are not supported");
        }
        String activation = said.optionalString("mlp_activation", "gelu_jit");
        if (!activation.startsWith("gelu_jit")) {
            throw said.fault("mlp_activation", "expected gelu_jit, found " + activation);
        }
        int heads = said.optionalInt("num_attention_heads", inferred.headCount(), 1, inferred.dModel());
        String version = said.optionalString("hf_version",
                inferred.version().name().toLowerCase(Locale.ROOT));
        return new RuDalleConfig(inferred.layerCount(), inferred.dModel(), heads, inferred.textVocabSize(),
                inferred.textLength(), inferred.codebookSize(), inferred.gridSize(), inferred.isSandwich(),
                switch (version) {
                    case "v2" -> RuDalleConfig.Version.V2;
                    case "v3" -> RuDalleConfig.Version.V3;
                    default -> throw said.fault("hf_version", "expected v2 or v3, found " + version);
                });
    }

    private static void expect(ModelConfig said, String key, int inCheckpoint) {
        int found = said.optionalInt(key, inCheckpoint, Integer.MIN_VALUE, Integer.MAX_VALUE);
        if (found != inCheckpoint) {
            throw said.fault(key, "expected " + inCheckpoint + " as in the checkpoint, found " + found);
        }
    }

    private static int size(Checkpoint checkpoint, String name, int axis, int least, int most) {
        TensorView tensor = checkpoint.tensor(name);
        if (tensor.rank() != 2 || tensor.size(axis) < least || tensor.size(axis) > most) {
            throw new WeightsException(checkpoint.file(), name, "expected a matrix with " + least + " to " + most
                    + (axis == 0 ? " rows" : " columns") + ", found " + tensor);
        }
        return (int) tensor.size(axis);
    }
}
