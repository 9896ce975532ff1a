package io.github.smalti.dvae;

import io.github.smalti.core.Pixels;

/// What every codec asks of the codes and pictures that it is given, and the sentence that says what does not fit.
final class CodeGrid {
    /// Pixel rows or columns; keeps every product of sizes within 64 bits.
    private static final int MAX_SIDE = 1 << 16;

    private CodeGrid() {}

    /// Checks the sides of a grid.
    ///
    /// @param pixelsPerCode pixel rows, and columns, of a code
    /// @throws IllegalArgumentException if it is empty or a side is too long
    static void requireSides(int rows, int cols, int pixelsPerCode) {
        int most = MAX_SIDE / pixelsPerCode;
        if (rows >= 1 && cols >= 1 && rows <= most && cols <= most) return;
        throw new IllegalArgumentException("grid: found " + rows + " × " + cols + " codes; expected 1 to " + most
                + " rows and columns");
    }

    /// Checks that the largest array of a picture can be allocated at all.
    ///
    /// @param floats its length
    /// @throws IllegalArgumentException if no array is so long
    static void requireArray(int rows, int cols, long floats) {
        if (floats <= Integer.MAX_VALUE - 8) return;
        throw new IllegalArgumentException("grid of " + rows + " × " + cols + " codes: a layer would need " + floats
                + " numbers, more than an array holds; draw fewer codes at once");
    }

    /// Checks the codes of a grid.
    ///
    /// @throws IllegalArgumentException if there are more or fewer, or one is outside of the codebook
    static void requireCodes(int[] codes, int rows, int cols, int codebookSize) {
        if (codes.length != (long) rows * cols) {
            throw new IllegalArgumentException("codes of a " + rows + " × " + cols + " grid: expected "
                    + (long) rows * cols + ", found " + codes.length);
        }
        for (int i = 0; i < codes.length; i++) {
            if (codes[i] >= 0 && codes[i] < codebookSize) continue;
            throw new IllegalArgumentException("code " + codes[i] + " at position " + i
                    + " is outside of the codebook of " + codebookSize);
        }
    }

    /// Checks that a picture divides into codes.
    ///
    /// @throws IllegalArgumentException if it does not
    static void requirePicture(Pixels picture, int pixelsPerCode) {
        if (picture.rows() % pixelsPerCode == 0 && picture.cols() % pixelsPerCode == 0) return;
        throw new IllegalArgumentException("picture: expected rows and columns that are multiples of " + pixelsPerCode
                + ", found " + picture.rows() + " × " + picture.cols());
    }
}
