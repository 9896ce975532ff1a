package io.github.smalti.dvae;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Pixels;

/// Image codes ↔ pixels: a picture as a grid of codebook tiles.
///
/// | | shape |
/// |---|---|
/// | codes | (gridRows, gridCols), row-major, each in 0 … codebookSize - 1 |
/// | pixels | (gridRows · pixelsPerCode, gridCols · pixelsPerCode, 3), 0..1 |
///
/// Thread-safe; owns native memory and a mapped file until [#close].
public interface ImageCodec extends AutoCloseable {
    /// Number of codes.
    int codebookSize();

    /// Rows of the grid that the codec was trained on.
    int gridRows();

    /// Columns of the grid that the codec was trained on.
    int gridCols();

    /// Pixel rows, and columns, that one code stands for.
    int pixelsPerCode();

    /// Numbers of pixels that one code stands for.
    default int valuesPerCode() { return 3 * pixelsPerCode() * pixelsPerCode(); }

    /// Bits that say which of the codes one is: 13 of 8192.
    default double bitsPerCode() { return StrictMath.log(codebookSize()) / StrictMath.log(2); }

    /// Bits of codes per pixel.
    default double bitsPerPixel() { return bitsPerCode() / (pixelsPerCode() * pixelsPerCode()); }

    /// Draws codes.
    ///
    /// @param codes    (gridRows, gridCols), row-major
    /// @param gridRows rows of the grid
    /// @param gridCols columns of the grid
    /// @return a new picture, clipped to 0..1
    /// @throws IllegalArgumentException if a code is outside of the codebook or the grid has another number of codes
    /// @throws IllegalStateException    if the codec is closed
    /// @throws io.github.smalti.weights.WeightsException if the weights give numbers that are not finite
    Pixels decode(int[] codes, int gridRows, int gridCols);

    /// Finds the codes of a picture.
    ///
    /// @param picture values 0..1, rows and columns multiples of [#pixelsPerCode]
    /// @return a new array (rows / pixelsPerCode, cols / pixelsPerCode), row-major
    /// @throws IllegalArgumentException      if the picture does not divide into codes
    /// @throws UnsupportedOperationException if the codec has no encoder
    /// @throws IllegalStateException         if the codec is closed
    int[] encode(Pixels picture);

    /// Whether there is an encoder.
    boolean canEncode();

    /// What the codec and one picture need.
    ///
    /// @param gridRows rows of the grid
    /// @param gridCols columns of the grid
    /// @return mapped file, packed weights, and activations at their largest; results included
    MemoryPlan plan(int gridRows, int gridCols);

    /// Frees the weights and unmaps the file; closing twice has no effect.
    @Override
    void close();
}
