package io.github.smalti.clip;

import io.github.smalti.core.Raster;

/// Resizes 8-bit pictures as Pillow's antialiased bicubic filter does, bit by bit, and cuts out the middle.
///
/// The short side gets the wanted size, the long side `(int) (size * long / short)`. Columns are resized before rows,
/// weights are fixed-point numbers and each pass rounds to 8 bits. Colours are multiplied by alpha before and divided
/// by it afterwards. Only what the cut shows is computed, so memory grows with the short side alone, whatever the
/// aspect ratio.
///
/// Source: Pillow 9.4, Resample.c and Convert.c; torchvision 0.14.1, `Resize` and `CenterCrop`. Stateless.
public final class BicubicResizer {
    /// Bits behind the point of a weight: 32 minus 8 of a sample and 2 of headroom.
    private static final int FRACTION_BITS = 22;
    /// Keys' parameter; the filter reaches two pixels.
    private static final double SHARPNESS = -0.5;
    private static final double SUPPORT = 2;
    private static final int ALPHA = 3;

    private BicubicResizer() {}

    /// Weights of the outputs from `first` on along one axis.
    ///
    /// @param from    for each output its first input
    /// @param weights for each output the fixed-point weights of its inputs
    private record Taps(int[] from, int[][] weights) {
        int firstInput() { return from[0]; }

        int endInput() { return from[from.length - 1] + weights[weights.length - 1].length; }
    }

    /// Resizes and cuts.
    ///
    /// @param image a picture of at least one pixel
    /// @param size  rows and columns of the result
    /// @return (size, size, channels of the picture); alpha is kept
    public static Raster resizeAndCrop(Raster image, int size) {
        int shortSide = Math.min(image.rows(), image.cols());
        if (shortSide == size) return crop(image, size);
        Taps across = taps(image.cols(), resized(image.cols(), shortSide, size), size);
        Taps down = taps(image.rows(), resized(image.rows(), shortSide, size), size);
        boolean hasAlpha = image.channels() == 4;
        byte[] narrow = resizeColumns(image, across, down.firstInput(), down.endInput(), hasAlpha);
        byte[] out = resizeRows(narrow, size * image.channels(), down);
        if (hasAlpha) divideByAlpha(out);
        return new Raster(size, size, image.channels(), out);
    }

    private static long resized(int side, int shortSide, int size) {
        return side == shortSide ? size : (long) ((double) ((long) size * side) / shortSide);
    }

    /// Where the cut begins: half of what is left over, halves to even.
    private static long cutFrom(long side, int size) { return (long) Math.rint((side - size) / 2.0); }

    private static Raster crop(Raster image, int size) {
        int top = (int) cutFrom(image.rows(), size);
        int left = (int) cutFrom(image.cols(), size);
        int line = size * image.channels();
        byte[] out = new byte[size * line];
        for (int y = 0; y < size; y++) {
            int at = ((top + y) * image.cols() + left) * image.channels();
            System.arraycopy(image.samples(), at, out, y * line, line);
        }
        return new Raster(size, size, image.channels(), out);
    }

    private static Taps taps(int inputs, long outputs, int size) {
        double scale = (double) inputs / outputs;
        double stretch = Math.max(1, scale); // shrinking widens the filter: antialiasing
        long first = cutFrom(outputs, size);
        int[] from = new int[size];
        int[][] weights = new int[size][];
        for (int i = 0; i < size; i++) {
            double centre = (first + i + 0.5) * scale;
            from[i] = Math.max(0, (int) (centre - SUPPORT * stretch + 0.5));
            int end = Math.min(inputs, (int) (centre + SUPPORT * stretch + 0.5));
            weights[i] = fixedPoint(centre, stretch, from[i], end);
        }
        return new Taps(from, weights);
    }

    private static int[] fixedPoint(double centre, double stretch, int from, int end) {
        double inverse = 1 / stretch;
        double[] exact = new double[end - from];
        double sum = 0;
        for (int i = 0; i < exact.length; i++) {
            exact[i] = bicubic((i + from - centre + 0.5) * inverse);
            sum += exact[i];
        }
        int[] weights = new int[exact.length];
        for (int i = 0; i < weights.length; i++) {
            double scaled = (sum == 0 ? exact[i] : exact[i] / sum) * (1 << FRACTION_BITS);
            weights[i] = (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        }
        return weights;
    }

    private static double bicubic(double distance) {
        double x = Math.abs(distance);
        if (x < 1) return ((SHARPNESS + 2) * x - (SHARPNESS + 3)) * x * x + 1;
        if (x < SUPPORT) return (((x - 5) * x + 8) * x - 4) * SHARPNESS;
        return 0;
    }

    /// Resizes the columns of the rows from `top` to `bottom`.
    private static byte[] resizeColumns(Raster image, Taps taps, int top, int bottom, boolean hasAlpha) {
        int channels = image.channels();
        int size = taps.from.length;
        byte[] out = new byte[Math.multiplyExact(bottom - top, size * channels)];
        byte[] line = new byte[image.cols() * channels];
        for (int y = top; y < bottom; y++) {
            System.arraycopy(image.samples(), y * line.length, line, 0, line.length);
            if (hasAlpha) multiplyByAlpha(line);
            for (int x = 0; x < size; x++) {
                int at = ((y - top) * size + x) * channels;
                for (int c = 0; c < channels; c++) {
                    out[at + c] = weigh(line, taps.from[x] * channels + c, channels, taps.weights[x]);
                }
            }
        }
        return out;
    }

    /// Resizes rows of `line` samples, the first of which is the first input that the taps need.
    private static byte[] resizeRows(byte[] samples, int line, Taps taps) {
        byte[] out = new byte[taps.from.length * line];
        for (int y = 0; y < taps.from.length; y++) {
            int at = (taps.from[y] - taps.firstInput()) * line;
            for (int i = 0; i < line; i++) out[y * line + i] = weigh(samples, at + i, line, taps.weights[y]);
        }
        return out;
    }

    private static byte weigh(byte[] samples, int at, int stride, int[] weights) {
        int sum = 1 << FRACTION_BITS - 1;
        for (int i = 0; i < weights.length; i++) sum += (samples[at + i * stride] & 0xff) * weights[i];
        return (byte) Math.clamp(sum >> FRACTION_BITS, 0, 255);
    }

    private static void multiplyByAlpha(byte[] pixels) {
        for (int at = 0; at < pixels.length; at += 4) {
            int alpha = pixels[at + ALPHA] & 0xff;
            for (int c = 0; c < ALPHA; c++) {
                int product = (pixels[at + c] & 0xff) * alpha + 128;
                pixels[at + c] = (byte) ((product >> 8) + product >> 8);
            }
        }
    }

    private static void divideByAlpha(byte[] pixels) {
        for (int at = 0; at < pixels.length; at += 4) {
            int alpha = pixels[at + ALPHA] & 0xff;
            if (alpha == 0 || alpha == 255) continue;
            for (int c = 0; c < ALPHA; c++) {
                pixels[at + c] = (byte) Math.min(255, (pixels[at + c] & 0xff) * 255 / alpha);
            }
        }
    }
}
