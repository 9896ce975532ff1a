package io.github.smalti.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.TensorView;
import io.github.smalti.pipeline.ImageFiles;
import io.github.smalti.pipeline.LoadOptions;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.pipeline.TextToImage;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.SafetensorsWriter;
import io.github.smalti.weights.SafetensorsWriter.Tensor;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A model of which every part lies in several files draws the bits of the same model in one file a part.
class ShardedModelsTest {
    private static final int SHARDS = 3;
    private static final List<String> PARTS = List.of("dalle", "vqgan", "clip");

    @TempDir
    private Path folder;
    private Path whole;
    private Path sharded;

    @BeforeEach
    void shard() throws IOException {
        whole = folder.resolve("whole");
        sharded = folder.resolve("sharded");
        Run run = Run.of("convert", ModelPaths.embedded().dalle().getParent().toString(), whole.toString());
        assertEquals(0, run.exit(), run.err());
        Files.createDirectory(sharded);
        Files.copy(whole.resolve("sampling.json"), sharded.resolve("sampling.json"));
        for (String part : PARTS) {
            Path out = Files.createDirectory(sharded.resolve(part));
            try (Stream<Path> files = Files.list(whole.resolve(part))) {
                for (Path file : files.toList()) {
                    String name = file.getFileName().toString();
                    if (name.equals("model.safetensors")) cut(file, out);
                    else
                        Files.copy(file, out.resolve(name));
                }
            }
        }
    }

    private static void cut(Path file, Path out) throws IOException {
        List<String> map = new ArrayList<>();
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            List<String> names = checkpoint.names();
            for (int shard = 0; shard < SHARDS; shard++) {
                String name = "model-0000" + (shard + 1) + "-of-0000" + SHARDS + ".safetensors";
                List<Tensor> tensors = new ArrayList<>();
                for (int i = shard; i < names.size(); i += SHARDS) {
                    TensorView view = checkpoint.tensor(names.get(i));
                    tensors.add(new Tensor(names.get(i), view.dtype(), view));
                    map.add("\"" + names.get(i) + "\": \"" + name + "\"");
                }
                SafetensorsWriter.write(out.resolve(name), tensors, Map.of());
            }
        }
        Files.writeString(out.resolve("model.safetensors.index.json"),
                "{\"metadata\": {}, \"weight_map\": {" + String.join(", ", map) + "}}");
    }

    private byte[] draw(Path model) throws IOException {
        Path out = Files.createTempDirectory(folder, "drawn");
        Run run = Run.of("generate", "a cat", "--model", model.toString(), "--images", "2", "--seed", "4", "--json",
                "--out", out.toString());
        assertEquals(0, run.exit(), run.err());
        return ImageFiles.read(Path.of(run.json().path("images").get(0).path("file").asText())).samples();
    }

    @Test
    void drawsTheSameBits() throws IOException { assertArrayEquals(draw(whole), draw(sharded)); }

    @Test
    void isConvertedToOneFileAPart() throws IOException {
        Path joined = folder.resolve("joined");
        Run run = Run.of("convert", sharded.toString(), joined.toString());
        assertEquals(0, run.exit(), run.err());
        assertArrayEquals(draw(whole), draw(joined));
    }

    /// Only headers and the index make a difference.
    @Test
    void isPlannedWithAllItsFiles() throws IOException {
        long expected = TextToImage.plan(ModelPaths.of(whole), LoadOptions.DEFAULT, 1, true).mappedBytes();
        long found = TextToImage.plan(ModelPaths.of(sharded), LoadOptions.DEFAULT, 1, true).mappedBytes();
        assertTrue(found > expected && found < expected * 1.05, found + " for " + expected);
    }

    @Test
    void namesTheFileThatIsMissing() throws IOException {
        for (String part : PARTS) {
            Path missing = sharded.resolve(part).resolve("model-00002-of-00003.safetensors");
            Path aside = Files.move(missing, folder.resolve("aside"));
            WeightsException refusal = assertThrows(WeightsException.class,
                    () -> TextToImage.load(ModelPaths.of(sharded), LoadOptions.DEFAULT).close());
            assertTrue(refusal.getMessage().contains("model-00002-of-00003.safetensors"), refusal.getMessage());
            Files.move(aside, missing);
        }
    }
}
