package io.github.smalti.transformer;

import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.TensorLocation;
import io.github.smalti.weights.WeightsException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/// `config.json` beside `flax_model.msgpack`, as on the model hub, or beside the same tensors as
/// `model.safetensors`, in one file or in several with their index.
///
/// @param configFile the configuration
/// @param file       the checkpoint
record PublishedFiles(Path configFile, Path file) implements DalleBartFiles {
    @Override
    public List<Path> files() { return List.of(file); }

    @Override
    public DalleBartConfig config() { return DalleBartConfig.of(ModelConfig.readJson(configFile)); }

    @Override
    public Function<String, TensorLocation> names(Checkpoint checkpoint, DalleBartConfig config) {
        boolean isFlax = checkpoint.names().stream().anyMatch(name -> name.contains("/"));
        Function<String, TensorLocation> names = isFlax
                ? DalleBartNames.flax(config.scannedLayers())
                : TensorLocation::of;
        String first = names.apply("encoder.layers.0.self_attn.q_proj.weight").name();
        if (isFlax && !checkpoint.has(first)) {
            throw new WeightsException(checkpoint.file(), first, "expected this tensor since config.json says use_scan "
                    + config.scannedLayers() + ", found none");
        }
        refuseMore(checkpoint, names, "encoder", config.encoder(), config.useBias());
        refuseMore(checkpoint, names, "decoder", config.decoder(), config.useBias());
        return names;
    }

    /// What the configuration leaves out but the checkpoint holds would be left out silently, and the model draw noise.
    private static void refuseMore(Checkpoint checkpoint, Function<String, TensorLocation> names, String side,
            DalleBartConfig.Stack stack, boolean useBias) {
        TensorLocation extra = names.apply(side + ".layers." + stack.layerCount() + ".self_attn.q_proj.weight");
        boolean isStacked = extra.stackIndex() >= 0;
        if (checkpoint.has(extra.name())
                && (!isStacked || checkpoint.tensor(extra.name()).size(0) > stack.layerCount())) {
            throw new WeightsException(checkpoint.file(), extra.name(), "expected " + stack.layerCount()
                    + " layers as config.json says in " + side + "_layers, found "
                    + (isStacked ? checkpoint.tensor(extra.name()).toString() : "more"));
        }
        String bias = names.apply(side + ".layers.0.self_attn.q_proj.bias").name();
        if (!useBias && checkpoint.has(bias)) {
            throw new WeightsException(checkpoint.file(), bias, "expected no biases as config.json says in use_bias, "
                    + "found " + checkpoint.tensor(bias));
        }
        String norm = names.apply(side + ".final_ln.bias").name();
        if (!stack.finalNorm() && checkpoint.has(norm)) {
            throw new WeightsException(checkpoint.file(), norm, "expected no final norm as config.json says in "
                    + "use_final_ln_" + side + ", found " + checkpoint.tensor(norm));
        }
    }
}
