package io.github.smalti.transformer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Folders that are no DalleBart, or not the one that they say.
class DalleBartFilesTest {
    @TempDir
    private Path folder;

    private void copy(String model) throws IOException {
        try (var files = Files.newDirectoryStream(GoldenCase.path("dalle-mini/" + model), Files::isRegularFile)) {
            for (Path file : files) Files.copy(file, folder.resolve(file.getFileName()));
        }
    }

    private void edit(String file, String from, String to) throws IOException {
        String text = Files.readString(folder.resolve(file));
        assertTrue(text.contains(from), file + " has no " + from);
        Files.writeString(folder.resolve(file), text.replace(from, to));
    }

    private void assertRefused(String... mentions) throws IOException {
        var e = assertThrows(WeightsException.class,
                () -> DalleBart.load(folder, Compute.shared(), Precision.F32).close());
        for (String mention : mentions) assertTrue(e.getMessage().contains(mention), mention + " in " + e.getMessage());
        assertTrue(e.getMessage().length() < 2000);
        assertNothingMapped();
    }

    private void assertNothingMapped() throws IOException {
        Path maps = Path.of("/proc/self/maps");
        if (!Files.exists(maps)) return;
        assertFalse(Files.readString(maps).contains(folder.toRealPath().toString()), "a file stayed mapped");
    }

    @Test
    void saysWhatAnEmptyFolderLacks() throws IOException {
        assertRefused(folder.toString(), "config.json", "flax_model.msgpack", "encoder.pt");
        assertThrows(WeightsException.class, () -> DalleBart.plan(folder, Precision.F32, 1, false));
    }

    @Test
    void saysThatTheConfigurationIsMissing() throws IOException {
        copy("mini");
        Files.delete(folder.resolve("config.json"));
        assertRefused("config.json");
    }

    @Test
    void namesFileTensorExpectedAndFoundShape() throws IOException {
        copy("mini");
        edit("config.json", "\"d_model\": 32", "\"d_model\": 64");
        assertRefused("flax_model.msgpack", "encoder.embed_tokens.weight", "(120, 64)", "(120, 32) f32");
    }

    @Test
    void refusesCheckpointsWithFewerLayers() throws IOException {
        copy("mini");
        edit("config.json", "\"decoder_layers\": 2", "\"decoder_layers\": 3");
        assertRefused("flax_model.msgpack", "FlaxBartDecoderLayers", "3");
    }

    @Test
    void refusesCheckpointsWithMoreStackedLayers() throws IOException {
        copy("mini");
        edit("config.json", "\"encoder_layers\": 2", "\"encoder_layers\": 1");
        assertRefused("flax_model.msgpack", "expected 1 layers", "encoder_layers", "(2, 32, 32)");
    }

    @Test
    void refusesCheckpointsWithMoreSeparateLayers() throws IOException {
        copy("mini-unscanned");
        edit("config.json", "\"decoder_layers\": 2", "\"decoder_layers\": 1");
        assertRefused("flax_model.msgpack", "FlaxBartDecoderLayer_1", "expected 1 layers", "decoder_layers");
    }

    @Test
    void refusesTheOtherKindOfLayers() throws IOException {
        copy("mini-unscanned");
        edit("config.json", "\"use_scan\": false", "\"use_scan\": true");
        assertRefused("flax_model.msgpack", "FlaxBartEncoderLayers", "use_scan true");
    }

    @Test
    void refusesBiasesAndNormsThatTheConfigurationLeavesOut() throws IOException {
        RandomBart.of(true, false, false, true, "gelu", true, false).write(folder);
        edit("config.json", "\"use_bias\": true", "\"use_bias\": false");
        assertRefused("model.safetensors", "q_proj/bias", "use_bias");
        edit("config.json", "\"use_bias\": false", "\"use_bias\": true");
        edit("config.json", "\"use_final_ln_decoder\": true", "\"use_final_ln_decoder\": false");
        assertRefused("model.safetensors", "model/decoder/final_ln/bias", "use_final_ln_decoder");
    }

    @Test
    void refusesTruncatedFiles() throws IOException {
        copy("mini");
        Path file = folder.resolve("flax_model.msgpack");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 100));
        assertRefused("flax_model.msgpack");
    }

    @Test
    void refusesTorchFilesThatContradictTheirSizes() throws IOException {
        copy("mini-port");
        edit("sizes.json", "\"layer_count\": 2", "\"layer_count\": 12");
        assertRefused("sizes.json", "layer_count", "expected 2", "found 12");
        edit("sizes.json", "\"layer_count\": 12", "\"layer_count\": 2");
        edit("sizes.json", "\"attention_head_count\": 4", "\"attention_head_count\": 5");
        assertRefused("encoder_mini.pt", "5 heads", "attention_head_count");
    }

    @Test
    void refusesSwappedTorchFiles() throws IOException {
        copy("mini-port");
        Files.move(folder.resolve("encoder_mini.pt"), folder.resolve("other"));
        Files.move(folder.resolve("decoder_mini.pt"), folder.resolve("encoder_mini.pt"));
        Files.move(folder.resolve("other"), folder.resolve("decoder_mini.pt"));
        Files.delete(folder.resolve("sizes.json"));
        assertRefused("decoder_mini.pt", "encoder_attn");
    }

    @Test
    void takesTheTorchFilesOfMegaToo() throws IOException {
        copy("mini-port");
        for (String side : new String[]{"encoder", "decoder"}) {
            Files.move(folder.resolve(side + "_mini.pt"), folder.resolve(side + ".pt"));
        }
        try (DalleBart bart = DalleBart.load(folder, Compute.shared(), Precision.BF16)) {
            assertEquals(64, bart.codebookSize());
            assertEquals(16, bart.codeCount());
            assertEquals(DalleBart.plan(folder, Precision.BF16, 2, true), bart.plan(2, true));
        }
        assertNothingMapped();
    }

    @Test
    void damagedWeightsNeverGiveAPicture() throws IOException {
        RandomBart model = RandomBart.of(false, false, false, true, "gelu", true, false);
        model.tensors().get("model/decoder/embed_positions/embedding")[2 * RandomBart.D] = Float.NaN;
        model.write(folder);
        TextIds text = new TextIds(new int[]{0, 5, 2, 1, 1, 1}, 3);
        try (DalleBart bart = DalleBart.load(folder, Compute.shared(), Precision.F32)) {
            for (float scale : new float[]{1f, 3f}) {
                var request = new CodeRequest(text, text, new Sampling.Random(1f, 3, 1f), scale, 1, new int[]{4, 9});
                int[] done = new int[1];
                var e = assertThrows(GenerationException.class, () -> bart.generate(request, (tokens, _) -> {
                    done[0] = tokens;
                    return true;
                }));
                assertTrue(
                        e.getMessage().matches(
                                "image [49], token 2: the numbers of the decoder's embedding are not finite.*"),
                        e.getMessage());
                assertEquals(2, done[0], "codes before the damaged position");
            }
        }
    }

    @Test
    void namesTheLayerWhoseNumbersAreNotFinite() throws IOException {
        String layer = "model/decoder/layers/FlaxBartDecoderLayer_1/";
        assertEquals(
                "image 4, token 0: the numbers of decoder layer 1's self-attention are not finite; the checkpoint is "
                        + "damaged, check its hash and fetch it again",
                fault(layer + "LayerNorm_1/bias", Float.NaN, 1f));
        assertTrue(
                fault(layer + "LayerNorm_3/bias", Float.POSITIVE_INFINITY, 1f).contains("layer 1's cross-attention"));
        assertTrue(fault(layer + "GLU_0/LayerNorm_0/bias", Float.NaN, 2f).contains("decoder layer 1's feed-forward"));
        assertTrue(fault("lm_head/kernel", Float.NaN, 2f).contains("the numbers of the logits"));
        assertTrue(fault("model/encoder/layernorm_embedding/bias", Float.NaN, 2f).contains("numbers of the encoder"));
        assertTrue(fault("lm_head/kernel", 1e30f, 1e10f).contains("smaller guidance scale than 1.0E10"));
    }

    /// The message for a model with one damaged number.
    private String fault(String tensor, float number, float scale) throws IOException {
        RandomBart model = RandomBart.of(false, false, false, true, "gelu", true, false);
        model.tensors().get(tensor)[1] = number;
        model.write(folder);
        TextIds text = new TextIds(new int[]{0, 5, 2, 1, 1, 1}, 3);
        TextIds other = new TextIds(new int[]{0, 2, 1, 1, 1, 1}, 2);
        try (DalleBart bart = DalleBart.load(folder, Compute.shared(), Precision.F32)) {
            var request = new CodeRequest(text, other, new Sampling.Random(1f, 3, 1f), scale, 1, new int[]{4});
            return assertThrows(GenerationException.class, () -> bart.generate(request, (_, _) -> true)).getMessage();
        }
    }
}
