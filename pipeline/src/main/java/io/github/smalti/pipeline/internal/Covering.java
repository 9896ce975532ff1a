package io.github.smalti.pipeline.internal;

import io.github.smalti.clip.BicubicResizer;
import io.github.smalti.core.Raster;

/// Resizes a picture so that it covers a given size, and cuts off what is more.
public final class Covering {
    private Covering() {}

    /// The middle of a picture.
    ///
    /// @param picture any picture
    /// @param rows    pixel rows of the result
    /// @param cols    pixel columns of the result
    /// @return (rows, cols, channels of the picture)
    public static Raster of(Raster picture, int rows, int cols) {
        int side = Math.max(rows, cols);
        Raster square = BicubicResizer.resizeAndCrop(picture, side);
        if (rows == cols) return square;
        int channels = picture.channels();
        int top = (side - rows) / 2;
        int left = (side - cols) / 2;
        byte[] samples = new byte[rows * cols * channels];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(square.samples(), ((top + row) * side + left) * channels, samples, row * cols * channels,
                    cols * channels);
        }
        return new Raster(rows, cols, channels, samples);
    }
}
