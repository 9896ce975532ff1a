package io.github.smalti.core.layer;

/// Which tokens of an image an image token attends to, in one layer of a decoder-only transformer.
///
/// Tokens are numbered in raster order. A token attends to itself and to earlier tokens only; what it attends to of the
/// text is all of it, whatever the pattern.
///
/// Source: Ramesh et al. 2021, appendix B.1 and figure 11; the masks of ai-forever/ru-dalle (0255cec), `rudalle/dalle/utils.py`,
/// which are equal bit by bit. Values; thread-safe.
public sealed interface AttentionPattern {
    /// Tokens of an image.
    ///
    /// @return their number
    int length();

    /// Whether one token attends to another.
    ///
    /// @param from the token that attends, 0 to `length() - 1`
    /// @param to   the token that may be attended to
    /// @return whether it is
    boolean sees(int from, int to);

    /// How many tokens of the image a token attends to, itself included.
    ///
    /// @param from the token that attends
    /// @return their number, at least 1
    default int keys(int from) {
        int keys = 0;
        for (int to = 0; to <= from; to++) { if (sees(from, to)) keys++; }
        return keys;
    }

    private static int cells(int rows, int cols) {
        if (rows < 1 || cols < 1) {
            throw new IllegalArgumentException(
                    "grid: expected 1 row and 1 column or more, found " + rows + " × " + cols);
        }
        return Math.multiplyExact(rows, cols);
    }

    /// All earlier tokens.
    ///
    /// @param length tokens of an image
    record Full(int length) implements AttentionPattern {
        /// Checks the length.
        public Full {
            if (length < 1) throw new IllegalArgumentException("image tokens: expected 1 or more, found " + length);
        }

        @Override
        public boolean sees(int from, int to) { return to <= from; }
    }

    /// Row attention: as many earlier tokens as a row of the grid has, which is a window that slides and no row.
    ///
    /// @param rows rows of the grid
    /// @param cols columns of the grid
    record Row(int rows, int cols) implements AttentionPattern {
        /// Checks the grid.
        public Row { cells(rows, cols); }

        /// A square grid.
        ///
        /// @param grid its rows and columns
        public Row(int grid) { this(grid, grid); }

        @Override
        public int length() { return rows * cols; }

        @Override
        public boolean sees(int from, int to) { return to <= from && from - to <= cols; }
    }

    /// Column attention: the tokens above in the same column.
    ///
    /// @param rows rows of the grid
    /// @param cols columns of the grid
    record Column(int rows, int cols) implements AttentionPattern {
        /// Checks the grid.
        public Column { cells(rows, cols); }

        /// A square grid.
        ///
        /// @param grid its rows and columns
        public Column(int grid) { this(grid, grid); }

        @Override
        public int length() { return rows * cols; }

        @Override
        public boolean sees(int from, int to) { return to <= from && (from - to) % cols == 0; }
    }

    /// Convolutional attention: the earlier tokens of a square around the token.
    ///
    /// @param rows   rows of the grid
    /// @param cols   columns of the grid
    /// @param kernel edge of the square, odd; 11 in all published models
    /// @param wraps  whether the square goes on at the opposite border, in both directions (ruDALL-E v2: tokens of the
    ///               last rows attend to the first rows), or ends at the border (v3)
    record Convolution(int rows, int cols, int kernel, boolean wraps) implements AttentionPattern {
        /// Checks grid and square.
        public Convolution {
            cells(rows, cols);
            if (kernel < 1 || kernel % 2 == 0) {
                throw new IllegalArgumentException("edge of the square: expected an odd number, found " + kernel);
            }
        }

        /// A square grid.
        ///
        /// @param grid   its rows and columns
        /// @param kernel edge of the square, odd
        /// @param wraps  whether the square goes on at the opposite border
        public Convolution(int grid, int kernel, boolean wraps) { this(grid, grid, kernel, wraps); }

        @Override
        public int length() { return rows * cols; }

        /// How far the square reaches from its centre.
        ///
        /// @return half the edge, rounded down
        public int reach() { return kernel / 2; }

        @Override
        public boolean sees(int from, int to) {
            return to <= from && distance(from / cols - to / cols, rows) <= reach()
                    && distance(from % cols - to % cols, cols) <= reach();
        }

        private int distance(int difference, int size) {
            int straight = Math.abs(difference);
            return wraps ? Math.min(straight, size - straight) : straight;
        }
    }
}
