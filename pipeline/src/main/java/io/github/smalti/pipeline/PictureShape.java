package io.github.smalti.pipeline;

/// The shape of a picture in codes.
///
/// The model's own grid is drawn as the model was trained. A smaller one is its upper left part. A larger one is drawn
/// through a window of the model's grid that moves by half its size: what the window shows and is drawn already stays,
/// the rest is drawn. The model sees no more than the window, so large pictures continue well but repeat themselves.
///
/// @param rows       rows of codes, 1 to 256, or 0 for the model's own grid
/// @param cols       columns of codes, 1 to 256, or 0 for the model's own grid
/// @param isSeamless whether left and right, and top and bottom, shall continue each other, so that copies tile a
///                   plane; in the model's own grid only
public record PictureShape(int rows, int cols, boolean isSeamless) {
    /// Most rows, and columns.
    public static final int MOST = 256;

    /// The model's own grid.
    public static final PictureShape OWN = new PictureShape(0, 0, false);

    /// The model's own grid, seamless.
    public static final PictureShape SEAMLESS = new PictureShape(0, 0, true);

    /// Checks the ranges.
    ///
    /// @throws IllegalArgumentException if a number is out of its range, only one is 0, or a grid is given that shall be
    ///                                  seamless
    public PictureShape {
        if (rows < 0 || rows > MOST || cols < 0 || cols > MOST || (rows == 0) != (cols == 0)) {
            throw new IllegalArgumentException("size: expected 1 to " + MOST + " rows and columns of codes, found "
                    + rows + " × " + cols);
        }
        if (isSeamless && rows != 0) {
            throw new IllegalArgumentException("size: a seamless picture has the model's own size");
        }
    }

    /// A grid of some size.
    ///
    /// @param rows rows of codes
    /// @param cols columns of codes
    public PictureShape(int rows, int cols) { this(rows, cols, false); }

    /// Whether the grid is the model's own.
    public boolean isOwn() { return rows == 0; }
}
