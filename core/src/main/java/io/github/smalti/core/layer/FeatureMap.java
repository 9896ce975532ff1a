package io.github.smalti.core.layer;

import io.github.smalti.core.Team;
import java.util.Arrays;

/// A picture-shaped activation in channels-last order with a border of zero pixels on every side: one, or more where
/// asked for.
///
/// The border makes convolutions free of edge cases, one pixel those of 3×3, three those of 7×7: pixel (y, x) starts at
/// `((y + border) * (cols + 2 * border) + x + border) * channels`. Layers write the inside only, so the border stays
/// zero.
/// Belongs to one session; not thread-safe.
public final class FeatureMap {
    private final int rows;
    private final int cols;
    private final int channels;
    private final int border;
    private final float[] data;

    /// Allocates a map of zeros.
    ///
    /// @param rows     pixel rows
    /// @param cols     pixels of a row
    /// @param channels numbers of a pixel
    public FeatureMap(int rows, int cols, int channels) {
        this(rows, cols, channels, 1, new float[length(rows, cols, channels)]);
    }

    /// A map in an array of at least its [#length], whose border is zero there already.
    private FeatureMap(int rows, int cols, int channels, int border, float[] data) {
        this.rows = rows;
        this.cols = cols;
        this.channels = channels;
        this.border = border;
        this.data = data;
    }

    /// Floats of a map with a border of one pixel, which is included.
    static int length(int rows, int cols, int channels) { return length(rows, cols, channels, 1); }

    private static int length(int rows, int cols, int channels, int border) {
        return Math.toIntExact((rows + 2L * border) * (cols + 2L * border) * channels);
    }

    /// Makes a map in an array that held something else: its border becomes zero, its pixels are anything.
    ///
    /// @param array of at least [#length] floats; longer ones are left as they are behind that
    static FeatureMap in(float[] array, int rows, int cols, int channels) {
        var map = new FeatureMap(rows, cols, channels, 1, array);
        int stride = map.rowStride();
        Arrays.fill(array, 0, stride + channels, 0); // the row above and the pixel left of the first
        for (int y = 0; y < rows; y++) {
            int right = map.at(y, cols);
            Arrays.fill(array, right, right + 2 * channels, 0); // with the pixel left of the next row
        }
        Arrays.fill(array, map.at(rows, -1), map.at(rows, -1) + stride, 0);
        return map;
    }

    /// Makes a map of dense pixels with a border of one pixel.
    ///
    /// @param pixels   (rows, cols, channels)
    /// @param rows     pixel rows
    /// @param cols     pixels of a row
    /// @param channels numbers of a pixel
    /// @return a new map
    public static FeatureMap of(float[] pixels, int rows, int cols, int channels) {
        return of(pixels, rows, cols, channels, 1);
    }

    /// Makes a map of dense pixels.
    ///
    /// @param pixels   (rows, cols, channels)
    /// @param rows     pixel rows
    /// @param cols     pixels of a row
    /// @param channels numbers of a pixel
    /// @param border   zero pixels on every side
    /// @return a new map
    public static FeatureMap of(float[] pixels, int rows, int cols, int channels, int border) {
        var map = new FeatureMap(rows, cols, channels, border, new float[length(rows, cols, channels, border)]);
        for (int y = 0; y < rows; y++) {
            System.arraycopy(pixels, y * cols * channels, map.data, map.at(y, 0), cols * channels);
        }
        return map;
    }

    /// The pixels without the border.
    ///
    /// @return a new array, (rows, cols, channels)
    public float[] toPixels() {
        float[] pixels = new float[rows * cols * channels];
        for (int y = 0; y < rows; y++) {
            System.arraycopy(data, at(y, 0), pixels, y * cols * channels, cols * channels);
        }
        return pixels;
    }

    /// Pixel rows, without the border.
    public int rows() { return rows; }

    /// Pixels of a row, without the border.
    public int cols() { return cols; }

    /// Numbers of a pixel.
    public int channels() { return channels; }

    /// Zero pixels on every side.
    public int border() { return border; }

    /// The numbers, border included; the array may be longer.
    public float[] data() { return data; }

    /// Index of a pixel's first number; `-border` to -1, and `rows` or `cols` on, are the border.
    ///
    /// @param y pixel row
    /// @param x pixel of the row
    /// @return index into [#data]
    public int at(int y, int x) { return ((y + border) * (cols + 2 * border) + x + border) * channels; }

    /// Distance of two pixel rows in [#data].
    public int rowStride() { return (cols + 2 * border) * channels; }

    /// Whether this map has a shape.
    ///
    /// @param rows     pixel rows
    /// @param cols     pixels of a row
    /// @param channels numbers of a pixel
    public boolean hasShape(int rows, int cols, int channels) {
        return this.rows == rows && this.cols == cols && this.channels == channels;
    }

    /// Adds dense pixels: a residual sum.
    ///
    /// @param pixels (rows, cols, channels)
    public void add(float[] pixels) {
        for (int y = 0; y < rows; y++) {
            int at = at(y, 0);
            int from = y * cols * channels;
            for (int i = 0; i < cols * channels; i++) data[at + i] += pixels[from + i];
        }
    }

    /// Every pixel as 2×2.
    FeatureMap doubled(Team team, Workspace workspace) {
        FeatureMap out = workspace.take(2 * rows, 2 * cols, channels);
        team.run(rows, (y, _) -> {
            for (int x = 0; x < out.cols; x++) {
                System.arraycopy(data, at(y, x / 2), out.data, out.at(2 * y, x), channels);
            }
            System.arraycopy(out.data, out.at(2 * y, 0), out.data, out.at(2 * y + 1, 0), out.cols * channels);
        });
        return out;
    }
}
