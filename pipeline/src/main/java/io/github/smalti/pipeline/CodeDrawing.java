package io.github.smalti.pipeline;

import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.CodeListener;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.ImagePrompt;
import io.github.smalti.transformer.TextIds;
import java.util.Arrays;

/// Draws the codes of pictures in the shape that is asked for, see [PictureShape].
///
/// Passes after the first depend on what each picture already has, so they go through the model one picture at a time.
/// Random numbers belong to (seed, pass, image, position). Used by one thread.
final class CodeDrawing {
    /// A fraction of the grid that is drawn again across a seam.
    private static final int SEAM_SHARE = 4;
    private static final long PASS_KEY = 0x9e3779b97f4a7c15L;

    private final CodeGenerator generator;
    private final GenerationOptions options;
    private final TextIds positive;
    private final TextIds negative;
    private final int gridRows;
    private final int gridCols;
    private final int rows;
    private final int cols;

    /// Told of the codes of all pictures of a batch that are drawn.
    @FunctionalInterface
    interface Listener {
        /// Takes note.
        ///
        /// @param done  codes so far, of all pictures and passes of the batch
        /// @param first what a first pass gives so far, or null later
        /// @return whether to go on
        boolean drawn(int done, int[][] first);
    }

    CodeDrawing(CodeGenerator generator, GenerationOptions options, TextIds positive, TextIds negative) {
        this.generator = generator;
        this.options = options;
        this.positive = positive;
        this.negative = negative;
        this.gridRows = generator.gridRows();
        this.gridCols = generator.gridCols();
        PictureShape shape = options.shape();
        this.rows = shape.isOwn() ? gridRows : shape.rows();
        this.cols = shape.isOwn() ? gridCols : shape.cols();
    }

    /// Rows of a picture.
    int rows() { return rows; }

    /// Columns of a picture.
    int cols() { return cols; }

    /// Codes that go through the model for a picture.
    int codesOfAPicture() {
        int passes = options.shape().isSeamless() ? 4 : windows(rows, gridRows) * windows(cols, gridCols);
        return passes * generator.codeCount();
    }

    private static int windows(int size, int grid) {
        return size <= grid ? 1 : 1 + Math.ceilDiv(size - grid, step(grid));
    }

    private static int step(int grid) { return Math.max(1, grid / 2); }

    /// Draws some pictures.
    ///
    /// @param images   their indexes
    /// @param listener told of progress
    /// @return for each picture its codes, row-major
    int[][] draw(int[] images, Listener listener) {
        int[][] first = pass(images, 0, window(options.imagePrompt(), 0, 0),
                (tokens, soFar) -> listener.drawn(tokens * images.length, soFar));
        int[][] codes = new int[images.length][];
        int done = images.length * generator.codeCount();
        for (int i = 0; i < images.length; i++) {
            int before = done + i * (codesOfAPicture() - generator.codeCount());
            var picture = new Picture(images[i], before, listener);
            codes[i] = options.shape().isSeamless() ? picture.seamless(first[i]) : picture.windowed(first[i]);
        }
        return codes;
    }

    private int[][] pass(int[] images, int number, ImagePrompt given, CodeListener listener) {
        SamplingSettings sampling = options.sampling();
        return generator.generate(new CodeRequest(positive, negative, sampling.sampling(), sampling.guidanceScale(),
                options.seed() ^ number * PASS_KEY, images, given), listener);
    }

    /// What a prompt for the whole picture gives within a window.
    private ImagePrompt window(ImagePrompt whole, int top, int left) {
        if (whole.count() == 0) return ImagePrompt.NONE;
        Integer[] given = new Integer[gridRows * gridCols];
        Arrays.setAll(given, at -> {
            int row = top + at / gridCols;
            int col = left + at % gridCols;
            return row < rows && col < cols ? whole.codes().get(row * cols + col) : ImagePrompt.FREE;
        });
        return new ImagePrompt(Arrays.asList(given));
    }

    /// The later passes of one picture.
    private final class Picture {
        private final int[] image;
        private final Listener listener;
        private int done;
        private int passes;

        Picture(int image, int done, Listener listener) {
            this.image = new int[]{image};
            this.done = done;
            this.listener = listener;
        }

        private int[] again(Integer[] given) {
            int before = done;
            int[][] drawn = pass(image, ++passes, new ImagePrompt(Arrays.asList(given)),
                    (tokens, _) -> listener.drawn(before + tokens, null));
            done += generator.codeCount();
            return drawn[0];
        }

        /// Moves a window over the grid; what is drawn or given stays.
        int[] windowed(int[] first) {
            if (rows == gridRows && cols == gridCols) return first;
            int[] codes = new int[rows * cols];
            Arrays.setAll(codes,
                    at -> options.imagePrompt().gives(at) ? options.imagePrompt().codes().get(at) : ImagePrompt.FREE);
            copy(first, codes, 0, 0);
            for (int down = 0; down < windows(rows, gridRows); down++) {
                for (int across = 0; across < windows(cols, gridCols); across++) {
                    if (down == 0 && across == 0) continue;
                    int top = Math.min(down * step(gridRows), Math.max(0, rows - gridRows));
                    int left = Math.min(across * step(gridCols), Math.max(0, cols - gridCols));
                    Integer[] given = new Integer[gridRows * gridCols];
                    Arrays.setAll(given, at -> {
                        int row = top + at / gridCols;
                        int col = left + at % gridCols;
                        return row < rows && col < cols ? codes[row * cols + col] : ImagePrompt.FREE;
                    });
                    copy(again(given), codes, top, left);
                }
            }
            return codes;
        }

        private void copy(int[] window, int[] codes, int top, int left) {
            for (int row = top; row < Math.min(rows, top + gridRows); row++) {
                System.arraycopy(window, (row - top) * gridCols, codes, row * cols + left,
                        Math.min(gridCols, cols - left));
            }
        }

        /// Draws bands across the seams again: the left-right one, the top-bottom one, and where the second band meets
        /// the sides. Each time the picture is rolled so that the seam lies in its middle.
        int[] seamless(int[] first) {
            int high = Math.max(1, gridRows / SEAM_SHARE);
            int wide = Math.max(1, gridCols / SEAM_SHARE);
            int[] rolled = redraw(roll(first, 0, gridCols / 2), gridRows, wide);
            rolled = redraw(roll(rolled, gridRows / 2, 0), high, gridCols);
            rolled = redraw(roll(rolled, 0, gridCols / 2), high, wide);
            return roll(rolled, gridRows - gridRows / 2, 2 * (gridCols - gridCols / 2));
        }

        private int[] redraw(int[] codes, int high, int wide) {
            int top = (gridRows - high) / 2;
            int left = (gridCols - wide) / 2;
            Integer[] given = new Integer[codes.length];
            Arrays.setAll(given, at -> {
                int row = at / gridCols - top;
                int col = at % gridCols - left;
                return row >= 0 && row < high && col >= 0 && col < wide ? ImagePrompt.FREE : codes[at];
            });
            return again(given);
        }

        private int[] roll(int[] codes, int down, int across) {
            int[] rolled = new int[codes.length];
            Arrays.setAll(rolled, at -> codes[Math.floorMod(at / gridCols + down, gridRows) * gridCols
                    + Math.floorMod(at % gridCols + across, gridCols)]);
            return rolled;
        }
    }
}
