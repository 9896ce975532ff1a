package io.github.smalti.pipeline.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.pipeline.Preset;
import io.github.smalti.pipeline.SamplingSettings;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SamplingFileTest {
    private static final SamplingSettings FAMILY = Preset.DALLE_MINI.settings();

    @TempDir
    Path model;
    private Path dalle;

    @BeforeEach
    void makeFolder() throws IOException { dalle = Files.createDirectory(model.resolve("dalle")); }

    private SamplingSettings beside(String json) throws IOException {
        Files.writeString(model.resolve("sampling.json"), json);
        return SamplingFile.read(dalle, FAMILY);
    }

    @Test
    void modelWithoutAFileGetsItsFamilysSettings() { assertEquals(FAMILY, SamplingFile.read(dalle, FAMILY)); }

    @Test
    void readsTheFileBesideTheModelOrInIt() throws IOException {
        assertEquals(new SamplingSettings(0.5f, 5, 0.9f, 2),
                beside("{\"temperature\": 0.5, \"top_k\": 5, \"top_p\": 0.9, \"guidance_scale\": 2}"));
        Files.writeString(dalle.resolve("sampling.json"), "{\"temperature\": 0.25}");
        assertEquals(new SamplingSettings(0.25f, 0, 1, 10), SamplingFile.read(dalle, FAMILY));
    }

    @Test
    void missingKeysKeepTheFamilysSettings() throws IOException {
        assertEquals(FAMILY, beside("{}"));
        assertEquals(new SamplingSettings(1, 0, 1, 3), beside("{\"guidance_scale\": 3.0}"));
    }

    @Test
    void refusesWhatItDoesNotUnderstand() {
        for (String json : new String[]{"", "[]", "{\"temperature\": \"hot\"}", "{\"temperature\": -1}",
                "{\"top_k\": 0.5}",
                "{\"cond_scale\": 3}", "{\"top_p\": 0}", " ".repeat(70_000)}) {
            String message = assertThrows(WeightsException.class, () -> beside(json)).getMessage();
            assertTrue(message.contains("sampling.json"), message);
        }
    }
}
