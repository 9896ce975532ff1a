package io.github.smalti.transformer;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/// A picture to go on from: codes that are given; the model draws the others.
///
/// Given codes stay as they are in every result, and whatever is drawn behind them sees them as if it had drawn them.
/// What is drawn before a given code, in raster order, does not see it. Random numbers belong to positions, so a given
/// code moves no other position's.
///
/// Source: Ramesh et al., "Zero-Shot Text-to-Image Generation": a caption and the upper half of a picture.
///
/// @param codes a code for each position in raster order, [#FREE] where the model draws; empty if it draws all
public record ImagePrompt(List<Integer> codes) {
    /// Stands for a code that is drawn.
    public static final int FREE = -1;

    /// Nothing is given.
    public static final ImagePrompt NONE = new ImagePrompt(List.of());

    /// Copies the codes.
    ///
    /// @throws IllegalArgumentException if a code is below [#FREE]
    public ImagePrompt {
        codes = List.copyOf(codes);
        for (int code : codes) {
            if (code < FREE) throw new IllegalArgumentException("given code: expected 0 or more, found " + code);
        }
    }

    /// Gives the first rows of a picture.
    ///
    /// @param codes (rows, cols), row-major, of the whole picture
    /// @param cols  columns of the grid
    /// @param rows  how many rows are given, 0 to all
    /// @throws IllegalArgumentException if the codes are no grid of such columns or the rows are too many
    public static ImagePrompt firstRows(int[] codes, int cols, int rows) { return box(codes, cols, 0, 0, rows, cols); }

    /// Gives a box of a picture.
    ///
    /// @param codes  (rows, cols), row-major, of the whole picture
    /// @param cols   columns of the grid
    /// @param top    first row of the box
    /// @param left   first column of the box
    /// @param height rows of the box
    /// @param width  columns of the box
    /// @throws IllegalArgumentException if the codes are no grid of such columns or the box leaves it
    public static ImagePrompt box(int[] codes, int cols, int top, int left, int height, int width) {
        if (cols < 1 || codes.length % cols != 0) {
            throw new IllegalArgumentException(
                    "columns of the image prompt: expected a divisor of its " + codes.length + " codes, found " + cols);
        }
        within("top of the kept box", top, codes.length / cols);
        within("left of the kept box", left, cols);
        within("rows to keep", height, codes.length / cols - top);
        within("columns to keep", width, cols - left);
        Integer[] given = new Integer[codes.length];
        Arrays.setAll(given, at -> {
            int row = at / cols - top;
            int col = at % cols - left;
            return row >= 0 && row < height && col >= 0 && col < width ? codes[at] : FREE;
        });
        return new ImagePrompt(Arrays.asList(given));
    }

    /// Whether a code is given.
    ///
    /// @param position place in raster order
    public boolean gives(int position) { return position < codes.size() && codes.get(position) != FREE; }

    /// Whether another prompt gives codes, maybe others, of exactly the same positions.
    ///
    /// @param other the other prompt
    public boolean givesSamePositions(ImagePrompt other) {
        int most = Math.max(codes.size(), other.codes.size());
        return IntStream.range(0, most).allMatch(at -> gives(at) == other.gives(at));
    }

    /// How many codes are given.
    public int count() { return codes.size() - Collections.frequency(codes, FREE); }

    /// Checks that the prompt fits a model.
    ///
    /// @param codeCount    codes of its pictures
    /// @param codebookSize all codes lie below this
    /// @throws IllegalArgumentException if there are other than 0 or `codeCount` codes or one is not in the codebook
    public void requireFits(int codeCount, int codebookSize) {
        if (!codes.isEmpty() && codes.size() != codeCount) {
            throw new IllegalArgumentException("image prompt: expected " + codeCount + " codes, found " + codes.size());
        }
        int position = IntStream.range(0, codes.size()).filter(at -> codes.get(at) >= codebookSize).findFirst()
                .orElse(-1);
        if (position < 0) return;
        throw new IllegalArgumentException("image prompt, code " + position + ": expected 0 to " + (codebookSize - 1)
                + ", found " + codes.get(position));
    }

    private static void within(String what, int value, int most) {
        if (value >= 0 && value <= most) return;
        throw new IllegalArgumentException(what + ": expected 0 to " + most + ", found " + value);
    }
}
