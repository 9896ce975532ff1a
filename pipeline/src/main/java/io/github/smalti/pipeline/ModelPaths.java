package io.github.smalti.pipeline;

import io.github.smalti.pipeline.internal.EmbeddedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/// Where the parts of a model lie.
///
/// @param dalle folder of the transformer and its tokenizer
/// @param vqgan folder or file of the image codec
/// @param clip  folder or file of CLIP, or null: then images are not ranked
public record ModelPaths(Path dalle, Path vqgan, Path clip) {
    private static final String STAGE_1 = "stage1_last.ckpt";
    /// Files of transformers that are published without a folder of their own.
    private static final List<String> TRANSFORMERS = List.of("stage2_last.ckpt", "pytorch_model.bin",
            "pytorch_model_v2.bin", "pytorch_model_v3.bin");

    /// Checks that nothing but CLIP is missing.
    public ModelPaths {
        Objects.requireNonNull(dalle, "dalle");
        Objects.requireNonNull(vqgan, "vqgan");
    }

    /// The parts in a folder.
    ///
    /// | layout | transformer | image codec |
    /// |---|---|---|
    /// | `dalle/`, `vqgan/` | `dalle/` | `vqgan/` |
    /// | ruDALL-E: `pytorch_model.bin` (`_v2`, `_v3`), `vqgan/` | the folder | `vqgan/` |
    /// | minDALL-E's archive: `stage2_last.ckpt`, `stage1_last.ckpt` | the folder | `stage1_last.ckpt` |
    ///
    /// `clip/` in any of them ranks.
    ///
    /// @param folder the folder
    /// @throws ModelUnavailableException if a transformer or an image codec is missing
    public static ModelPaths of(Path folder) {
        if (!Files.isDirectory(folder)) throw new ModelUnavailableException(folder + ": no such folder", null);
        Path dalle = folder.resolve("dalle");
        if (!Files.isDirectory(dalle) && TRANSFORMERS.stream().anyMatch(name -> Files.exists(folder.resolve(name)))) {
            dalle = folder;
        }
        Path vqgan = folder.resolve("vqgan");
        if (!Files.isDirectory(vqgan) && Files.exists(folder.resolve(STAGE_1))) vqgan = folder.resolve(STAGE_1);
        requireFound(folder, "dalle", dalle);
        requireFound(folder, "vqgan", vqgan);
        Path clip = folder.resolve("clip");
        return new ModelPaths(dalle, vqgan, Files.isDirectory(clip) ? clip : null);
    }

    private static void requireFound(Path folder, String part, Path found) {
        if (Files.exists(found)) return;
        throw new ModelUnavailableException(folder + ": expected a folder with dalle/, vqgan/ and clip/ (clip may be "
                + "missing), or ruDALL-E's or minDALL-E's files, found no " + part
                + "/; name the three folders singly if they lie elsewhere", null);
    }

    /// The parts of the embedded model, unpacked into the cache folder if they lie in a jar.
    ///
    /// The cache folder is `$SMALTI_CACHE`, else `$XDG_CACHE_HOME/smalti`, else `~/.cache/smalti`, else a private
    /// folder for temporary files.
    ///
    /// @throws ModelUnavailableException if the artifact `smalti-models` is missing or cannot be unpacked
    public static ModelPaths embedded() { return of(EmbeddedModel.folder()); }
}
