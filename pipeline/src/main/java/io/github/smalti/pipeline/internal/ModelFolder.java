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
/// | ruDALL-E | the folder, with `pytorch_model.bin` and `bpe.model` or `tokenizer/bpe.model` | `vqgan/`, or its only `*.ckpt` |
///
/// CLIP is `clip/` in all of them.
///
/// @param folder the folder
public record ModelFolder(Path folder) {
    private static final String MINDALLE_TRANSFORMER = "stage2_last.ckpt";
    private static final String MINDALLE_CODEC = "stage1_last.ckpt";
    private static final List<String> OWN_TRANSFORMER = List.of(MINDALLE_TRANSFORMER, "pytorch_model.bin",
            "pytorch_model_v2.bin", "pytorch_model_v3.bin");
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
        Path codec = folder.resolve(MINDALLE_CODEC);
        if (Files.isRegularFile(codec)) return codec;
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
        try (var files = Files.newDirectoryStream(folder, "*.ckpt")) {
            for (Path file : files) if (!file.endsWith(MINDALLE_TRANSFORMER)) found.add(file);
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
