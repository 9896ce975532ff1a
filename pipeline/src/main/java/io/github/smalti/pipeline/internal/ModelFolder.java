package io.github.smalti.pipeline.internal;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Where the parts of a model lie in one folder.
///
/// | folder | transformer and tokenizer | image codec |
/// |---|---|---|
/// | `dalle/`, `vqgan/`, of any family | `dalle/` | `vqgan/` |
/// | minDALL-E's archive | the folder, with `stage2_last.ckpt`, `config.yaml` and `tokenizer/` | its `stage1_last.ckpt` |
/// | ruDALL-E | the folder, with `pytorch_model.bin` and `bpe.model` or `tokenizer/bpe.model` | `vqgan/`, or its only other `*.ckpt` or `*.safetensors` |
///
/// The same with `.safetensors` for what was converted. CLIP is `clip/` in all of them.
///
/// @param folder the folder
public record ModelFolder(Path folder) {
    private static final List<String> MINDALLE_CODEC = List.of("stage1_last.ckpt", "stage1_last.safetensors");
    private static final List<String> OWN_TRANSFORMER = List.of("stage2_last.ckpt", "stage2_last.safetensors",
            "pytorch_model.bin", "pytorch_model_v2.bin", "pytorch_model_v3.bin", "pytorch_model.safetensors",
            "pytorch_model_v2.safetensors", "pytorch_model_v3.safetensors");
    private static final String RUDALLE_TOKENIZER = "bpe.model";

    /// Folder of the transformer, or null.
    public Path dalle() {
        Path part = folder.resolve("dalle");
        if (Files.isDirectory(part)) return part;
        boolean isOwn = OWN_TRANSFORMER.stream().anyMatch(name -> Files.isRegularFile(folder.resolve(name)));
        return isOwn ? folder : null;
    }

    /// Folder or file of the image codec, or null.
    public Path vqgan() {
        Path part = folder.resolve("vqgan");
        if (Files.isDirectory(part)) return part;
        for (String name : MINDALLE_CODEC) {
            if (Files.isRegularFile(folder.resolve(name))) return folder.resolve(name);
        }
        List<Path> others = checkpoints();
        return others.size() == 1 ? others.getFirst() : null;
    }

    /// Folder of CLIP, or null.
    public Path clip() {
        Path part = folder.resolve("clip");
        return Files.isDirectory(part) ? part : null;
    }

    private List<Path> checkpoints() {
        List<Path> found = new ArrayList<>();
        try (var files = Files.newDirectoryStream(folder, "*.{ckpt,safetensors}")) {
            for (Path file : files) if (!OWN_TRANSFORMER.contains(file.getFileName().toString())) found.add(file);
        } catch (IOException | DirectoryIteratorException _) {
            return List.of(); // a folder that cannot be read holds nothing; loading a part tells it better
        }
        return found;
    }

    /// Folder of a transformer's tokenizer.
    ///
    /// @param dalle folder of the transformer
    static Path tokenizer(Path dalle) {
        Path inner = dalle.resolve("tokenizer");
        boolean isInner = !Files.exists(dalle.resolve(RUDALLE_TOKENIZER))
                && Files.isRegularFile(inner.resolve(RUDALLE_TOKENIZER));
        return isInner ? inner : dalle;
    }
}
