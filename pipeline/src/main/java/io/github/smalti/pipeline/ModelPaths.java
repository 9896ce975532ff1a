package io.github.smalti.pipeline;

import io.github.smalti.pipeline.internal.EmbeddedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/// Where the parts of a model lie.
///
/// @param dalle folder of the transformer and its tokenizer
/// @param vqgan folder or file of the image codec
/// @param clip  folder or file of CLIP, or null: then images are not ranked
public record ModelPaths(Path dalle, Path vqgan, Path clip) {
    /// Checks that nothing but CLIP is missing.
    public ModelPaths {
        Objects.requireNonNull(dalle, "dalle");
        Objects.requireNonNull(vqgan, "vqgan");
    }

    /// The parts in a folder with `dalle/`, `vqgan/` and, for ranking, `clip/`.
    ///
    /// @param folder the folder
    /// @throws ModelUnavailableException if `dalle` or `vqgan` is missing
    public static ModelPaths of(Path folder) {
        if (!Files.isDirectory(folder)) throw new ModelUnavailableException(folder + ": no such folder", null);
        for (String part : new String[]{"dalle", "vqgan"}) {
            if (!Files.isDirectory(folder.resolve(part))) {
                throw new ModelUnavailableException(folder + ": expected a folder with dalle/, vqgan/ and clip/ (clip "
                        + "may be missing), found no " + part
                        + "/; name the three folders singly if they lie elsewhere",
                        null);
            }
        }
        Path clip = folder.resolve("clip");
        return new ModelPaths(folder.resolve("dalle"), folder.resolve("vqgan"), Files.isDirectory(clip) ? clip : null);
    }

    /// The parts of the embedded model, unpacked into the cache folder if they lie in a jar.
    ///
    /// The cache folder is `$SMALTI_CACHE`, else `$XDG_CACHE_HOME/smalti`, else `~/.cache/smalti`, else a private
    /// folder for temporary files.
    ///
    /// @throws ModelUnavailableException if the artifact `smalti-models` is missing or cannot be unpacked
    public static ModelPaths embedded() { return of(EmbeddedModel.folder()); }
}
