package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.internal.MappedFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is told apart by the first bytes of a file, and indexes of shards that do not fit their files.
class CheckpointFormsTest {
    private static final Path GOOD = GoldenCase.path("bad-files/safetensors/good.safetensors");

    @TempDir
    private Path folder;

    private String refusal(byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("file"), bytes);
        assertThrows(WeightsException.class, () -> Checkpoints.describe(file));
        return assertThrows(WeightsException.class, () -> Checkpoints.open(file)).getMessage();
    }

    @Test
    void saysWhatElseAFileIs() throws IOException {
        byte[] tar = new byte[512];
        System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, tar, 257, 5);
        tar[0] = 'x';
        assertTrue(refusal(tar).contains("this is a tar archive; unpack it first"));
        assertTrue(refusal(new byte[]{0x1f, (byte) 0x8b, 8}).contains("this is a gzip file; unpack it first"));
        assertTrue(refusal(" <HTML>".getBytes(StandardCharsets.US_ASCII)).contains("this is a web page"));
        for (int protocol : new int[]{2, 5}) {
            String said = refusal(new byte[]{(byte) 0x80, (byte) protocol, '}', '.'});
            assertTrue(said.contains("not a checkpoint of a known format"), said);
        }
        try (Checkpoint empty = Checkpoints.open(Files.write(folder.resolve("empty"), new byte[]{(byte) 0x80}))) {
            assertEquals(List.of(), empty.names());
        }
        assertTrue(refusal(new byte[]{(byte) 0x80, 6, 1}).contains("bytes after the end of the tree"));
        assertTrue(refusal(new byte[]{(byte) 0xde, 0}).contains("file"));
        assertTrue(refusal(new byte[]{(byte) 0x81, (byte) 0xa1}).contains("cut off"));
        assertTrue(refusal(" \n\r\t ".repeat(20).getBytes(StandardCharsets.US_ASCII)).contains("not a checkpoint"));
    }

    @Test
    void countsTheBytesOfAllFiles() throws IOException {
        assertEquals(Files.size(GOOD), Checkpoints.byteSize(GOOD));
        Path index = index(map("s-1.safetensors"));
        long size = Files.size(index) + Files.size(GOOD);
        assertEquals(size, Checkpoints.byteSize(index));
        var description = Checkpoints.describe(index);
        assertEquals(size, description.byteSize());
        assertEquals(description.tensors().stream().mapToLong(t -> Arrays.stream(t.shape()).reduce(1, (a, b) -> a * b))
                .sum(), description.tensors().stream().mapToLong(CheckpointDescription.Tensor::elementCount).sum());
    }

    private static String map(String file) {
        try (Checkpoint good = Checkpoints.open(GOOD)) {
            return String.join(",", good.names().stream().map(name -> "\"" + name + "\":\"" + file + "\"").toList());
        }
    }

    private Path index(String map) throws IOException {
        Files.copy(GOOD, folder.resolve("s-1.safetensors"));
        return Files.writeString(folder.resolve("model.safetensors.index.json"), " \n{\"weight_map\":{" + map + "}}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';',
            value = {"\"x\":\"s-1.safetensors\"; x in model.safetensors.index.json: the index says that it"
                    + " lies in s-1.safetensors, where it is not", "; an index of 0 tensors",
                    "\"x\":1; the index is expected a string",
                    "\"x\":\"../s.safetensors\"; expected a plain name *.safetensors",
                    "\"x\":\"s-1.bin\"; expected a plain name",
                    "\"x\":\"none.safetensors\"; there is no such file",
                    "\"x\":\"text.safetensors\"; expected safetensors, as the"})
    void refusesIndexesThatDoNotFit(String map, String mention) throws IOException {
        Files.writeString(folder.resolve("text.safetensors"), "hello");
        Path index = index(map == null ? "" : map);
        String said = assertThrows(WeightsException.class, () -> Checkpoints.open(index)).getMessage();
        assertTrue(said.contains(mention), said);
    }

    @Test
    void refusesTensorsThatTheIndexLeavesOutOrPutsElsewhere() throws IOException {
        String all = map("s-1.safetensors");
        Path index = index(all.substring(0, all.lastIndexOf(',')));
        String said = assertThrows(WeightsException.class, () -> Checkpoints.open(folder)).getMessage();
        assertTrue(said.contains("it lies in s-1.safetensors, but the index says nothing of it"), said);
        Files.copy(GOOD, folder.resolve("s-2.safetensors"));
        Files.writeString(index,
                "{\"weight_map\":{" + all.substring(0, all.lastIndexOf("s-1")) + "s-2.safetensors\"}}");
        said = assertThrows(WeightsException.class, () -> Checkpoints.open(folder)).getMessage();
        assertTrue(said.contains("it lies in s-1.safetensors, but the index says s-2.safetensors"), said);
        said = assertThrows(WeightsException.class, () -> Checkpoints.open(index, ReadLimits.DEFAULT.withShards(1)))
                .getMessage();
        assertTrue(said.contains("an index of 2 files, at most 1"), said);
        said = assertThrows(WeightsException.class,
                () -> Checkpoints.open(index, ReadLimits.DEFAULT.withHeaderBytes(9)))
                .getMessage();
        assertTrue(said.contains("bytes, at most 9"), said);
        said = assertThrows(WeightsException.class, () -> Checkpoints.open(index, ReadLimits.DEFAULT.withTensors(1)))
                .getMessage();
        assertTrue(said.contains("an index of ") && said.contains("expected 1 to 1"), said);
    }

    @Test
    void refusesFoldersAndFilesThatCannotBeRead() throws IOException {
        assertTrue(assertThrows(WeightsException.class, () -> MappedFile.open(folder, ReadLimits.DEFAULT)).getMessage()
                .contains("expected a checkpoint file, found a folder"));
        assertTrue(assertThrows(WeightsException.class, () -> Checkpoints.open(folder.resolve("none")))
                .getMessage().contains("there is no such file; check the path"));
        Path file = Files.writeString(folder.resolve("model.yaml"), "a: 1\n");
        assertTrue(assertThrows(WeightsException.class, () -> Checkpoints.open(file.resolve("below"))).getMessage()
                .contains("cannot be read: "));
        assertTrue(assertThrows(WeightsException.class, () -> ModelConfig.readYaml(folder)).getMessage()
                .contains("cannot be read: "));
        Files.createDirectories(folder.resolve("x.pt"));
        assertTrue(assertThrows(WeightsException.class, () -> Checkpoints.open(folder)).getMessage()
                .contains("expected a checkpoint in this folder, found none"));
        try (Checkpoint good = Checkpoints.open(GOOD)) {
            String said = assertThrows(WeightsException.class, () -> good.tensor("none")).getMessage();
            assertTrue(said.contains("there is no such tensor among the " + good.names().size()), said);
        }
    }

    @Test
    void readsConfigurationsWithinTheirRanges() throws IOException {
        ModelConfig config = ModelConfig
                .readYaml(Files.writeString(folder.resolve("c.yaml"), "a: 5\nb: x\nc:\nd: 1.5\ne: [1]\n"
                        + "f: true\n"));
        assertEquals("c.yaml", config.file());
        assertEquals(5, config.optionalInt("a", 1, 0, 9));
        assertEquals(1, config.optionalInt("c", 1, 0, 9));
        assertEquals(2, config.optionalDouble("none", 2));
        assertEquals(1.5, config.optionalDouble("d", 2));
        assertTrue(config.optionalBoolean("f", false));
        assertFalse(config.optionalBoolean("c", false));
        assertEquals("x", config.optionalString("b", ""));
        assertEquals("", config.optionalString("c", ""));
        for (var range : List.of(new int[]{6, 9}, new int[]{0, 4})) {
            assertEquals("a in c.yaml: expected " + range[0] + " to " + range[1] + ", found 5", assertThrows(
                    WeightsException.class, () -> config.requireInt("a", range[0], range[1])).getMessage());
        }
        assertTrue(assertThrows(WeightsException.class, () -> config.requireInt("c", 0, 1)).getMessage()
                .contains("the configuration lacks this key"));
        assertTrue(assertThrows(WeightsException.class, () -> config.in("a")).getMessage().contains("expected a map"));
        ModelConfig many = ModelConfig.readJson(Files.writeString(folder.resolve("c.json"), "{\"a\": ["
                + "1,".repeat(1000) + "1]}"));
        assertTrue(assertThrows(WeightsException.class, () -> many.requireInts("a")).getMessage()
                .contains("expected at most 1000 numbers, found 1001"));
    }

    @Test
    void escapesForeignTextInMessages() {
        String said = new WeightsException("f\u0007", "t\u202e\ud83d", "x".repeat(5000)).getMessage();
        assertTrue(said.length() < 2000 && said.startsWith("t\\u202e\\ud83d in f\\u0007: x"), said);
        assertTrue(said.endsWith("\u2026"), said);
        assertEquals("f: a\\u2028b\\u2029c", new WeightsException("f", "", "a\u2028b\u2029c").getMessage());
        assertTrue(new WeightsException("f", "", "\ud83d\ude00").getMessage().startsWith("f: "));
    }
}
