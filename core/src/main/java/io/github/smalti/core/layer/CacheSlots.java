package io.github.smalti.core.layer;

import io.github.smalti.core.kernel.CachedHeads;
import io.github.smalti.core.kernel.CachedSegments;
import io.github.smalti.core.layer.AttentionPattern.Column;
import io.github.smalti.core.layer.AttentionPattern.Convolution;
import io.github.smalti.core.layer.AttentionPattern.Full;
import io.github.smalti.core.layer.AttentionPattern.Row;

/// Where a cache keeps the tokens of an image: those that later ones still attend to, so that what a token attends to lies
/// in one piece or a few.
///
/// | pattern | slots | a token attends to |
/// |---|---|---|
/// | full | raster order | one piece |
/// | row | a ring of `cols + 1` | the ring, in one piece from its start |
/// | column | column by column | one piece |
/// | convolution | a ring of `reach + 1` grid rows, after the first `reach` rows if the square wraps | a piece or two of each grid row |
///
/// Slots and pieces are functions of the position alone, so that the order in which a token attends to others, and with it
/// the bits, does not depend on how the tokens before were fed.
///
/// @param pattern which tokens attend to which
record CacheSlots(AttentionPattern pattern) {
    /// Number of slots.
    int count() {
        return switch (pattern) {
            case Full _,Column _ -> pattern.length();
            case Row row -> Math.min(row.length(), row.cols() + 1);
            case Convolution square -> Math.min(square.rows(), keptRows(square) + square.reach() + 1) * square.cols();
        };
    }

    /// Whether no token is ever overwritten.
    boolean keepsAll() { return count() == pattern.length(); }

    /// The slot of a token.
    int slot(int position) {
        return switch (pattern) {
            case Full _ -> position;
            case Row row -> position % (row.cols() + 1);
            case Column column -> position % column.cols() * column.rows() + position / column.cols();
            case Convolution square -> slotOfRow(square, position / square.cols()) + position % square.cols();
        };
    }

    /// Adds the pieces that a token attends to, itself included.
    void collect(int position, CachedHeads image, CachedSegments pieces) {
        switch (pattern) {
            case Full _ -> pieces.add(image, 0, position + 1);
            case Row row -> pieces.add(image, 0, Math.min(position, row.cols()) + 1);
            case Column column -> pieces.add(image, position % column.cols() * column.rows(),
                    position / column.cols() + 1);
            case Convolution square -> collectSquare(square, position, image, pieces);
        }
    }

    /// Rows at the top that the last rows attend to.
    private static int keptRows(Convolution square) {
        return square.wraps() ? Math.min(square.reach(), square.rows()) : 0;
    }

    private static int slotOfRow(Convolution square, int row) {
        int kept = keptRows(square);
        return (row < kept ? row : kept + (row - kept) % (square.reach() + 1)) * square.cols();
    }

    private static void collectSquare(Convolution square, int position, CachedHeads image, CachedSegments pieces) {
        int row = position / square.cols();
        int col = position % square.cols();
        int top = Math.max(0, row - square.reach());
        if (square.wraps()) {
            int last = Math.min(row + square.reach() - square.rows(), top - 1);
            for (int above = 0; above <= last; above++) {
                collectRow(square, above, col, square.cols() - 1, image, pieces);
            }
        }
        for (int above = top; above < row; above++) {
            collectRow(square, above, col, square.cols() - 1, image, pieces);
        }
        collectRow(square, row, col, col, image, pieces);
    }

    /// What the square around a column has of a grid row up to `last`, from left to right.
    private static void collectRow(Convolution square, int row, int col, int last, CachedHeads image,
            CachedSegments pieces) {
        int at = slotOfRow(square, row);
        int left = col - square.reach();
        int right = col + square.reach();
        int cols = square.cols();
        if (square.wraps() && square.kernel() >= cols) {
            pieces.add(image, at, last + 1);
            return;
        }
        if (square.wraps() && right >= cols) pieces.add(image, at, right - cols + 1);
        int first = Math.max(0, left);
        pieces.add(image, at + first, Math.min(right, last) - first + 1);
        if (square.wraps() && left < 0) { pieces.add(image, at + left + cols, Math.max(0, last - left - cols + 1)); }
    }
}
