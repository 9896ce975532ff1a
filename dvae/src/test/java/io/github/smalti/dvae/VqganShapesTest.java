package io.github.smalti.dvae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.Weights;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Configurations that name less than their checkpoint holds.
class VqganShapesTest {
    private static final Path F4 = GoldenCase.path("vqgan/f4-attn");

    @TempDir
    private Path folder;

    @Test
    void refusesAttentionThatTheConfigurationLacks() throws IOException {
        Files.copy(F4.resolve("flax_model.msgpack"), folder.resolve("flax_model.msgpack"));
        String config = Files.readString(F4.resolve("config.json"));
        String poorer = config.replaceFirst("12,\\s*6", "12");
        assertTrue(poorer.length() < config.length(), config);
        Files.writeString(folder.resolve("config.json"), poorer);
        String message = assertThrows(WeightsException.class, () -> Vqgan.load(folder, Compute.shared())).getMessage();
        assertEquals("decoder.up.2.attn.0.q.weight in flax_model.msgpack: expected no such tensor, since"
                + " attn_resolutions lacks 6, found (64, 64, 1, 1) f32; the configuration belongs to another checkpoint",
                message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "2 | 1 | decoder.up.2.block.0.conv1.weight | ch_mult has 2 levels",
            "3 | 0 | decoder.up.0.block.1.conv1.weight | num_res_blocks is 0"})
    void refusesLevelsAndBlocksThatTheConfigurationLacks(int levels, int blocks, String tensor, String reason) {
        try (var checkpoint = Checkpoints.open(F4.resolve("flax_model.msgpack"))) {
            VqganNames names = VqganNames.of(checkpoint);
            var config = new VqganConfig(24, 32, List.of(1, 1, 2).subList(0, levels), blocks, List.of(12, 6), 20, 20,
                    50);
            try (var weights = new Weights(checkpoint, names::locate, Compute.shared(), Precision.F32)) {
                String message = assertThrows(WeightsException.class,
                        () -> VqganShapes.requireNothingBeyond(config, weights)).getMessage();
                assertTrue(message.startsWith(tensor + " in ") && message.contains(reason), message);
            }
        }
    }
}
