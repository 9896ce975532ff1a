package io.github.smalti.tools;

import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.weights.hub.Hub;
import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.HubSettings;
import io.github.smalti.weights.hub.KnownModel;
import io.github.smalti.weights.hub.ModelPart;
import io.github.smalti.weights.hub.ModelReference;
import io.github.smalti.weights.hub.PulledModel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/// Where the parts of a model lie that was named as a path or as a reference; nothing is fetched.
final class PulledPaths {
    private PulledPaths() {}

    /// The parts of a whole model.
    ///
    /// A repository or artifact that holds a transformer alone is completed by the image codec and, if it is here, the
    /// CLIP of `dalle-mini`.
    ///
    /// @param model a folder or a reference
    static ModelPaths of(String model) { return of(model, null, null, null); }

    /// The parts of a whole model, but for those that lie elsewhere.
    ///
    /// @param model a folder or a reference
    /// @param dalle where the transformer lies, or null for the model's
    /// @param vqgan where the image codec lies, or null for the model's
    /// @param clip  where CLIP lies, or null for the model's
    static ModelPaths of(String model, Path dalle, Path vqgan, Path clip) {
        if (isPath(model)) return ModelPaths.of(Path.of(model), dalle, vqgan, clip);
        ModelPaths found = pulled(model, vqgan);
        return new ModelPaths(dalle != null ? dalle : found.dalle(), vqgan != null ? vqgan : found.vqgan(),
                clip != null ? clip : found.clip());
    }

    private static ModelPaths pulled(String model, Path vqgan) {
        ModelReference reference = ModelReference.parse(model);
        var hub = new Hub(HubSettings.ofSystem());
        PulledModel found = hub.find(reference);
        if (reference instanceof ModelReference.Known) {
            return new ModelPaths(found.folder(ModelPart.TRANSFORMER), found.folder(ModelPart.CODEC),
                    found.folder(ModelPart.CLIP));
        }
        Path folder = found.folder(ModelPart.ANY);
        boolean isWhole = reference instanceof ModelReference.Local || Files.isDirectory(folder.resolve("dalle"))
                || isOtherFamily(folder);
        if (isWhole) return ModelPaths.of(folder, null, vqgan, null);
        var usual = KnownModel.ALL.getFirst().parts();
        return new ModelPaths(folder, hub.find(usual.get(ModelPart.CODEC)).folder(ModelPart.CODEC), clip(hub, usual.get(
                ModelPart.CLIP)));
    }

    /// Whether a folder holds minDALL-E's or ruDALL-E's transformer, which DALL·E mini's codec does not fit.
    private static boolean isOtherFamily(Path folder) {
        return Files.isRegularFile(folder.resolve("stage2_last.ckpt"))
                || Files.isRegularFile(folder.resolve("pytorch_model.bin"));
    }

    private static Path clip(Hub hub, ModelReference reference) {
        try {
            return hub.find(reference).folder(ModelPart.CLIP);
        } catch (HubException _) {
            return null; // then pictures are not ranked
        }
    }

    /// One part.
    ///
    /// @param text a file, a folder, a reference, or null
    /// @param part which part of a known model is meant
    /// @return where it lies, or null
    static Path part(String text, ModelPart part) {
        if (text == null) return null;
        if (!isPath(text)) return new Hub(HubSettings.ofSystem()).find(ModelReference.parse(text)).folder(part);
        Path path = Path.of(text);
        if (!Files.exists(path)) throw new ToolException(path + ": no such file or folder");
        return path;
    }

    /// What exists is a path, whatever it is named.
    private static boolean isPath(String text) {
        try {
            return !ModelReference.isReference(text) || Files.exists(Path.of(text));
        } catch (InvalidPathException _) {
            return false; // a colon on Windows
        }
    }
}
