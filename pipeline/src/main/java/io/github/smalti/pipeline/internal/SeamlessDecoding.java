package io.github.smalti.pipeline.internal;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Pixels;
import io.github.smalti.dvae.ImageCodec;
import java.util.Arrays;

/// Decodes codes whose borders continue each other: codes of the other side are laid around the picture, and what they
/// become is cut off again. Norms over the whole picture see the frame as well.
public final class SeamlessDecoding {
    /// Codes of the frame: what a convolution of the decoder reaches in the trained models.
    private static final int FRAME = 4;

    private SeamlessDecoding() {}

    /// Decodes a picture.
    ///
    /// @param codec the codec
    /// @param codes (rows, cols), row-major
    /// @param rows  rows of codes
    /// @param cols  columns of codes
    /// @return a new picture
    public static Pixels decode(ImageCodec codec, int[] codes, int rows, int cols) {
        int wideRows = rows + 2 * FRAME;
        int wideCols = cols + 2 * FRAME;
        int[] framed = new int[wideRows * wideCols];
        Arrays.setAll(framed, at -> codes[Math.floorMod(at / wideCols - FRAME, rows) * cols
                + Math.floorMod(at % wideCols - FRAME, cols)]);
        return cut(codec.decode(framed, wideRows, wideCols), FRAME * codec.pixelsPerCode());
    }

    private static Pixels cut(Pixels framed, int frame) {
        int rows = framed.rows() - 2 * frame;
        int cols = framed.cols() - 2 * frame;
        float[] values = new float[rows * cols * 3];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(framed.values(), ((row + frame) * framed.cols() + frame) * 3, values, row * cols * 3,
                    cols * 3);
        }
        return new Pixels(rows, cols, values);
    }

    /// What the codec needs for a picture.
    ///
    /// @param codec the codec
    /// @param rows  rows of codes
    /// @param cols  columns of codes
    static MemoryPlan plan(ImageCodec codec, int rows, int cols) {
        return codec.plan(rows + 2 * FRAME, cols + 2 * FRAME);
    }
}
