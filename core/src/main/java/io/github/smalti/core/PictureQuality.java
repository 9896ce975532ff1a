package io.github.smalti.core;

/// How near a picture is to another: PSNR and SSIM, as papers on image codecs state them.
///
/// Numbers are compared as they are, with a peak of 1; round them to 8 bits first to judge files. Both are computed in
/// float64 on the calling thread.
///
/// Source of SSIM: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural
/// similarity", IEEE Transactions on Image Processing 13(4), 2004, section III.B and C.
public final class PictureQuality {
    /// Pixels of a side of SSIM's window.
    public static final int WINDOW = 11;

    private static final int CHANNELS = 3;
    /// Deviation of the window's weights, in pixels.
    private static final double SIGMA = 1.5;
    /// (K1 · L)² of the paper, K1 = 0.01, with numbers up to L = 1.
    private static final double C1 = 0.01 * 0.01;
    /// (K2 · L)² of the paper, K2 = 0.03.
    private static final double C2 = 0.03 * 0.03;
    private static final double[] WEIGHTS = weights();

    private PictureQuality() {}

    private static double[] weights() {
        double[] weights = new double[WINDOW];
        double sum = 0;
        for (int i = 0; i < WINDOW; i++) {
            double distance = i - WINDOW / 2;
            weights[i] = StrictMath.exp(-distance * distance / (2 * SIGMA * SIGMA));
            sum += weights[i];
        }
        for (int i = 0; i < WINDOW; i++) weights[i] /= sum;
        return weights;
    }

    /// Peak signal-to-noise ratio over all numbers: `10 · log10(1 / mean squared error)`.
    ///
    /// @param a a picture
    /// @param b another of the same size
    /// @return decibels; infinite for equal pictures
    /// @throws ShapeMismatchException if the sizes differ
    public static double psnr(Pixels a, Pixels b) {
        requireOneSize(a, b);
        double sum = 0;
        for (int i = 0; i < a.values().length; i++) {
            double difference = (double) a.values()[i] - b.values()[i];
            sum += difference * difference;
        }
        return 10 * StrictMath.log10(a.values().length / sum);
    }

    /// Mean structural similarity: over every place where the 11×11 Gaussian window lies within the picture, and over the
    /// three channels.
    ///
    /// @param a a picture of at least 11 rows and columns
    /// @param b another of the same size
    /// @return -1 to 1; 1 for equal pictures
    /// @throws ShapeMismatchException   if the sizes differ
    /// @throws IllegalArgumentException if the window does not fit
    public static double ssim(Pixels a, Pixels b) {
        requireOneSize(a, b);
        if (a.rows() < WINDOW || a.cols() < WINDOW) {
            throw new IllegalArgumentException("SSIM: expected at least " + WINDOW + " × " + WINDOW
                    + " pixels, found " + a.rows() + " × " + a.cols());
        }
        double sum = 0;
        for (int channel = 0; channel < CHANNELS; channel++) sum += ssim(a, b, channel);
        return sum / CHANNELS;
    }

    private static double ssim(Pixels a, Pixels b, int channel) {
        int count = a.rows() * a.cols();
        double[] x = new double[count];
        double[] y = new double[count];
        double[] squares = new double[count]; // of both: the formula needs their variances' sum alone
        double[] products = new double[count];
        for (int i = 0; i < count; i++) {
            x[i] = a.values()[i * CHANNELS + channel];
            y[i] = b.values()[i * CHANNELS + channel];
            squares[i] = x[i] * x[i] + y[i] * y[i];
            products[i] = x[i] * y[i];
        }
        double[] meanX = windowed(x, a.rows(), a.cols());
        double[] meanY = windowed(y, a.rows(), a.cols());
        double[] meanSquares = windowed(squares, a.rows(), a.cols());
        double[] meanProducts = windowed(products, a.rows(), a.cols());
        double sum = 0;
        for (int i = 0; i < meanX.length; i++) {
            double product = meanX[i] * meanY[i];
            double square = meanX[i] * meanX[i] + meanY[i] * meanY[i];
            double covariance = meanProducts[i] - product;
            double variances = meanSquares[i] - square;
            sum += (2 * product + C1) * (2 * covariance + C2) / ((square + C1) * (variances + C2));
        }
        return sum / meanX.length;
    }

    /// Weighted means of all windows: along the rows, then along the columns.
    private static double[] windowed(double[] values, int rows, int cols) {
        int acrossCols = cols - WINDOW + 1;
        double[] across = new double[rows * acrossCols];
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < acrossCols; x++) {
                double sum = 0;
                for (int i = 0; i < WINDOW; i++) sum += WEIGHTS[i] * values[y * cols + x + i];
                across[y * acrossCols + x] = sum;
            }
        }
        double[] out = new double[(rows - WINDOW + 1) * acrossCols];
        for (int at = 0; at < out.length; at++) {
            double sum = 0;
            for (int i = 0; i < WINDOW; i++) sum += WEIGHTS[i] * across[at + i * acrossCols];
            out[at] = sum;
        }
        return out;
    }

    private static void requireOneSize(Pixels a, Pixels b) {
        if (a.rows() != b.rows()) throw new ShapeMismatchException("rows of the other picture", a.rows(), b.rows());
        if (a.cols() != b.cols()) throw new ShapeMismatchException("columns of the other picture", a.cols(), b.cols());
    }
}
