package io.github.smalti.clip;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.weights.Weights;
import java.util.List;

/// The part of a CLIP that turns pictures into embeddings. Implementations are thread-safe.
sealed interface ImageTower permits VisionTransformer, ResNetTower {
    /// Sizes of a tower: enough to load it, and to know what it needs without loading it.
    sealed interface Config permits VisionTransformer.Config, ResNetTower.Config {
        /// Rows and columns of a picture.
        int imageSize();

        /// Numbers of an embedding.
        int embeddingSize();

        /// Pictures that are worth computing together.
        int picturesAtOnce();

        /// Bytes that the packed weights take.
        ///
        /// @param precision how the weights of linear layers lie in memory
        long weightBytes(Precision precision);

        /// What one call of [#embed] takes.
        ///
        /// @param pictures pictures of the call
        /// @param threads  threads that compute
        /// @return cache and scratch
        MemoryPlan plan(int pictures, int threads);

        /// The shape in short; see [Clip#name].
        String name();

        /// Loads the tower.
        ///
        /// @param weights the way to the checkpoint's tensors
        ImageTower load(Weights weights);
    }

    /// The sizes.
    Config config();

    /// Embeds prepared pictures, not normalised.
    ///
    /// @param pictures each (imageSize, imageSize, 3), after [ImagePreprocessor]
    /// @return (pictures, embeddingSize)
    float[][] embed(List<float[]> pictures);
}
