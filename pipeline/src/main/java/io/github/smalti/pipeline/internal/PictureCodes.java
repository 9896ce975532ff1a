package io.github.smalti.pipeline.internal;

import io.github.smalti.clip.BicubicResizer;
import io.github.smalti.core.Raster;
import io.github.smalti.dvae.ImageCodec;

/// Finds the codes of a picture of any size. Stateless.
public final class PictureCodes {
    private PictureCodes() {}

    /// Encodes a picture.
    ///
    /// @param codec a codec with an encoder
    /// @param image gray, RGB or RGBA; it is resized until it covers the grid, what is beyond is cut off evenly at both
    ///              sides, gray becomes equal red, green and blue, transparency is dropped
    /// @param rows  rows of codes
    /// @param cols  columns of codes
    /// @return (rows, cols), row-major
    public static int[] of(ImageCodec codec, Raster image, int rows, int cols) {
        if (image.rows() < 1 || image.cols() < 1) {
            throw new IllegalArgumentException("image prompt: expected a picture with pixels, found " + image.cols()
                    + " x " + image.rows());
        }
        int side = codec.pixelsPerCode();
        Raster fitting = BicubicResizer.resizeAndCrop(image, rows * side, cols * side);
        return codec.encode(ImageSamples.toPixels(fitting));
    }
}
