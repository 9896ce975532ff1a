package io.github.smalti.pipeline;

import io.github.smalti.core.Raster;
import java.nio.file.Path;
import java.util.Random;

/// Writes pictures, each over an older one, until it is killed; prints a line after the first.
public final class WriteMain {
    static final int SIDE = 128;

    private WriteMain() {}

    /// @param arguments the folder
    public static void main(String[] arguments) {
        var random = new Random(1);
        for (int i = 0; true; i++) {
            byte[] samples = new byte[SIDE * SIDE * 3];
            random.nextBytes(samples);
            ImageFiles.replacePng(Path.of(arguments[0], "picture-" + i % 3 + ".png"),
                    new Raster(SIDE, SIDE, 3, samples));
            if (i == 0) System.out.println("begun");
        }
    }
}
