package io.github.smalti.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.github.smalti.core.Raster;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BicubicResizerTest {
    private static Raster filled(int rows, int cols, int channels, int value) {
        byte[] samples = new byte[rows * cols * channels];
        Arrays.fill(samples, (byte) value);
        return new Raster(rows, cols, channels, samples);
    }

    @Test
    void plainColourStaysAsItIs() {
        for (int[] size : new int[][]{{1, 1}, {3, 200}, {500, 7}, {224, 224}, {225, 224}}) {
            Raster out = BicubicResizer.resizeAndCrop(filled(size[0], size[1], 3, 200), 32);
            assertArrayEquals(filled(32, 32, 3, 200).samples(), out.samples(), Arrays.toString(size));
        }
    }

    @Test
    void pictureOfTheRightShortSideIsOnlyCut() {
        byte[] samples = new byte[2 * 5 * 4];
        for (int i = 0; i < samples.length; i++) samples[i] = (byte) (i * 7);
        Raster out = BicubicResizer.resizeAndCrop(new Raster(2, 5, 4, samples), 2);
        byte[] want = new byte[16];
        System.arraycopy(samples, 2 * 4, want, 0, 8); // round((5 - 2) / 2.0) = 2, half to even
        System.arraycopy(samples, 7 * 4, want, 8, 8);
        assertArrayEquals(want, out.samples());
    }

    @Test
    void hiddenColoursDoNotBleed() {
        byte[] samples = new byte[8 * 8 * 4];
        for (int pixel = 0; pixel < 64; pixel++) {
            boolean isVisible = pixel % 8 < 4;
            samples[pixel * 4] = (byte) (isVisible ? 255 : 0);
            samples[pixel * 4 + 1] = (byte) (isVisible ? 0 : 255);
            samples[pixel * 4 + 3] = (byte) (isVisible ? 255 : 0);
        }
        Raster out = BicubicResizer.resizeAndCrop(new Raster(8, 8, 4, samples), 4);
        for (int pixel = 0; pixel < 16; pixel++) assertEquals(0, out.sample(pixel / 4, pixel % 4, 1), "green");
        assertEquals(255, out.sample(0, 0, 0));
    }

    @Test
    void extremeAspectRatiosTakeLittleTimeAndMemory() {
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> {
            Raster tall = BicubicResizer.resizeAndCrop(filled(3_000_000, 1, 3, 9), 224);
            Raster wide = BicubicResizer.resizeAndCrop(filled(1, 3_000_000, 4, 9), 224);
            assertEquals(9, tall.sample(223, 223, 2));
            assertEquals(9, wide.sample(0, 0, 3));
        });
    }

    @Test
    void pictureWithoutPixelsIsRefused() {
        var preprocessor = ImagePreprocessor.standard(32);
        assertThrows(IllegalArgumentException.class, () -> preprocessor.prepare(filled(0, 5, 3, 0)));
        assertThrows(IllegalArgumentException.class, () -> preprocessor.prepare(filled(5, 0, 3, 0)));
    }

    @Test
    void grayIsRepeated() {
        float[] gray = ImagePreprocessor.standard(8).prepare(filled(9, 9, 1, 77));
        float[] rgb = ImagePreprocessor.standard(8).prepare(filled(9, 9, 3, 77));
        assertArrayEquals(rgb, gray);
    }
}
