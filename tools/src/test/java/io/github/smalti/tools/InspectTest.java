package io.github.smalti.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class InspectTest {
    @Test
    void namesTheFamilyWithTheReason() {
        Run run = Run.of("inspect", GoldenCase.path("vqgan/f4-attn/last.ckpt").toString());
        assertTrue(run.out().contains("family: VQGAN (taming), since it has decoder.conv_in.weight"), run.out());
        assertTrue(run.out().contains("mentions torch._utils._rebuild_tensor_v2: allowed"), run.out());
        Path file = GoldenCase.path("clip/hf/model.safetensors");
        JsonNode json = Run.of("inspect", file.toString(), "--json").json().path("files").get(0);
        assertEquals("CLIP (Hugging Face)", json.path("family").asText());
        assertFalse(json.path("tensors").get(0).has("stats"));
        Run unknown = Run.of("inspect", GoldenCase.path("bad-files/safetensors/good.safetensors").toString());
        assertTrue(unknown.out().contains("family: unknown, since its names are those of no known"), unknown.out());
    }

    @Test
    void statsAreThoseOfTheValues() {
        Path file = GoldenCase.path("vqgan/f4-attn/last.ckpt");
        JsonNode tensors = Run.of("inspect", file.toString(), "--stats", "--json").json().path("files").get(0)
                .path("tensors");
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            assertEquals(checkpoint.names().size(), tensors.size());
            for (JsonNode tensor : tensors) {
                float[] values = checkpoint.tensor(tensor.path("name").asText()).toFloats();
                double min = Double.POSITIVE_INFINITY;
                double max = Double.NEGATIVE_INFINITY;
                double sum = 0;
                for (float value : values) {
                    min = Math.min(min, value);
                    max = Math.max(max, value);
                    sum += value;
                }
                JsonNode stats = tensor.path("stats");
                assertEquals(min, stats.path("min").asDouble(), 0, tensor.toString());
                assertEquals(max, stats.path("max").asDouble(), 0, tensor.toString());
                assertEquals(sum / values.length, stats.path("mean").asDouble(), 1e-12, tensor.toString());
                assertEquals(0, stats.path("nan").asLong(), tensor.toString());
            }
        }
        Run text = Run.of("inspect", file.toString(), "--stats");
        assertTrue(text.out().contains("min"), text.out());
    }

    @Test
    void plansMemoryAtEachPrecision() {
        Path model = ModelPaths.embedded().dalle().getParent();
        JsonNode json = Run.of("inspect", model.toString(), "--precision", "bf16", "--json").json();
        JsonNode each = json.path("memory_by_precision");
        long f32 = each.path("f32").path("weights").asLong();
        long bf16 = each.path("bf16").path("weights").asLong();
        long int8 = each.path("int8").path("weights").asLong();
        assertTrue(int8 < bf16 && bf16 < f32, each.toString());
        assertEquals(bf16, json.path("memory").path("weights").asLong());
        String text = Run.of("inspect", model.toString()).out();
        assertTrue(text.contains("at once: at int8 "), text);
    }
}
