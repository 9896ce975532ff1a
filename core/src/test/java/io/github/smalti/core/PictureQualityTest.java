package io.github.smalti.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PictureQualityTest {
    private static final double C1 = 0.0001;
    private static final double C2 = 0.0009;

    private static Pixels flat(int rows, int cols, float value) {
        float[] values = new float[rows * cols * 3];
        Arrays.fill(values, value);
        return new Pixels(rows, cols, values);
    }

    private static Pixels noise(int rows, int cols, long seed) {
        Random random = new Random(seed);
        float[] values = new float[rows * cols * 3];
        for (int i = 0; i < values.length; i++) values[i] = random.nextFloat();
        return new Pixels(rows, cols, values);
    }

    @Test
    void psnrOfOneLevelOfEightBitsIsFortyEightDecibels() {
        Pixels a = flat(4, 5, 100 / 255f);
        assertEquals(48.1308, PictureQuality.psnr(a, flat(4, 5, 101 / 255f)), 1e-4); // 20 · log10(255)
        assertEquals(20, PictureQuality.psnr(a, flat(4, 5, 100 / 255f + 0.1f)), 1e-5);
        assertEquals(Double.POSITIVE_INFINITY, PictureQuality.psnr(a, a));
        assertEquals(0, PictureQuality.psnr(flat(2, 2, 0), flat(2, 2, 1)));
        float[] one = new float[3 * 100];
        one[7] = 1;
        assertEquals(10 * Math.log10(300), PictureQuality.psnr(flat(10, 10, 0), new Pixels(10, 10, one)), 1e-9);
    }

    /// Without structure only the comparison of luminance is left: (2ab + C1) / (a² + b² + C1).
    @Test
    void ssimOfFlatPicturesComparesTheirLuminance() {
        double a = 0.25;
        double b = 0.75;
        double want = (2 * a * b + C1) / (a * a + b * b + C1);
        assertEquals(want, PictureQuality.ssim(flat(11, 11, 0.25f), flat(11, 11, 0.75f)), 1e-12);
        assertEquals(C1 / (1 + C1), PictureQuality.ssim(flat(12, 13, 0), flat(12, 13, 1)), 1e-12);
    }

    @Test
    void ssimOfEqualPicturesIsOneAndOfOppositeOnesNegative() {
        Pixels a = noise(16, 20, 1);
        assertEquals(1, PictureQuality.ssim(a, a), 1e-12);
        float[] opposite = a.values().clone();
        for (int i = 0; i < opposite.length; i++) opposite[i] = 1 - opposite[i];
        assertTrue(PictureQuality.ssim(a, new Pixels(16, 20, opposite)) < -0.9);
        assertEquals(PictureQuality.ssim(a, noise(16, 20, 2)), PictureQuality.ssim(noise(16, 20, 2), a), 1e-15);
    }

    /// The formula of the paper, window by window, with weights of two dimensions.
    @Test
    void ssimMatchesItsDefinition() {
        Pixels a = noise(13, 17, 3);
        Pixels b = noise(13, 17, 4);
        for (int i = 0; i < b.values().length; i++) b.values()[i] = 0.7f * a.values()[i] + 0.3f * b.values()[i];
        double sum = 0;
        int windows = 0;
        for (int channel = 0; channel < 3; channel++) {
            for (int top = 0; top + 11 <= 13; top++) {
                for (int left = 0; left + 11 <= 17; left++) {
                    sum += window(a, b, top, left, channel);
                    windows++;
                }
            }
        }
        assertEquals(3 * 3 * 7, windows);
        assertEquals(sum / windows, PictureQuality.ssim(a, b), 1e-9);
    }

    private static double window(Pixels a, Pixels b, int top, int left, int channel) {
        double total = 0;
        double meanA = 0;
        double meanB = 0;
        double[] weights = new double[121];
        for (int i = 0; i < 121; i++) {
            weights[i] = Math.exp(-(Math.pow(i / 11 - 5, 2) + Math.pow(i % 11 - 5, 2)) / (2 * 1.5 * 1.5));
            total += weights[i];
        }
        for (int i = 0; i < 121; i++) {
            weights[i] /= total;
            meanA += weights[i] * value(a, top + i / 11, left + i % 11, channel);
            meanB += weights[i] * value(b, top + i / 11, left + i % 11, channel);
        }
        double varianceA = 0;
        double varianceB = 0;
        double covariance = 0;
        for (int i = 0; i < 121; i++) {
            double x = value(a, top + i / 11, left + i % 11, channel) - meanA;
            double y = value(b, top + i / 11, left + i % 11, channel) - meanB;
            varianceA += weights[i] * x * x;
            varianceB += weights[i] * y * y;
            covariance += weights[i] * x * y;
        }
        return (2 * meanA * meanB + C1) * (2 * covariance + C2)
                / ((meanA * meanA + meanB * meanB + C1) * (varianceA + varianceB + C2));
    }

    private static double value(Pixels p, int y, int x, int channel) {
        return p.values()[(y * p.cols() + x) * 3 + channel];
    }

    @Test
    void refusesPicturesThatCannotBeCompared() {
        Pixels a = flat(11, 11, 0);
        assertThrows(ShapeMismatchException.class, () -> PictureQuality.psnr(a, flat(11, 12, 0)));
        assertThrows(ShapeMismatchException.class, () -> PictureQuality.ssim(a, flat(12, 11, 0)));
        String message = assertThrows(IllegalArgumentException.class,
                () -> PictureQuality.ssim(flat(10, 20, 0), flat(10, 20, 0))).getMessage();
        assertTrue(message.contains("11 × 11"), message);
    }
}
