package io.github.smalti.core;

/// A picture of 8-bit samples, pixel by pixel, row by row.
///
/// @param rows     pixel rows
/// @param cols     pixels of a row
/// @param channels 1 (gray), 3 (red, green, blue) or 4 (with alpha, not premultiplied)
/// @param samples  rows · cols · channels bytes, unsigned; not copied
public record Raster(int rows, int cols, int channels, byte[] samples) {
    /// Checks the sizes.
    public Raster {
        if (channels != 1 && channels != 3 && channels != 4) {
            throw new IllegalArgumentException("channels: expected 1, 3 or 4, found " + channels);
        }
        if (samples.length != (long) rows * cols * channels) {
            throw new ShapeMismatchException("samples of a picture", (long) rows * cols * channels, samples.length);
        }
    }

    /// One sample.
    ///
    /// @param y       pixel row
    /// @param x       pixel of the row
    /// @param channel which sample of the pixel
    /// @return 0 to 255
    public int sample(int y, int x, int channel) { return samples[(y * cols + x) * channels + channel] & 0xff; }
}
