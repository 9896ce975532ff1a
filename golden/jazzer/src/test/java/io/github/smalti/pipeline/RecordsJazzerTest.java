package io.github.smalti.pipeline;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Raster;
import io.github.smalti.golden.Checksums;
import io.github.smalti.pipeline.internal.PngWriter;
import io.github.smalti.pipeline.internal.SamplingFile;
import io.github.smalti.transformer.ImagePrompt;
import io.github.smalti.weights.WeightsException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/// Pictures with a record, whose chunks' checksums are mended, and settings of sampling are read or refused as declared.
class RecordsJazzerTest {
    private static final String TIME = "1m";

    @TempDir
    static Path folder;

    static List<byte[]> pictures() throws IOException {
        var record = new ImageRecord("0.1", new ModelInfo("mini", "0123456789abcdef".repeat(4), Precision.F32),
                "a cat", "", ImagePrompt.NONE, Canvas.MODEL, new SamplingSettings(1, 50, 1, 10), 42, 0);
        var out = new ByteArrayOutputStream();
        PngWriter.write(new Raster(2, 3, 3, new byte[18]), Map.copyOf(record.pngTexts()), out);
        return List.of(out.toByteArray());
    }

    static List<byte[]> settings() {
        return List.of("{\"guidance_scale\": 4.5, \"temperature\": 0.9, \"top_k\": 64, \"top_p\": 0.95}"
                .getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("pictures")
    @FuzzTest(maxDuration = TIME)
    void record(byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("picture.png"), Checksums.ofPng(bytes));
        try {
            ImageRecord.read(file);
        } catch (ImageFileException _) {
            // refused as declared
        }
        try {
            ImageFiles.read(file);
        } catch (ImageFileException _) {
            // refused as declared
        }
    }

    @MethodSource("settings")
    @FuzzTest(maxDuration = TIME)
    void sampling(byte[] bytes) throws IOException {
        Files.write(folder.resolve("sampling.json"), bytes);
        try {
            SamplingFile.read(folder, new SamplingSettings(1, 50, 1, 10));
        } catch (WeightsException _) {
            // refused as declared
        }
    }
}
