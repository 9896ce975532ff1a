package io.github.smalti.pipeline;

import io.github.smalti.clip.ClipScore;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Raster;
import java.awt.image.BufferedImage;
import java.nio.file.Path;

/// One drawn picture. Immutable; stays valid when the model is closed.
public final class RankedImage {
    private final int rank;
    private final int[] codes;
    private final Pixels pixels;
    private final ClipScore score;
    /// NaN if there is none.
    private final float perplexity;
    private final ImageRecord record;

    RankedImage(int rank, int[] codes, Pixels pixels, ClipScore score, float perplexity, ImageRecord record) {
        this.rank = rank;
        this.codes = codes;
        this.pixels = pixels;
        this.score = score;
        this.perplexity = perplexity;
        this.record = record;
    }

    /// Place among the images of the call: 1 is the best; unranked the place in which it was asked for.
    public int rank() { return rank; }

    /// The image's index: with the seed it names this drawing among all of its prompt.
    public int index() { return record.index(); }

    /// Whether there is a score: false if pictures were not ranked by CLIP.
    public boolean hasScore() { return score != null; }

    /// How well picture and prompt fit.
    ///
    /// @throws IllegalStateException if pictures were not ranked by CLIP
    public ClipScore score() {
        if (score == null) throw new IllegalStateException("the images were not ranked by CLIP, so they have no score");
        return score;
    }

    /// Whether there is a perplexity: false if pictures were not ranked by it.
    public boolean hasPerplexity() { return !Float.isNaN(perplexity); }

    /// How much the picture surprises the model that drew it; the lowest is the best.
    ///
    /// @throws IllegalStateException if pictures were not ranked by perplexity
    public float perplexity() {
        if (!hasPerplexity()) throw new IllegalStateException("the images were not ranked by perplexity");
        return perplexity;
    }

    /// The codes, row by row.
    ///
    /// @return a copy
    public int[] codes() { return codes.clone(); }

    /// The picture as numbers from 0 to 1; shared, not to be written.
    public Pixels pixels() { return pixels; }

    /// The picture in 8 bits, a copy: numbers times 255, fractions cut off.
    public Raster toRaster() { return pixels.toRaster(); }

    /// The picture for AWT and ImageIO, a copy.
    public BufferedImage toBufferedImage() { return ImageFiles.toBufferedImage(toRaster()); }

    /// How this image was made.
    public ImageRecord record() { return record; }

    /// Writes the picture with its record to a PNG file that must not exist yet; it appears whole or not at all.
    ///
    /// @param file where
    /// @throws ImageFileException if the file exists or cannot be written; nothing is left behind
    public void writePng(Path file) { ImageFiles.write(file, toRaster(), record.pngTexts(), false); }

    /// Writes the picture with its record to a PNG file, in the place of one that may exist.
    ///
    /// @param file where
    /// @throws ImageFileException if the file cannot be written; the old one stays
    public void replacePng(Path file) { ImageFiles.write(file, toRaster(), record.pngTexts(), true); }

    RankedImage withRank(int place) { return new RankedImage(place, codes, pixels, score, perplexity, record); }

    @Override
    public String toString() {
        return "image " + index() + ", rank " + rank + (score == null ? "" : ", score " + score.logit());
    }
}
