package io.github.smalti.pipeline;

import io.github.smalti.pipeline.internal.EmbeddedModel;
import io.github.smalti.pipeline.internal.ModelFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/// Where the parts of a model lie.
///
/// @param dalle folder of the transformer and its tokenizer
/// @param vqgan folder or file of the image codec
/// @param clip  folder or file of CLIP, or null: then CLIP does not rank the images
public record ModelPaths(Path dalle, Path vqgan, Path clip) {
    /// Checks that nothing but CLIP is missing.
    public ModelPaths {
        Objects.requireNonNull(dalle, "dalle");
        Objects.requireNonNull(vqgan, "vqgan");
    }

    /// The parts in one folder.
    ///
    /// | folder | holds |
    /// |---|---|
    /// | of any family | `dalle/`, `vqgan/` and, for ranking, `clip/` |
    /// | minDALL-E's archive | `config.yaml`, `stage1_last.ckpt`, `stage2_last.ckpt`, `tokenizer/` and, for ranking, `clip/` |
    /// | ruDALL-E | `pytorch_model.bin`, `bpe.model` or `tokenizer/bpe.model`, `vqgan/` or one `*.ckpt` and, for ranking, `clip/` |
    ///
    /// @param folder the folder
    /// @throws ModelUnavailableException if transformer or image codec is missing
    public static ModelPaths of(Path folder) { return of(folder, null, null, null); }

    /// The parts in one folder, but for those that lie elsewhere.
    ///
    /// @param folder as for [#of(Path)]
    /// @param dalle  folder of the transformer, or null if it lies in the folder
    /// @param vqgan  folder or file of the image codec, or null if it lies in the folder
    /// @param clip   folder or file of CLIP, or null if it lies in the folder or there is none
    /// @throws ModelUnavailableException if transformer or image codec is missing
    public static ModelPaths of(Path folder, Path dalle, Path vqgan, Path clip) {
        if (!Files.isDirectory(folder)) throw new ModelUnavailableException(folder + ": no such folder", null);
        var found = new ModelFolder(folder);
        Path transformer = dalle != null ? dalle : found.dalle();
        if (transformer == null) throw missing(folder, "dalle/");
        Path codec = vqgan != null ? vqgan : found.vqgan();
        if (codec == null) throw missing(folder, "vqgan/");
        return new ModelPaths(transformer, codec, clip != null ? clip : found.clip());
    }

    private static ModelUnavailableException missing(Path folder, String part) {
        return new ModelUnavailableException(folder + ": expected a folder with dalle/, vqgan/ and clip/ (clip may be "
                + "missing), or the files of minDALL-E (stage1_last.ckpt, stage2_last.ckpt) or ruDALL-E "
                + "(pytorch_model.bin, vqgan/), found no " + part
                + "; name the three folders singly if they lie elsewhere", null);
    }

    /// The parts of the embedded model, unpacked into the cache folder if they lie in a jar.
    ///
    /// The cache folder is `$SMALTI_CACHE`, else `$XDG_CACHE_HOME/smalti`, else `~/.cache/smalti`, else a private
    /// folder for temporary files.
    ///
    /// @throws ModelUnavailableException if the artifact `smalti-models` is missing or cannot be unpacked
    public static ModelPaths embedded() { return of(EmbeddedModel.folder()); }
}
