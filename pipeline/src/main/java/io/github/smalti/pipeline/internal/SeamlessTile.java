package io.github.smalti.pipeline.internal;

import io.github.smalti.core.Pixels;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.CodeListener;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.ImagePrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Makes the edges of a drawing join, so that copies of the picture lie beside each other without a seam.
///
/// The grid is rolled by half in both directions, so that its edges meet in the middle. A band over these seams, a quarter
/// of the grid wide, is drawn again with its surroundings given; codes of the caller's image prompt stay. Then the grid is
/// rolled back. For pixels the grid is decoded with some of its other side around it, which is cut off again.
///
/// Immutable; thread-safe if the generator is.
public final class SeamlessTile {
    /// Codes around the grid while it is decoded.
    public static final int AROUND = 4;
    /// Of a side on each side of the seam.
    private static final int BAND_SHARE = 8;
    /// Tells the seed of the band from those of windows.
    private static final int BAND = -1;

    private final WindowedDrawing drawing;
    private final int rows;
    private final int cols;

    /// Plans a tile.
    ///
    /// @param generator draws the band; stays the caller's
    /// @param rows      rows of codes, at least 4
    /// @param cols      columns of codes, at least 4
    public SeamlessTile(CodeGenerator generator, int rows, int cols) {
        this.drawing = new WindowedDrawing(generator, rows, cols);
        this.rows = rows;
        this.cols = cols;
    }

    /// Tokens of an image that the listener counts.
    public int tokens() { return drawing.tokens(); }

    /// Draws the band over the seams again.
    ///
    /// @param request  what was drawn
    /// @param codes    for each image its codes, (rows, cols)
    /// @param listener called after each token
    /// @return for each image its codes with edges that join
    public int[][] redraw(CodeRequest request, int[][] codes, CodeListener listener) {
        List<ImagePrompt> surroundings = new ArrayList<>();
        for (int[] image : codes) surroundings.add(surroundings(image, request));
        var band = new CodeRequest(request.prompt(), request.negative(), request.sampling(), request.guidanceScale(),
                WindowedDrawing.seed(request.seed(), BAND, BAND), request.images(), surroundings);
        int[][] rolled = drawing.draw(band, listener);
        int[][] out = new int[codes.length][rows * cols];
        for (int i = 0; i < out.length; i++) {
            for (int at = 0; at < out[i].length; at++) out[i][unrolled(at)] = rolled[i][at];
        }
        return out;
    }

    /// The rolled grid without its band.
    private ImagePrompt surroundings(int[] codes, CodeRequest request) {
        Integer[] given = new Integer[codes.length];
        Arrays.setAll(given, at -> {
            boolean isDrawn = isInBand(at) && !request.gives(unrolled(at));
            return isDrawn ? ImagePrompt.FREE : codes[unrolled(at)];
        });
        return new ImagePrompt(Arrays.asList(given));
    }

    /// Where a position of the rolled grid lies in the grid.
    private int unrolled(int at) { return (at / cols + rows / 2) % rows * cols + (at % cols + cols / 2) % cols; }

    private boolean isInBand(int at) { return isNearSeam(at / cols, rows) || isNearSeam(at % cols, cols); }

    /// The seam lies before the place that the first row or column was rolled to.
    private static boolean isNearSeam(int place, int side) {
        int seam = side - side / 2;
        int half = Math.max(1, side / BAND_SHARE);
        return place >= seam - half && place < seam + half;
    }

    /// Draws the pixels of a tile.
    ///
    /// @param codec the codec
    /// @param codes (rows, cols)
    /// @return a new picture of rows by cols codes
    public Pixels decode(ImageCodec codec, int[] codes) {
        int wideCols = cols + 2 * AROUND;
        int[] wide = new int[(rows + 2 * AROUND) * wideCols];
        for (int at = 0; at < wide.length; at++) {
            int row = Math.floorMod(at / wideCols - AROUND, rows);
            int col = Math.floorMod(at % wideCols - AROUND, cols);
            wide[at] = codes[row * cols + col];
        }
        Pixels picture = codec.decode(wide, rows + 2 * AROUND, wideCols);
        int side = codec.pixelsPerCode();
        int line = cols * side * 3;
        float[] values = new float[rows * side * line];
        for (int y = 0; y < rows * side; y++) {
            int from = ((y + AROUND * side) * picture.cols() + AROUND * side) * 3;
            System.arraycopy(picture.values(), from, values, y * line, line);
        }
        return new Pixels(rows * side, cols * side, values);
    }
}
