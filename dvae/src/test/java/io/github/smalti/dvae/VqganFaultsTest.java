package io.github.smalti.dvae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Pixels;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VqganFaultsTest {
    private static final Path F4 = GoldenCase.path("vqgan/f4-attn");

    @TempDir
    private Path folder;

    private static Vqgan load(Path path) { return Vqgan.load(path, Compute.shared()); }

    private void assertRefused(Path path, String... parts) {
        String message = assertThrows(WeightsException.class, () -> load(path)).getMessage();
        for (String part : parts) assertTrue(message.contains(part), message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "\"z_channels\": 20 | \"z_channels\": 24 | post_quant_conv.weight|(24, 20, 1, 1)|(20, 20, 1, 1)",
            "\"embed_dim\": 20 | \"embed_dim\": 16 | quantize.embedding.weight|(50, 16)|(50, 20)",
            "\"n_embed\": 50 | \"n_embed\": 64 | quantize.embedding.weight|(64, 20)|(50, 20)",
            "\"ch\": 32 | \"ch\": 64 | decoder.conv_in.weight|(128, 20, 3, 3)|(64, 20, 3, 3)",
            "\"num_res_blocks\": 1 | \"num_res_blocks\": 2 | block_2|no such tensor|",
            "\"ch\": 32 | \"ch\": 20 | ch_mult|multiple of 32|20",
            "\"resolution\": 24 | \"resolution\": 26 | resolution|multiple of 4|26",
            "\"double_z\": false | \"double_z\": true | double_z|not supported|",
            "\"n_embed\": 50 | \"n_embed\": \"50\" | n_embed|whole number|"})
    void namesWhatAWrongConfigurationDiffersIn(String good, String bad, String first, String second, String third)
            throws IOException {
        Files.copy(F4.resolve("flax_model.msgpack"), folder.resolve("flax_model.msgpack"));
        String config = Files.readString(F4.resolve("config.json"));
        assertTrue(config.contains(good), good);
        Files.writeString(folder.resolve("config.json"), config.replace(good, bad));
        assertRefused(folder, first, second, third == null ? "" : third);
    }

    @Test
    void refusesWhatIsNoVqgan() throws IOException {
        assertRefused(folder, "flax_model.msgpack", "*.ckpt");
        assertRefused(folder.resolve("missing.ckpt"), "missing.ckpt");
        assertRefused(GoldenCase.embeddedModels().resolve("emoji-scenes/dalle"), "flax_model.msgpack",
                "decoder/conv_in/kernel");
        Files.writeString(folder.resolve("a.ckpt"), "a");
        Files.writeString(folder.resolve("b.ckpt"), "b");
        assertRefused(folder, "expected one *.ckpt, found 2");
    }

    @Test
    void infersSizesFromShapesWithoutConfiguration() throws IOException {
        Files.copy(F4.resolve("flax_model.msgpack"), folder.resolve("flax_model.msgpack"));
        GoldenCase golden = GoldenCase.of("vqgan/f4-attn/case");
        try (Vqgan vqgan = load(folder)) {
            assertEquals(new VqganConfig(256, 32, List.of(1, 1, 2), 1, List.of(128, 64), 20, 20, 50), vqgan.config());
            golden.assertClose("decoded_raw", VqganGoldenTest.decodeRaw(vqgan, golden, "codes"));
        }
    }

    @Test
    void readsBothConfigurationsAlike() {
        for (String model : List.of("f16", "f4-attn")) {
            Path path = GoldenCase.path("vqgan/" + model);
            assertEquals(VqganConfig.read(ModelConfig.readJson(path.resolve("config.json"))),
                    VqganConfig.read(ModelConfig.readYaml(path.resolve("model.yaml"))));
        }
    }

    @Test
    void pixelRangeMayBeSet() {
        GoldenCase golden = GoldenCase.of("vqgan/f4-attn/case");
        var options = new CodecOptions(PixelRange.MINUS_ONE_TO_ONE, true);
        try (Vqgan vqgan = Vqgan.load(F4, Compute.shared(), options)) {
            golden.assertClose("pixels_taming", vqgan.decode(golden.ints("codes"), 6, 6).values());
        }
    }

    @Test
    void namesWrongCodesAndPictures() {
        Vqgan vqgan = Vqgan.load(F4, Compute.shared(), CodecOptions.DEFAULT);
        try (vqgan) {
            assertArgument("code 50 at position 1", "codebook of 50", () -> vqgan.decode(new int[]{49, 50}, 1, 2));
            assertArgument("code -1 at position 0", "codebook of 50", () -> vqgan.decode(new int[]{-1}, 1, 1));
            assertArgument("2 × 2 grid", "expected 4, found 3", () -> vqgan.decode(new int[3], 2, 2));
            assertArgument("grid", "0 × 4", () -> vqgan.decode(new int[0], 0, 4));
            assertArgument("grid of 9000 × 9000", "draw fewer", () -> vqgan.decode(new int[0], 9000, 9000));
            assertArgument("grid", "2147483647", () -> vqgan.plan(Integer.MAX_VALUE, Integer.MAX_VALUE));
            assertArgument("multiples of 4", "6 × 8", () -> vqgan.encode(new Pixels(6, 8, new float[6 * 8 * 3])));
        }
        assertThrows(IllegalStateException.class, () -> vqgan.decode(new int[1], 1, 1));
        vqgan.close();
    }

    private static void assertArgument(String first, String second, org.junit.jupiter.api.function.Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(first) && message.contains(second), message);
    }

    @Test
    void decoderAloneDrawsTheSame() {
        int[] codes = {3, 1, 4, 1, 5, 9};
        try (Vqgan both = load(F4); Vqgan decoder = Vqgan.load(F4, Compute.shared(), CodecOptions.DECODER_ONLY)) {
            assertFalse(decoder.canEncode());
            assertArrayEquals(both.decode(codes, 2, 3).values(), decoder.decode(codes, 2, 3).values());
            var picture = new Pixels(4, 4, new float[48]);
            assertThrows(UnsupportedOperationException.class, () -> decoder.encode(picture));
        }
    }
}
