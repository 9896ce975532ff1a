package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.SafetensorsWriter.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardedSafetensorsTest {
    private static final Path WHOLE = GoldenCase.path("clip/hf/model.safetensors");

    @TempDir
    private Path folder;
    private final List<String> map = new ArrayList<>();

    /// Cuts a checkpoint into three files.
    @BeforeEach
    void shard() throws IOException {
        try (Checkpoint whole = Checkpoints.open(WHOLE)) {
            List<String> names = whole.names();
            for (int i = 0; i < 3; i++) {
                String file = "model-0000" + (i + 1) + "-of-00003.safetensors";
                List<Tensor> tensors = new ArrayList<>();
                for (int j = i; j < names.size(); j += 3) {
                    var view = whole.tensor(names.get(j));
                    tensors.add(new Tensor(names.get(j), view.dtype(), view));
                    map.add("\"" + names.get(j) + "\": \"" + file + "\"");
                }
                SafetensorsWriter.write(folder.resolve(file), tensors, Map.of());
            }
        }
    }

    private Path index() throws IOException {
        return Files.writeString(folder.resolve("model.safetensors.index.json"),
                "{\"metadata\": {\"total_size\": 1}, \"weight_map\": {" + String.join(", ", map) + "}}");
    }

    private void assertRefused(String mention, ReadLimits limits) throws IOException {
        Path index = index();
        String message = assertThrows(WeightsException.class, () -> Checkpoints.open(index, limits)).getMessage();
        assertTrue(message.contains(mention), message);
    }

    private void assertRefused(String mention) throws IOException { assertRefused(mention, ReadLimits.DEFAULT); }

    @Test
    void readsAsTheWholeFile() throws IOException {
        Path index = index();
        try (Checkpoint whole = Checkpoints.open(WHOLE); Checkpoint sharded = Checkpoints.open(index)) {
            assertEquals(whole.names().stream().sorted().toList(), sharded.names().stream().sorted().toList());
            for (String name : whole.names()) {
                assertArrayEquals(whole.tensor(name).toFloats(), sharded.tensor(name).toFloats(), name);
            }
        }
        CheckpointDescription found = Checkpoints.describe(index);
        assertEquals("safetensors in 3 files", found.format());
        assertTrue(found.byteSize() > Files.size(WHOLE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../model.safetensors", "/etc/passwd.safetensors", "a/b.safetensors", "..\\\\b.safetensors",
            "C:x.safetensors", "..", "", "pytorch_model.bin", "x\\u0000.safetensors"})
    void refusesNamesOutsideOfItsFolder(String name) throws IOException {
        map.set(0, map.getFirst().replaceAll(": .*", "") + ": \"" + name + "\"");
        assertRefused("expected a plain name");
    }

    @Test
    void refusesWhatDoesNotFitTogether() throws IOException {
        String first = map.getFirst();
        map.set(0, "\"w\": \"model-00001-of-00003.safetensors\"");
        assertRefused("where it is not");
        map.removeFirst();
        assertRefused("nothing of it");
        map.addFirst(first.replaceAll("-0000.-of", "-00009-of"));
        assertRefused("no such file");
        map.set(0, first);
        assertRefused("3 files, at most 2", ReadLimits.DEFAULT.withShards(2));
        map.clear();
        assertRefused("0 tensors");
    }

    @Test
    void refusesOtherJson() throws IOException {
        Path config = Files.writeString(folder.resolve("config.json"), "{\"a\": 1}");
        String message = assertThrows(WeightsException.class, () -> Checkpoints.open(config)).getMessage();
        assertTrue(message.contains("weight_map"), message);
    }
}
