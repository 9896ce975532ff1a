package io.github.smalti.tools;

import io.github.smalti.core.Raster;

/// Makes a picture fit for an image codec: RGB, no larger than asked for, rows and columns that divide into codes.
final class PictureFit {
    private static final int CHANNELS = 3;

    private PictureFit() {}

    /// Cuts out the largest middle whose rows and columns divide; gray becomes equal red, green and blue, transparency
    /// is dropped, as a codec sees it.
    ///
    /// @param image a picture
    /// @param side  pixel rows, and columns, of a code
    /// @return an RGB picture
    /// @throws ToolException if the picture is smaller than a code
    static Raster crop(Raster image, int side) {
        int rows = image.rows() / side * side;
        int cols = image.cols() / side * side;
        if (rows == 0 || cols == 0) {
            throw new ToolException("expected a picture of at least " + side + " x " + side + " pixels, found "
                    + image.cols() + " x " + image.rows());
        }
        int top = (image.rows() - rows) / 2;
        int left = (image.cols() - cols) / 2;
        byte[] samples = new byte[rows * cols * CHANNELS];
        int at = 0;
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < cols; x++) {
                for (int c = 0; c < CHANNELS; c++) {
                    samples[at++] = (byte) image.sample(top + y, left + x, image.channels() == 1 ? 0 : c);
                }
            }
        }
        return new Raster(rows, cols, CHANNELS, samples);
    }

    /// Shrinks a picture until its short side has so many pixels: every pixel is the mean of the area that it covers.
    ///
    /// @param image     a picture
    /// @param shortSide pixels
    /// @return the picture itself if its short side is not longer
    static Raster shrink(Raster image, int shortSide) {
        int shorter = Math.min(image.rows(), image.cols());
        if (shorter <= shortSide) return image;
        int rows = Math.max(1, (int) ((long) image.rows() * shortSide / shorter));
        int cols = Math.max(1, (int) ((long) image.cols() * shortSide / shorter));
        int channels = image.channels();
        double[][] across = new double[image.rows()][];
        double[] line = new double[image.cols() * channels];
        for (int y = 0; y < image.rows(); y++) {
            for (int i = 0; i < line.length; i++) line[i] = image.samples()[y * line.length + i] & 0xff;
            across[y] = means(line, image.cols(), cols, channels);
        }
        byte[] samples = new byte[rows * cols * channels];
        double[] column = new double[image.rows()];
        for (int i = 0; i < cols * channels; i++) {
            for (int y = 0; y < column.length; y++) column[y] = across[y][i];
            double[] down = means(column, image.rows(), rows, 1);
            for (int y = 0; y < rows; y++) samples[y * cols * channels + i] = (byte) Math.round(down[y]);
        }
        return new Raster(rows, cols, channels, samples);
    }

    /// Means of `count` equal parts of a line of pixels; the pixels at a part's ends count by their share.
    private static double[] means(double[] line, int pixels, int count, int channels) {
        double[] out = new double[count * channels];
        double length = (double) pixels / count;
        for (int part = 0; part < count; part++) {
            double from = part * length;
            double to = Math.min(pixels, from + length);
            for (int pixel = (int) from; pixel < to; pixel++) {
                double share = (Math.min(to, pixel + 1) - Math.max(from, pixel)) / (to - from);
                for (int c = 0; c < channels; c++) out[part * channels + c] += share * line[pixel * channels + c];
            }
        }
        return out;
    }
}
