package io.github.smalti.pipeline.internal;

import io.github.smalti.core.Pixels;
import io.github.smalti.core.Raster;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;

/// Samples between AWT's pictures and ours.
///
/// Gray samples are taken as they lie: AWT calls gray pictures linear light and would change every sample on the way
/// to RGB.
public final class ImageSamples {
    private ImageSamples() {}

    /// A copy of an AWT picture.
    ///
    /// @param image any picture
    /// @return gray, RGB, or RGBA not premultiplied
    public static Raster of(BufferedImage image) {
        ColorModel model = image.getColorModel();
        var samples = image.getRaster();
        int type = samples.getTransferType();
        int bits = type == DataBuffer.TYPE_BYTE ? 8 : type == DataBuffer.TYPE_USHORT ? 16 : 0;
        boolean plain = bits != 0 && !(model instanceof IndexColorModel) && !model.isAlphaPremultiplied()
                && samples.getSampleModel().getSampleSize(0) == bits;
        return plain ? bySamples(image, bits - 8) : byColour(image);
    }

    private static Raster bySamples(BufferedImage image, int shift) {
        var source = image.getRaster();
        int bands = source.getNumBands();
        int channels = bands == 2 ? 4 : bands;
        int cols = image.getWidth();
        byte[] samples = new byte[size(image, channels)];
        int[] row = new int[cols * bands];
        int at = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            source.getPixels(source.getMinX(), source.getMinY() + y, cols, 1, row);
            for (int x = 0; x < cols; x++) {
                for (int c = 0; c < channels; c++) {
                    int band = bands == 2 ? c / 3 : c; // gray three times, then alpha
                    samples[at++] = (byte) (row[x * bands + band] >> shift);
                }
            }
        }
        return new Raster(image.getHeight(), cols, channels, samples);
    }

    private static Raster byColour(BufferedImage image) {
        int channels = image.getColorModel().hasAlpha() ? 4 : 3;
        byte[] samples = new byte[size(image, channels)];
        int[] row = new int[image.getWidth()];
        int at = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            image.getRGB(0, y, row.length, 1, row, 0, row.length);
            for (int argb : row) {
                samples[at++] = (byte) (argb >> 16);
                samples[at++] = (byte) (argb >> 8);
                samples[at++] = (byte) argb;
                if (channels == 4) samples[at++] = (byte) (argb >>> 24);
            }
        }
        return new Raster(image.getHeight(), image.getWidth(), channels, samples);
    }

    private static int size(BufferedImage image, int channels) {
        return Math.multiplyExact(Math.multiplyExact(image.getWidth(), image.getHeight()), channels);
    }

    /// A copy for AWT.
    ///
    /// @param image the picture
    public static BufferedImage toBufferedImage(Raster image) {
        int type = switch (image.channels()) {
            case 1 -> BufferedImage.TYPE_BYTE_GRAY;
            case 3 -> BufferedImage.TYPE_INT_RGB;
            default -> BufferedImage.TYPE_INT_ARGB;
        };
        var copy = new BufferedImage(image.cols(), image.rows(), type);
        int rowSamples = image.cols() * image.channels();
        int[] row = new int[rowSamples];
        for (int y = 0; y < image.rows(); y++) {
            for (int i = 0; i < rowSamples; i++) row[i] = image.samples()[y * rowSamples + i] & 0xff;
            copy.getRaster().setPixels(0, y, image.cols(), 1, row);
        }
        return copy;
    }

    /// The picture as numbers from 0 to 1, RGB.
    ///
    /// @param image the picture; gray becomes equal red, green and blue, transparency is dropped
    public static Pixels toPixels(Raster image) {
        float[] values = new float[Math.multiplyExact(Math.multiplyExact(image.rows(), image.cols()), 3)];
        int at = 0;
        for (int y = 0; y < image.rows(); y++) {
            for (int x = 0; x < image.cols(); x++) {
                for (int c = 0; c < 3; c++) { values[at++] = image.sample(y, x, image.channels() == 1 ? 0 : c) / 255f; }
            }
        }
        return new Pixels(image.rows(), image.cols(), values);
    }
}
