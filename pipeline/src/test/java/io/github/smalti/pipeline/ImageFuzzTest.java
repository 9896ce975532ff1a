package io.github.smalti.pipeline;

import io.github.smalti.core.Precision;
import io.github.smalti.core.Raster;
import io.github.smalti.golden.Checksums;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.golden.MutationFuzz;
import io.github.smalti.pipeline.internal.PngWriter;
import io.github.smalti.pipeline.internal.SamplingFile;
import io.github.smalti.transformer.ImagePrompt;
import io.github.smalti.weights.WeightsException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Damaged pictures, records and settings are read or refused by the declared exception.
@Tag("fuzz")
class ImageFuzzTest {
    private static final int MAX_SOURCE = 20_000;
    private static final String[] PNG_WORDS = {"IHDR", "PLTE", "IDAT", "IEND", "iTXt", "zTXt", "tEXt", "tRNS", "gAMA",
            "iCCP", "sBIT", "bKGD", "acTL", "smalti\u0000\u0000\u0000\u0000\u0000", "\u0000\u0000\u0000\rIHDR",
            "\u0000\u0000\u0000\u0000IEND", "\u0089PNG\r\n\u001a\n"};

    @Test
    void png() throws IOException, InterruptedException {
        MutationFuzz.of("ImageFuzzTest#png", ImageFileException.class).named("picture.png").good(drawn())
                .good(golden("good.png"))
                .bad("bad-files/image", MAX_SOURCE).words(PNG_WORDS).run(ImageFiles::read);
    }

    @Test
    void pngWithSums() throws IOException, InterruptedException {
        MutationFuzz.of("ImageFuzzTest#pngWithSums", ImageFileException.class).named("picture.png").good(drawn())
                .good(golden("good.png")).words(PNG_WORDS).within(Checksums::ofPng).run(ImageFiles::read);
    }

    @Test
    void jpeg() throws IOException, InterruptedException {
        MutationFuzz.of("ImageFuzzTest#jpeg", ImageFileException.class).named("picture.jpg").good(golden("good.jpg"))
                .bad("bad-files/image", MAX_SOURCE)
                .words("\u00ff\u00d8\u00ff", "\u00ff\u00d9", "\u00ff\u00c0", "\u00ff\u00c2", "\u00ff\u00c4",
                        "\u00ff\u00da", "\u00ff\u00db", "\u00ff\u00dd", "\u00ff\u00e0", "\u00ff\u00e1", "\u00ff\u00e2",
                        "\u00ff\u00ee", "JFIF\u0000", "Exif\u0000\u0000", "ICC_PROFILE\u0000", "Adobe\u0000")
                .run(ImageFiles::read);
    }

    @Test
    void record() throws IOException, InterruptedException {
        MutationFuzz.of("ImageFuzzTest#record", ImageFileException.class).named("picture.png").good(drawn())
                .words(PNG_WORDS).words("{", "}", "\"model\":", "\"seed\":", "null", "1e999", "\\ud800", "\"\"")
                .within(Checksums::ofPng).run(ImageRecord::read);
    }

    @Test
    void sampling() throws IOException, InterruptedException {
        SamplingSettings family = new SamplingSettings(1, 50, 1, 10);
        MutationFuzz.of("ImageFuzzTest#sampling", WeightsException.class).named("sampling.json")
                .good("{\"guidance_scale\": 4.5, \"temperature\": 0.9, \"top_k\": 64, \"top_p\": 0.95}"
                        .getBytes(StandardCharsets.UTF_8))
                .words("{", "}", "null", "1e999", "-0", "\"top_k\":", "[", "\"")
                .run(file -> SamplingFile.read(file.getParent(), family));
    }

    private static byte[] golden(String name) throws IOException {
        return Files.readAllBytes(GoldenCase.path("bad-files/image").resolve(name));
    }

    /// A picture with a record, as `smalti generate` writes it.
    private static byte[] drawn() throws IOException {
        byte[] samples = new byte[9 * 7 * 3];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < samples.length; i++) samples[i] = (byte) random.nextInt(256);
        var record = new ImageRecord("0.1", new ModelInfo("mini", "0123456789abcdef".repeat(4), Precision.F32),
                "a cat", "", ImagePrompt.NONE, Canvas.MODEL, new SamplingSettings(1, 50, 1, 10), 42, 0);
        var out = new ByteArrayOutputStream();
        PngWriter.write(new Raster(7, 9, 3, samples), Map.copyOf(record.pngTexts()), out);
        return out.toByteArray();
    }
}
