package io.github.smalti.weights.hub.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.ModelPart;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileChoiceTest {
    private static final Predicate<String> NOWHERE = _ -> false;

    private static List<String> choose(ModelPart part, Predicate<String> isHere, String... names) {
        return FileChoice.choose(List.of(names), part, List.of(), isHere, "hf:a/b");
    }

    private static String refusal(List<String> patterns, List<String> names) {
        return assertThrows(HubException.class,
                () -> FileChoice.choose(names, ModelPart.ANY, patterns, NOWHERE, "hf:a/b"))
                .getMessage();
    }

    /// Each part of a model prefers the format that its own publishers use.
    @ParameterizedTest
    @CsvSource({"TRANSFORMER, flax_model.msgpack", "CODEC, flax_model.msgpack", "CLIP, model.safetensors",
            "ANY, model.safetensors"})
    void prefersTheFormatOfThePart(ModelPart part, String expected) {
        assertEquals(List.of("config.json", expected), choose(part, NOWHERE, "model.safetensors", "README.md",
                "flax_model.msgpack", "pytorch_model.bin", "config.json", "sub/model.safetensors"));
    }

    @Test
    void prefersAFormatThatIsHereAlready() {
        assertEquals(List.of("pytorch_model.bin"), choose(ModelPart.TRANSFORMER, "pytorch_model.bin"::equals,
                "flax_model.msgpack", "pytorch_model.bin"));
        assertEquals(List.of("encoder.pt", "vocab.json", "decoder.pt").stream().sorted().toList(),
                choose(ModelPart.TRANSFORMER, NOWHERE, "encoder.pt", "decoder.pt", "vocab.json"));
        assertEquals(List.of("last.ckpt", "model.yaml"), choose(ModelPart.CODEC, NOWHERE, "last.ckpt", "model.yaml"));
        assertEquals(List.of("ViT-B-32.pt"), choose(ModelPart.CLIP, NOWHERE, "ViT-B-32.pt"));
    }

    @Test
    void choosesFromEachFolderOfAWholeModel() {
        assertEquals(List.of("dalle/config.json", "dalle/flax_model.msgpack", "vqgan/flax_model.msgpack"),
                choose(ModelPart.ANY, NOWHERE, "dalle/config.json", "dalle/flax_model.msgpack", "notes.txt",
                        "vqgan/flax_model.msgpack"));
        assertEquals(List.of("clip/model.safetensors", "dalle/model.safetensors", "vqgan/model.safetensors"),
                choose(ModelPart.ANY, NOWHERE, "dalle/model.safetensors", "vqgan/model.safetensors",
                        "clip/model.safetensors"));
        assertEquals(List.of("model.safetensors"), choose(ModelPart.ANY, NOWHERE, "dalle/x.txt", "model.safetensors"));
    }

    @Test
    void takesFilesByPattern() {
        List<String> names = List.of("a.pt", "b.pt", "x/c.pt", "d[1].bin");
        assertEquals(List.of("a.pt", "b.pt", "x/c.pt"),
                FileChoice.choose(names, ModelPart.ANY, List.of("*.pt", "a*"), NOWHERE, "hf:a/b"));
        assertEquals(List.of("d[1].bin"), FileChoice.choose(names, ModelPart.ANY, List.of("d[1]*"), NOWHERE, "hf:a/b"));
        assertEquals("hf:a/b: has no file *.ckpt, only a.pt, b.pt, x/c.pt, d[1].bin",
                refusal(List.of("*.ckpt"), names));
    }

    @Test
    void saysWhatThereIsInstead() {
        assertTrue(refusal(List.of(), List.of()).contains("expected the weights of a model, found no files"));
        List<String> many = IntStream.range(10, 24).mapToObj(i -> i + ".txt").toList();
        assertTrue(refusal(List.of(), many).contains("20.txt, 21.txt and 2 more; name the files that you want"));
        assertEquals("hf:a/b: expected one file of weights, found a.safetensors, b.safetensors; name the one that you"
                + " want with --file", refusal(List.of(), List.of("a.safetensors", "b.safetensors")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';',
            value = {"[]; expected an object", "{\"weight_map\": 1}; expected an object, found a number",
                    "{}; no member \"weight_map\"", "{\"weight_map\": {\"a\": 1}}; expected a string",
                    "{\"weight_map\": {\"a\": \"../x\"}}; a shard is named '../x'",
                    "{\"weight_map\": {\"a\": \"b/x\"}}; a shard is named 'b/x', which is no plain name"})
    void refusesIndexesThatLeadElsewhere(String json, String mention, @TempDir Path folder) throws IOException {
        Path index = Files.writeString(folder.resolve("i.json"), json);
        String message = assertThrows(HubException.class, () -> FileChoice.shards(index, "x/i.json")).getMessage();
        assertTrue(message.startsWith("x/i.json: expected an index of shards") && message.contains(mention), message);
    }

    @Test
    void refusesIndexesThatAreMissingOrHuge(@TempDir Path folder) throws IOException {
        String missing = assertThrows(HubException.class, () -> FileChoice.shards(folder.resolve("none"), "none"))
                .getMessage();
        assertTrue(missing.endsWith("none: cannot be read (there is no such file or folder)"), missing);
        Path huge = folder.resolve("huge");
        try (var file = new RandomAccessFile(huge.toFile(), "rw")) {
            file.setLength((32 << 20) + 1);
        }
        String message = assertThrows(HubException.class, () -> FileChoice.shards(huge, "huge")).getMessage();
        assertTrue(message.contains("more than 32 MiB"), message);
    }
}
