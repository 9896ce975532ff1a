package io.github.smalti.transformer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DalleBartConfigTest {
    @TempDir
    private Path folder;

    @Test
    void refusesBadConfigurationsByKey() {
        int cases = 0;
        for (JsonNode c : GoldenCase.json(GoldenCase.path("bad-files/manifest.json")).path("cases")) {
            if (!c.path("reader").asText().equals("config")) continue;
            Path file = GoldenCase.path("bad-files").resolve(c.path("file").asText());
            cases++;
            if (c.path("outcome").asText().equals("config")) {
                Map<String, Integer> found = values(DalleBartConfig.of(ModelConfig.readJson(file)));
                c.path("values").properties()
                        .forEach(
                                want -> assertEquals(want.getValue().asInt(), found.get(want.getKey()), want.getKey()));
                continue;
            }
            var e = assertThrows(WeightsException.class, () -> DalleBartConfig.of(ModelConfig.readJson(file)),
                    file.toString());
            assertTrue(e.getMessage().contains(file.getFileName().toString()), e.getMessage());
            for (JsonNode mention : c.path("mentions"))
                assertTrue(e.getMessage().contains(mention.asText()), e.getMessage());
        }
        assertEquals(15, cases);
    }

    private static Map<String, Integer> values(DalleBartConfig config) {
        return Map.of("d_model", config.dModel(), "encoder_layers", config.encoder().layerCount(), "decoder_layers",
                config.decoder().layerCount(), "encoder_ffn_dim", config.encoder().ffnDim(),
                "encoder_attention_heads", config.encoder().headCount(), "image_length", config.imageLength(),
                "image_vocab_size", config.imageRows() - 1, "max_text_length", config.textLength(),
                "encoder_vocab_size", config.textVocabSize(), "decoder_start_token_id", config.startToken());
    }

    private DalleBartConfig parse(String json) throws IOException {
        return DalleBartConfig.of(ModelConfig.readJson(Files.writeString(folder.resolve("config.json"), json)));
    }

    @Test
    void missingKeysHaveTheFamilysDefaults() throws IOException {
        var stack = new DalleBartConfig.Stack(12, 16, 4096, true);
        assertEquals(new DalleBartConfig(1024, stack, stack, 50264, 64, 16385, 256, 16384, false, false, false, true,
                Activation.GELU, false, true), parse("{\"d_model\": 1024}"));
    }

    @Test
    void startTokenAndRowsMayDiffer() throws IOException {
        DalleBartConfig mega = parse(
                "{\"d_model\": 1024, \"image_vocab_size\": 16415, \"decoder_start_token_id\": 16384}");
        assertEquals(16416, mega.imageRows());
        assertEquals(16384, mega.startToken());
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '~', value = {"use_head_scale,true", "use_cosine_attention,true", "use_alibi,true",
            "use_swin_position_embeddings,true", "use_deepnet_scaling,true", "use_absolute_position_embeddings,false",
            "sinkhorn_iters,2", "ln_type,\"rmsnorm\"", "ln_positions,\"swinv2\"", "ln_positions,\"preln\"",
            "activation_function,\"relu\"", "activation_function,\"gelu_new\"",
            "decoder_start_token_id,16385", "image_length,0", "max_text_length,-64"})
    void refusesWhatIsNotImplemented(String key, String value) {
        var e = assertThrows(WeightsException.class,
                () -> parse("{\"d_model\": 1024, \"" + key + "\": " + value + "}"));
        String found = value.replace("\"", "");
        for (String part : new String[]{"config.json", key, "expected", "found " + found}) {
            assertTrue(e.getMessage().replace("\"", "").contains(part), part + " in " + e.getMessage());
        }
    }
}
