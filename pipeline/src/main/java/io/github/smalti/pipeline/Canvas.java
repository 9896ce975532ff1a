package io.github.smalti.pipeline;

/// The grid of codes that a picture fills, and whether its edges join.
///
/// - Fewer rows than the model's grid: the upper rows of the ordinary drawing, and no more is drawn.
/// - Fewer columns: the middle columns of the ordinary drawing; the others are drawn as well and cut off.
/// - More rows or columns: a window of the model's grid moves over the canvas by half of its size; codes that are already
///   there are given, the others drawn. So the upper left part is the ordinary drawing and the rest goes on from it. The
///   model sees one window at a time: far parts know nothing of each other, and its subject may come again.
/// - A tile: drawn as above, then rolled by half so that the edges meet in the middle, a band over the seams drawn again,
///   and decoded with its other side around it. The model draws in reading order: it sees what is above and to the left
///   of the band, not what is below and to the right, so a weaker seam may be left there, inside of the picture.
///
/// @param rows   rows of codes, 1 to 256, or 0 for the model's
/// @param cols   columns of codes, 1 to 256, or 0 for the model's; 0 if and only if `rows` is
/// @param isTile whether the right edge goes on at the left one, and the lower at the upper one
public record Canvas(int rows, int cols, boolean isTile) {
    /// The model's own grid, as every drawing unless another is asked for.
    public static final Canvas MODEL = new Canvas(0, 0, false);

    /// Most rows, and columns, of codes.
    public static final int MAX_SIDE = 256;
    /// Fewer rows or columns of a tile would be all seam.
    private static final int MIN_TILE = 4;

    /// Checks the ranges.
    ///
    /// @throws IllegalArgumentException if a side is out of its range
    public Canvas {
        boolean isModel = rows == 0 && cols == 0;
        if (!isModel) {
            within("rows of codes", rows, isTile);
            within("columns of codes", cols, isTile);
        }
    }

    /// So many rows and columns.
    ///
    /// @param rows rows of codes, 1 to 256
    /// @param cols columns of codes, 1 to 256
    /// @throws IllegalArgumentException if a side is out of its range
    public static Canvas of(int rows, int cols) {
        within("rows of codes", rows, false);
        return new Canvas(rows, cols, false);
    }

    private static void within(String what, int value, boolean isTile) {
        int least = isTile ? MIN_TILE : 1;
        if (value >= least && value <= MAX_SIDE) return;
        throw new IllegalArgumentException(what + (isTile ? " of a tile" : "") + ": expected " + least + " to "
                + MAX_SIDE + ", found " + value);
    }

    /// The same with edges that join, or not.
    ///
    /// @param tile whether they join
    public Canvas tiled(boolean tile) { return new Canvas(rows, cols, tile); }

    /// Whether the grid is the model's own.
    public boolean isModelGrid() { return rows == 0; }

    /// The same with its sides in numbers.
    ///
    /// @param gridRows rows of the model's grid
    /// @param gridCols columns of the model's grid
    /// @throws IllegalArgumentException if a tile has fewer than 4 rows or columns
    Canvas on(int gridRows, int gridCols) { return isModelGrid() ? new Canvas(gridRows, gridCols, isTile) : this; }

    /// The same, said shortest: a canvas of the model's own grid says so.
    Canvas shortest(int gridRows, int gridCols) {
        return rows == gridRows && cols == gridCols ? new Canvas(0, 0, isTile) : this;
    }
}
