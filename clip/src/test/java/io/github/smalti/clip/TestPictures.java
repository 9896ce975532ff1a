package io.github.smalti.clip;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Raster;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.golden.Npy;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/// Pictures of the reference, and what tests compute with.
final class TestPictures {
    /// One thread, scalar kernels: needs no closing.
    static final Compute SCALAR = new Compute(Kernels.scalar(), new Team(1));

    private TestPictures() {}

    /// A stored 8-bit picture, (rows, cols, channels).
    static Raster decoded(GoldenCase golden, String name) {
        Npy array = golden.array("decoded/" + name);
        int[] values = array.ints();
        byte[] samples = new byte[values.length];
        for (int i = 0; i < samples.length; i++) samples[i] = (byte) values[i];
        return new Raster(array.shape()[0], array.shape()[1], array.shape()[2], samples);
    }

    /// A picture file as the JDK decodes it.
    static Raster read(Path file) {
        try {
            BufferedImage image = ImageIO.read(file.toFile());
            int channels = image.getRaster().getNumBands();
            int[] values = image.getRaster().getPixels(0, 0, image.getWidth(), image.getHeight(), (int[]) null);
            byte[] samples = new byte[values.length];
            for (int i = 0; i < samples.length; i++) samples[i] = (byte) values[i];
            return new Raster(image.getHeight(), image.getWidth(), channels, samples);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The pictures of `emoji-scenes/expected` that have CLIP scores, unrounded.
    static List<Pixels> scenes() {
        List<Pixels> out = new ArrayList<>();
        for (var name : GoldenCase.json(GoldenCase.path("emoji-scenes/expected/manifest.json")).at("/clip/images")) {
            Npy array = Npy.read(GoldenCase.path("emoji-scenes/expected/" + name.asText()));
            out.add(new Pixels(array.shape()[0], array.shape()[1], array.floats()));
        }
        return out;
    }

    /// (size, size, 3) to (3, size, size).
    static float[] planes(float[] picture) {
        int pixels = picture.length / 3;
        float[] out = new float[picture.length];
        for (int i = 0; i < picture.length; i++) out[i % 3 * pixels + i / 3] = picture[i];
        return out;
    }

    /// (count, 3, size, size) to `count` pictures (size, size, 3).
    static List<float[]> fromPlanes(float[] all, int count) {
        int length = all.length / count;
        int pixels = length / 3;
        List<float[]> out = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[] picture = new float[length];
            for (int j = 0; j < length; j++) picture[j] = all[i * length + j % 3 * pixels + j / 3];
            out.add(picture);
        }
        return out;
    }

    static float[] flat(float[][] rows) {
        float[] out = new float[rows.length * rows[0].length];
        for (int i = 0; i < rows.length; i++) System.arraycopy(rows[i], 0, out, i * rows[0].length, rows[0].length);
        return out;
    }
}
