package io.github.smalti.clip;

import io.github.smalti.core.MemoryPlan;
import java.util.List;

/// The part of a CLIP that turns pictures into embeddings. Implementations are thread-safe.
sealed interface ImageTower permits VisionTransformer {
    /// Rows and columns of a picture.
    int imageSize();

    /// Pictures that are worth computing together.
    int picturesAtOnce();

    /// Embeds prepared pictures, not normalised.
    ///
    /// @param pictures each (imageSize, imageSize, 3), after [ImagePreprocessor]
    /// @return (pictures, embeddingSize)
    float[][] embed(List<float[]> pictures);

    /// What one call of [#embed] takes.
    ///
    /// @param pictures pictures of the call
    /// @return cache and scratch
    MemoryPlan plan(int pictures);

    /// The shape in short; see [Clip#name].
    String name();
}
