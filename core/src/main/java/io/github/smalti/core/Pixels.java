package io.github.smalti.core;

/// A colour picture as numbers between 0 and 1: (rows, cols, 3), red first.
///
/// @param rows   pixel rows
/// @param cols   pixels of a row
/// @param values rows · cols · 3 numbers; not copied
public record Pixels(int rows, int cols, float[] values) {
    private static final int CHANNELS = 3;

    /// Checks the sizes.
    public Pixels {
        if (values.length != (long) rows * cols * CHANNELS) {
            throw new ShapeMismatchException("values of a picture", (long) rows * cols * CHANNELS, values.length);
        }
    }

    /// The picture in 8 bits: clipped to 0..1, times 255, fractions cut off as NumPy's `astype(uint8)` does.
    ///
    /// @return a new picture
    public Raster toRaster() {
        byte[] samples = new byte[values.length];
        for (int i = 0; i < samples.length; i++) samples[i] = (byte) (int) (Math.clamp(values[i], 0f, 1f) * 255f);
        return new Raster(rows, cols, CHANNELS, samples);
    }
}
