package io.github.smalti.weights.internal;

import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Which file of a folder is its checkpoint.
///
/// | folder with | checkpoint |
/// |---|---|
/// | `model.safetensors.index.json` | the files that it names |
/// | `model.safetensors`, else `flax_model.msgpack`, else `pytorch_model.bin` | that file |
/// | one other file with the suffix of a checkpoint | that file |
public final class CheckpointFolder {
    private static final List<String> NAMES = List.of("model.safetensors.index.json", "model.safetensors",
            "flax_model.msgpack", "pytorch_model.bin");
    private static final List<String> SUFFIXES = List.of(".safetensors", ".msgpack", ".bin", ".pt", ".pth", ".ckpt",
            ".pkl");

    private CheckpointFolder() {}

    /// The checkpoint of a folder; what is no folder is its own.
    ///
    /// @param path a folder or a file
    /// @return the file to open
    /// @throws WeightsException if the folder holds no checkpoint or several of which none has a known name
    public static Path resolve(Path path) {
        if (!Files.isDirectory(path)) return path;
        for (String name : NAMES) if (Files.isRegularFile(path.resolve(name))) return path.resolve(name);
        List<String> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (SUFFIXES.stream().anyMatch(name::endsWith) && Files.isRegularFile(file)) found.add(name);
            }
        } catch (IOException e) {
            throw new WeightsException(path.toString(), "", "the folder cannot be read: " + e.getMessage(), e);
        }
        if (found.size() == 1) return path.resolve(found.getFirst());
        throw new WeightsException(path.toString(), "", found.isEmpty()
                ? "expected a checkpoint in this folder, found none; check the path"
                : "expected one checkpoint in this folder, found " + found.size() + "; give one of them: "
                        + String.join(", ", found.stream().sorted().toList()));
    }
}
