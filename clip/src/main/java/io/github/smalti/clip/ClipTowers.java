package io.github.smalti.clip;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.Weights;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Both towers of a checkpoint file, whatever its layout: from ids and prepared pictures to embeddings.
///
/// Owns the weights; thread-safe until closed.
///
/// @param weights    the way to the file
/// @param text       the text tower
/// @param image      the image tower
/// @param logitScale factor from cosine to logit
/// @param fileBytes  size of the mapped file
record ClipTowers(Weights weights, TextTransformer text, ImageTower image, float logitScale, long fileBytes)
        implements
            AutoCloseable {
    private static final List<String> HUGGING_FACE_FILES = List.of("model.safetensors.index.json",
            "model.safetensors", "pytorch_model.bin");

    /// Opens a file of weights.
    ///
    /// @param file      the file; a configuration of Hugging Face's layout lies beside it
    /// @param compute   what to compute with
    /// @param precision how linear layers are packed
    /// @return the towers; the caller closes them
    /// @throws WeightsException if the file is missing, damaged or no CLIP
    static ClipTowers open(Path file, Compute compute, Precision precision) {
        Opened opened = Opened.open(file, compute, precision);
        Weights weights = opened.weights;
        boolean isLoaded = false;
        try {
            var towers = new ClipTowers(weights, new TextTransformer(opened.config.text(), weights),
                    opened.config.image().load(weights), logitScale(weights), opened.fileBytes);
            isLoaded = true;
            return towers;
        } finally {
            if (!isLoaded) weights.close();
        }
    }

    /// What the towers of a file would hold, and what one call of pictures would need; reads configuration, names and
    /// shapes only.
    ///
    /// @param file      the file
    /// @param compute   what it would be loaded with
    /// @param precision how linear layers would be packed
    /// @param images    pictures of the call
    /// @throws WeightsException if the file is missing, damaged or no CLIP
    static MemoryPlan plan(Path file, Compute compute, Precision precision, int images) {
        Opened opened = Opened.open(file, compute, precision);
        try (Weights _ = opened.weights) {
            ClipConfig config = opened.config;
            long packed = opened.weights.arePackedInFile() ? 0 : config.weightBytes(precision);
            return config.plan(opened.fileBytes, packed, images, compute.team().size());
        }
    }

    /// What the towers hold, and what one call of pictures needs.
    MemoryPlan plan(int images) {
        var config = new ClipConfig(text.config(), image.config());
        return config.plan(fileBytes, weights.packedBytes(), images, weights.compute().team().size());
    }

    /// A file of which only names and shapes were read.
    private record Opened(Weights weights, ClipConfig config, long fileBytes) {
        static Opened open(Path file, Compute compute, Precision precision) {
            Checkpoint checkpoint = Checkpoints.open(file);
            Weights weights = null;
            boolean isOpened = false;
            try {
                ClipNames names = ClipNames.of(checkpoint);
                weights = new Weights(checkpoint, names::locate, compute, precision);
                ClipConfig config = switch (names) {
                    case HUGGING_FACE -> ClipConfig.read(ModelConfig.readJson(file.resolveSibling("config.json")));
                    case OPEN_AI -> ClipConfig.ofShapes(weights);
                };
                var opened = new Opened(weights, config, Checkpoints.byteSize(file));
                isOpened = true;
                return opened;
            } finally {
                if (!isOpened && weights != null) weights.close();
                if (!isOpened && weights == null) checkpoint.close();
            }
        }
    }

    /// A scalar; some exports write it as a vector of one number.
    private static float logitScale(Weights weights) {
        TensorView tensor = weights.tensor("logit_scale");
        if (tensor.elementCount() != 1 || !tensor.dtype().isFloat()) {
            throw new WeightsException(weights.file(), "logit_scale", "expected one number, found " + tensor);
        }
        float scale = (float) StrictMath.exp(tensor.toFloats()[0]);
        if (!(scale > 0 && scale < Float.POSITIVE_INFINITY)) {
            throw new WeightsException(weights.file(), "logit_scale",
                    "expected the logarithm of a finite positive factor, found that of " + scale);
        }
        return scale;
    }

    /// The file of weights that a path means.
    ///
    /// @param folderOrFile the file, or a folder with one of the known files
    /// @return the file
    /// @throws WeightsException if the folder holds no such file or several
    static Path weightsFile(Path folderOrFile) {
        if (!Files.isDirectory(folderOrFile)) return folderOrFile;
        for (String name : HUGGING_FACE_FILES) {
            if (Files.exists(folderOrFile.resolve(name))) return folderOrFile.resolve(name);
        }
        List<Path> archives = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folderOrFile, "*.pt")) {
            for (Path file : files) archives.add(file);
        } catch (IOException | DirectoryIteratorException e) {
            throw new WeightsException(folderOrFile.toString(), "", "cannot be listed: " + e.getMessage(), e);
        }
        if (archives.size() == 1) return archives.getFirst();
        throw new WeightsException(folderOrFile.toString(), "", "expected model.safetensors, pytorch_model.bin or one"
                + " .pt file, found " + archives.size() + " .pt files; name the file itself");
    }

    @Override
    public void close() { weights.close(); }
}
