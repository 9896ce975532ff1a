package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// A minDALL-E folder: `config.yaml` and the second stage's checkpoint.
///
/// @param folder where the files lie
/// @param file   the checkpoint
record MinDalleFiles(Path folder, Path file) implements GeneratorFiles {
    /// What such a folder holds, for messages.
    static final String EXPECTED = "config.yaml and stage2_last.ckpt";

    private static final String CONVERTED = "model.safetensors";
    private static final List<String> FILES = List.of("stage2_last.ckpt", "stage2_last.safetensors", CONVERTED);
    /// No other family has it.
    private static final String MARK = "tok_emb_img.weight";
    private static final Map<String, String> LAYER = Map.of(
            "attention_norm", "ln1",
            "attention.query", "attn.query",
            "attention.key", "attn.key",
            "attention.value", "attn.value",
            "attention.out", "attn.proj",
            "feed_forward_norm", "ln2",
            "feed_forward.up", "mlp.0",
            "feed_forward.down", "mlp.2");

    /// Whether a folder has such a checkpoint.
    static boolean isIn(Path folder) {
        Path file = find(folder);
        if (file == null || !file.endsWith(CONVERTED)) return file != null;
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            return checkpoint.has(MARK);
        }
    }

    /// The checkpoint in a folder, or null.
    private static Path find(Path folder) {
        return FILES.stream().map(folder::resolve).filter(Files::exists).findFirst().orElse(null);
    }

    /// Finds the checkpoint.
    ///
    /// @throws WeightsException if there is none
    static MinDalleFiles in(Path folder) {
        Path file = find(folder);
        if (file != null) return new MinDalleFiles(folder, file);
        throw new WeightsException(folder.toString(), "", "no minDALL-E model here: expected " + EXPECTED);
    }

    /// Where the state dict keeps what [MinDalle] asks for.
    static DecoderNames names(MinDalleConfig config) {
        boolean isText = config.promptKind() == PromptKind.TEXT;
        return new DecoderNames("blocks.", LAYER, Map.of(
                "text_tokens", "tok_emb_txt",
                "text_positions", "pos_emb_txt",
                "class_tokens", "sos",
                "start_token", "sos",
                "image_tokens", "tok_emb_img",
                "image_positions", "pos_emb_img",
                "final_norm", "ln_f",
                "head", isText ? "head_img" : "head"));
    }

    @Override
    public List<Path> files() { return List.of(file); }

    /// The configuration.
    MinDalleConfig config() { return MinDalleConfig.of(ModelConfig.readYaml(folder.resolve("config.yaml"))); }

    @Override
    public MinDalle load(Compute compute, Precision precision) {
        MinDalleConfig config = config();
        refuseMore(config);
        long mappedBytes = byteSize();
        return GeneratorFiles.open(file, names(config), compute, precision,
                weights -> new MinDalle(config, weights, mappedBytes));
    }

    @Override
    public MemoryPlan plan(Precision precision, int images, boolean guided) {
        DecoderConfig decoder = config().decoder();
        return weightPlan(DecoderPlan.weightBytes(decoder, precision))
                .plus(DecoderPlan.session(decoder, precision, images, guided));
    }

    /// What the configuration leaves out but the checkpoint holds would be left out silently, and the model draw noise.
    private void refuseMore(MinDalleConfig config) {
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            refuse(checkpoint, "blocks." + config.layerCount() + ".ln1.weight",
                    config.layerCount() + " layers as config.yaml says in n_layers");
            if (!config.attentionBias()) {
                refuse(checkpoint, "blocks.0.attn.query.bias", "no biases as config.yaml says in attn_bias");
            }
            if (!config.feedForwardBias()) {
                refuse(checkpoint, "blocks.0.mlp.0.bias", "no biases as config.yaml says in mlp_bias");
            }
            if (config.promptKind() != PromptKind.TEXT) {
                refuse(checkpoint, "tok_emb_txt.weight", "no texts as config.yaml says in type");
            }
        }
    }

    private static void refuse(Checkpoint checkpoint, String tensor, String expected) {
        if (!checkpoint.has(tensor)) return;
        throw new WeightsException(checkpoint.file(), tensor, "expected " + expected + ", found "
                + checkpoint.tensor(tensor));
    }
}
