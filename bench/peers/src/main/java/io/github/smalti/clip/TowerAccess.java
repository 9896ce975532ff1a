package io.github.smalti.clip;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import java.nio.file.Path;
import java.util.List;

/// The towers of CLIP without tokenizer and preparation of pictures, as other engines get them.
public final class TowerAccess implements AutoCloseable {
    private final ClipTowers towers;

    /// Opens a checkpoint of Hugging Face's layout.
    ///
    /// @param file      the weights
    /// @param precision how linear layers are packed
    public TowerAccess(Path file, Precision precision) { towers = ClipTowers.open(file, Compute.shared(), precision); }

    /// Embeds pictures.
    ///
    /// @param pictures normalised pixels, (224, 224, 3) each
    /// @return embeddings, not normalised
    public float[][] images(List<float[]> pictures) { return towers.image().embed(pictures); }

    /// Embeds texts.
    ///
    /// @param texts ids with start and end mark
    /// @return embeddings, not normalised
    public float[][] texts(List<int[]> texts) { return towers.text().embed(texts); }

    @Override
    public void close() { towers.close(); }
}
