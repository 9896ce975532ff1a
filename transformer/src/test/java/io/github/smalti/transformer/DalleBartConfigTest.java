package io.github.smalti.transformer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.WeightsException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DalleBartConfigTest {
    @Test
    void refusesBadConfigurationsByKey() {
        int cases = 0;
        for (JsonNode c : GoldenCase.json(GoldenCase.path("bad-files/manifest.json")).path("cases")) {
            if (!c.path("reader").asText().equals("config")) continue;
            Path file = GoldenCase.path("bad-files").resolve(c.path("file").asText());
            cases++;
            if (c.path("outcome").asText().equals("config")) {
                assertEquals(c.path("values").path("d_model").asInt(),
                        DalleBartConfig.of(ModelConfig.readJson(file)).dModel());
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
}
