package io.github.smalti.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.clip.Clip;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectTest {
    @TempDir
    private Path folder;

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
    void showsBundlesAndPickledModules() throws IOException {
        Path bundle = TarGz.of(GoldenCase.path("mindalle/approx-nobias"), "1.3B/", folder.resolve("bundle.tar.gz"));
        Run run = Run.of("inspect", bundle.toString(), "--stats");
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.out().contains("bundle.tar.gz/1.3B/stage2_last.ckpt: PyTorch, "), run.out());
        assertTrue(run.out().contains("family: minDALL-E transformer, since it has tok_emb_img.weight"), run.out());
        Run dvae = Run.of("inspect", GoldenCase.path("openai-dvae/b").toString());
        assertEquals(0, dvae.exit(), dvae.err());
        assertTrue(dvae.out().contains("encoder-legacy.pkl: PyTorch (before 1.6), "), dvae.out());
        assertTrue(dvae.out().contains("mentions dall_e.encoder.Encoder: inert"), dvae.out());
        Path text = folder.resolve("text.gz");
        try (var out = new GZIPOutputStream(Files.newOutputStream(text))) {
            out.write("no tar".getBytes(StandardCharsets.US_ASCII));
        }
        Run no = Run.of("inspect", text.toString());
        assertEquals(1, no.exit());
        assertTrue(no.err().contains("text.gz: the archive is cut off"), no.err());
    }

    @Test
    void saysThatABundleIsCutOffOrDamaged() throws IOException {
        Path bundle = TarGz.of(GoldenCase.path("mindalle/approx-nobias"), "1.3B/", folder.resolve("bundle.tar.gz"));
        byte[] good = Files.readAllBytes(bundle);
        byte[] wrongChecksum = good.clone();
        wrongChecksum[good.length - 8] ^= 1;
        for (byte[] bad : new byte[][]{Arrays.copyOf(good, 5_000), Arrays.copyOf(good, 5), wrongChecksum}) {
            Files.write(bundle, bad);
            Run run = Run.of("inspect", bundle.toString());
            assertEquals(1, run.exit());
            assertTrue(run.err().contains("bundle.tar.gz: the archive is cut off or damaged; download it again"),
                    run.err());
        }
    }

    @Test
    void tellsSizesInTheFileAndInMemory() {
        Path file = GoldenCase.path("clip/hf/model.safetensors");
        JsonNode json = Run.of("inspect", file.toString(), "--json").json().path("files").get(0);
        long bytes = 0;
        for (JsonNode tensor : json.path("tensors")) bytes += tensor.path("bytes").asLong();
        assertTrue(bytes < json.path("bytes").asLong() && bytes > 0.99 * json.path("bytes").asLong(), json.toString());
        JsonNode memory = json.path("weights_by_precision");
        for (Precision precision : Precision.values()) {
            try (Clip clip = Clip.load(file.getParent(), Compute.shared(), precision)) {
                long real = clip.plan(0).weightBytes();
                assertEquals(real, memory.path(precision.name().toLowerCase(Locale.ROOT)).asLong(), 0.05 * real);
            }
        }
        assertTrue(Run.of("inspect", file.toString()).out().contains("in memory: about "));
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
