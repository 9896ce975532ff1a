package io.github.smalti.transformer;

/// The grid that an image's codes fill in raster order.
///
/// @param rows its rows
/// @param cols its columns
record Grid(int rows, int cols) {
    /// The grid of so many codes that is nearest to a square, no higher than wide: configurations state the number alone.
    static Grid of(int codes) {
        int rows = (int) Math.sqrt(codes);
        while (codes % rows != 0) rows--;
        return new Grid(rows, codes / rows);
    }

    /// Codes of an image.
    int codes() { return rows * cols; }
}
