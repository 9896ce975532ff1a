package io.github.smalti.dvae;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.CheckpointFamily;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Loads an image codec of any family; which one, the files tell.
///
/// | given | codec |
/// |---|---|
/// | a folder with `decoder.pkl` or `decoder.safetensors`, or one of these files | [OpenAiDvae] |
/// | a folder with `flax_model.msgpack` or `detoker.pt` (DALL·E mini), `stage1_last.ckpt` or `.safetensors` (minDALL-E), another `*.ckpt` (taming-transformers, ruDALL-E's Gumbel f8) or `model.safetensors`, or one of these files | [Vqgan] |
///
/// ```java
/// try (ImageCodec codec = ImageCodecs.load(folder, Compute.shared(), CodecOptions.DEFAULT)) {
///     Pixels picture = codec.decode(codes, codec.gridRows(), codec.gridCols());
/// }
/// ```
///
/// A file is recognised by its tensors' names, never by its own.
public final class ImageCodecs {
    private enum Family {
        VQGAN, OPENAI_DVAE
    }

    private ImageCodecs() {}

    /// Loads a codec.
    ///
    /// @param folderOrFile a folder that holds a codec, or its checkpoint
    /// @param compute      what to compute with; stays the caller's
    /// @param options      what to load
    /// @return the codec; the caller closes it
    /// @throws WeightsException         if there is no codec, or a file is damaged or of another shape
    /// @throws IllegalArgumentException if the options do not belong to the codec
    public static ImageCodec load(Path folderOrFile, Compute compute, CodecOptions options) {
        return switch (familyOf(folderOrFile)) {
            case VQGAN -> Vqgan.load(folderOrFile, compute, options);
            case OPENAI_DVAE -> OpenAiDvae.load(folderOrFile, compute, options);
        };
    }

    /// What a codec and a picture of its training grid will need; reads configuration, names and shapes only.
    ///
    /// @param folderOrFile as for [#load]
    /// @param options      as for [#load]
    /// @return the plan
    /// @throws WeightsException         if there is no codec, or a file is damaged or of another shape
    /// @throws IllegalArgumentException if the options do not belong to the codec
    public static MemoryPlan plan(Path folderOrFile, CodecOptions options) {
        return switch (familyOf(folderOrFile)) {
            case VQGAN -> Vqgan.plan(folderOrFile, options);
            case OPENAI_DVAE -> OpenAiDvae.plan(folderOrFile, options);
        };
    }

    private static Family familyOf(Path folderOrFile) {
        Path file = folderOrFile;
        if (Files.isDirectory(folderOrFile)) {
            if (OpenAiDvaeFiles.isIn(folderOrFile)) {
                file = OpenAiDvaeFiles.find(folderOrFile).decoder();
            } else if (VqganFiles.isIn(folderOrFile)) {
                file = VqganFiles.find(folderOrFile).checkpoint();
            } else {
                throw new WeightsException(folderOrFile.toString(), "", "expected an image codec (flax_model.msgpack,"
                        + " *.ckpt, model.safetensors or detoker.pt of a VQGAN, or decoder.pkl or decoder.safetensors of"
                        + " OpenAI's dVAE), found none; give the folder that holds one");
            }
        }
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            if (OpenAiDvaeNames.isIn(checkpoint)) return Family.OPENAI_DVAE;
            if (VqganNames.isIn(checkpoint)) return Family.VQGAN;
            String family = CheckpointFamily.of(checkpoint.names()).name();
            throw new WeightsException(checkpoint.file(), "",
                    "expected an image codec (a VQGAN or OpenAI's dVAE), found "
                            + (family.isEmpty() ? checkpoint.names().size() + " tensors of no known family" : family)
                            + "; choose the codec's checkpoint");
        }
    }
}
