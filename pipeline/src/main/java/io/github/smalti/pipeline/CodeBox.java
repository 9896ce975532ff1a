package io.github.smalti.pipeline;

/// A box of a picture's codes.
///
/// @param top  first row
/// @param left first column
/// @param rows how many rows
/// @param cols how many columns, or [#ALL] for those from `left` on
public record CodeBox(int top, int left, int rows, int cols) {
    /// As many as there are.
    public static final int ALL = -1;

    /// The first rows, as wide as the picture.
    ///
    /// @param rows how many
    public static CodeBox firstRows(int rows) { return new CodeBox(0, 0, rows, ALL); }

    /// Columns of the box on a grid.
    int colsOf(int gridCols) { return cols == ALL ? gridCols - Math.clamp(left, 0, gridCols) : cols; }
}
