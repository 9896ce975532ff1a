package io.github.smalti.dvae;

import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Where a VQGAN's files lie.
///
/// | given | checkpoint |
/// |---|---|
/// | a file | that file |
/// | a folder | `flax_model.msgpack`, else `stage1_last.ckpt` or `.safetensors` (minDALL-E) or its only `*.ckpt`, else `model.safetensors` (several by their index), else `detoker.pt` or `detoker.safetensors` |
///
/// The configuration is `config.json`, `model.yaml`, `config.yaml` or `model.json` beside the checkpoint, the YAML
/// files first for a `*.ckpt`; where there is none, sizes follow from the tensors' shapes.
///
/// @param checkpoint the checkpoint
/// @param config     its configuration, or null if there is none
record VqganFiles(Path checkpoint, Path config) {
    private static final String FLAX = "flax_model.msgpack";
    /// minDALL-E's image codec; its transformer lies beside it as another `*.ckpt`.
    private static final String MIN_DALLE = "stage1_last.ckpt";
    private static final String MIN_DALLE_CONVERTED = "stage1_last.safetensors";
    private static final String[] FLAX_FIRST = {"config.json", "model.yaml", "config.yaml", "model.json"};
    private static final String[] LAST = {"model.safetensors.index.json", "model.safetensors", "detoker.pt",
            "detoker.safetensors"};
    private static final String[] YAML_FIRST = {"model.yaml", "config.yaml", "model.json", "config.json"};

    /// Finds the files.
    ///
    /// @param folderOrFile a folder or a checkpoint
    /// @return checkpoint and configuration
    /// @throws WeightsException if there is no checkpoint, or more than one `*.ckpt`
    static VqganFiles find(Path folderOrFile) {
        Path checkpoint = Files.isDirectory(folderOrFile) ? checkpointIn(folderOrFile) : folderOrFile;
        for (String name : isTaming(checkpoint) ? YAML_FIRST : FLAX_FIRST) {
            Path config = checkpoint.resolveSibling(name);
            if (Files.isRegularFile(config)) return new VqganFiles(checkpoint, config);
        }
        return new VqganFiles(checkpoint, null);
    }

    /// Reads the configuration.
    ///
    /// @return its root; null if there is none
    ModelConfig readConfig() {
        if (config == null) return null;
        return config.toString().endsWith(".json") ? ModelConfig.readJson(config) : ModelConfig.readYaml(config);
    }

    /// Size of the checkpoint.
    long checkpointBytes() { return Checkpoints.byteSize(checkpoint); }

    private static boolean isTaming(Path checkpoint) { return checkpoint.toString().endsWith(".ckpt"); }

    /// Whether a folder holds a checkpoint by name.
    static boolean isIn(Path folder) {
        for (String name : new String[]{FLAX, MIN_DALLE, MIN_DALLE_CONVERTED}) {
            if (Files.isRegularFile(folder.resolve(name))) return true;
        }
        for (String name : LAST) { if (Files.isRegularFile(folder.resolve(name))) return true; }
        return !tamingIn(folder).isEmpty();
    }

    private static Path checkpointIn(Path folder) {
        for (String name : new String[]{FLAX, MIN_DALLE, MIN_DALLE_CONVERTED}) {
            if (Files.isRegularFile(folder.resolve(name))) return folder.resolve(name);
        }
        List<Path> taming = tamingIn(folder);
        if (taming.size() == 1) return taming.getFirst();
        if (taming.size() > 1) {
            throw new WeightsException(folder.toString(), "", "expected one *.ckpt, found " + taming.size()
                    + "; give the file instead of the folder");
        }
        for (String name : LAST) { if (Files.isRegularFile(folder.resolve(name))) return folder.resolve(name); }
        throw new WeightsException(folder.toString(), "", "expected flax_model.msgpack, *.ckpt, model.safetensors or"
                + " detoker.pt, found none; give the folder of a VQGAN");
    }

    private static List<Path> tamingIn(Path folder) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.ckpt")) {
            for (Path file : files) found.add(file);
        } catch (IOException e) {
            throw new WeightsException(folder.toString(), "", "the folder cannot be read: " + e.getMessage(), e);
        }
        return found;
    }
}
