package io.github.smalti.dvae;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import java.nio.file.Path;

/// Loads an image codec of any family; which one, the files tell.
///
/// ```java
/// try (ImageCodec codec = ImageCodecs.load(folder, Compute.shared(), CodecOptions.DEFAULT)) {
///     Pixels picture = codec.decode(codes, codec.gridRows(), codec.gridCols());
/// }
/// ```
public final class ImageCodecs {
    private ImageCodecs() {}

    /// Loads a codec.
    ///
    /// @param folderOrFile a folder that holds a codec, or its checkpoint
    /// @param compute      what to compute with; stays the caller's
    /// @param options      what to load
    /// @return the codec; the caller closes it
    /// @throws io.github.smalti.weights.WeightsException if there is no codec, or a file is damaged or of another shape
    public static ImageCodec load(Path folderOrFile, Compute compute, CodecOptions options) {
        return Vqgan.load(folderOrFile, compute, options);
    }

    /// What a codec and a picture of its training grid will need; reads names and shapes only.
    ///
    /// @param folderOrFile as for [#load]
    /// @param options      as for [#load]
    /// @return the plan
    /// @throws io.github.smalti.weights.WeightsException if there is no codec, or a file is damaged or of another shape
    public static MemoryPlan plan(Path folderOrFile, CodecOptions options) { return Vqgan.plan(folderOrFile, options); }
}
