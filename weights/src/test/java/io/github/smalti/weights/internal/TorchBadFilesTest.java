package io.github.smalti.weights.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.TensorView;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every file of `bad-files/torch` has the outcome that its manifest asks for.
class TorchBadFilesTest {
    private static final Map<String, String> DTYPES = Map.of("float32", "F32", "float16", "F16", "bfloat16", "BF16",
            "int64", "I64", "uint8", "U8", "bool", "BOOL");

    record BadFile(String name, JsonNode entry) {
        Path path() { return GoldenCase.path("bad-files").resolve(name); }

        @Override
        public String toString() { return name; }
    }

    static Stream<BadFile> cases() {
        JsonNode manifest = GoldenCase.json(GoldenCase.path("bad-files/manifest.json"));
        return StreamSupport.stream(manifest.path("cases").spliterator(), false)
                .filter(entry -> entry.path("reader").asText().equals("torch"))
                .map(entry -> new BadFile(entry.path("file").asText(), entry));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void hasTheOutcomeOfTheManifest(BadFile bad) {
        int seconds = 5;
        assertTimeout(Duration.ofSeconds(seconds), () -> {
            String outcome = bad.entry.path("outcome").asText();
            if (outcome.equals("error")) {
                checkMessage(bad, assertThrows(WeightsException.class, () -> readAll(bad)));
                return;
            }
            try {
                readAll(bad);
            } catch (WeightsException e) {
                assertEquals("tensors-or-error", outcome, e.getMessage());
                checkMessage(bad, e);
            }
        });
    }

    @AfterAll
    static void nothingWasExecuted() {
        assertFalse(Files.exists(Path.of("SMALTI_PICKLE_EXECUTED")));
        assertFalse(Files.exists(GoldenCase.path("bad-files/torch/SMALTI_PICKLE_EXECUTED")));
    }

    @Test
    void coversEveryFileOfTheFolder() throws IOException {
        try (Stream<Path> files = Files.list(GoldenCase.path("bad-files/torch"))) {
            assertEquals(files.map(p -> "torch/" + p.getFileName()).sorted().toList(),
                    cases().map(BadFile::name).sorted().toList());
        }
    }

    @ParameterizedTest
    @MethodSource("refusedCalls")
    void namesTheRefusedCallable(String file, String callable) {
        BadFile bad = cases().filter(b -> b.name.equals("torch/" + file)).findFirst().orElseThrow();
        String message = assertThrows(WeightsException.class, () -> readAll(bad)).getMessage();
        assertTrue(message.contains(callable), message);
        try (MappedFile mapped = MappedFile.open(bad.path(), ReadLimits.DEFAULT)) {
            assertTrue(TorchReader.globals(mapped).contains(new GlobalUse(callable, "refused")), callable);
        }
    }

    static Stream<Arguments> refusedCalls() {
        return Map.of("evil-reduce-os-system.pt", "os.system", "evil-reduce-posix-system.pt", "posix.system",
                "evil-in-value.pt", "os.system", "evil-as-key.pt", "os.system", "evil-popped.pt", "os.system",
                "evil-inst.pt", "os.system", "evil-obj.pt", "os.system", "evil-stack-global.pt", "os.system",
                "evil-setstate.pt", "functools.partial", "evil-unknown-class.pt", "mypackage.model.Net").entrySet()
                .stream().map(e -> Arguments.of(e.getKey(), e.getValue()));
    }

    private static void checkMessage(BadFile bad, WeightsException e) {
        String message = e.getMessage();
        assertTrue(message.contains(bad.path().getFileName().toString()), message);
        assertTrue(message.length() < 2000, message);
        bad.entry.path("mentions").forEach(word -> assertTrue(message.contains(word.asText()), message));
        if (List.of("w").equals(StreamSupport.stream(bad.entry.path("mentions").spliterator(), false)
                .map(JsonNode::asText).toList())) {
            assertTrue(message.startsWith("w in "), message);
        }
    }

    private static void readAll(BadFile bad) {
        try (MappedFile mapped = MappedFile.open(bad.path(), ReadLimits.DEFAULT);
                TensorTable table = TorchReader.read(mapped)) {
            for (String name : table.names()) table.tensor(name).toFloats();
            for (JsonNode want : bad.entry.path("tensors")) check(want, table.tensor(want.path("name").asText()));
        }
    }

    private static void check(JsonNode want, TensorView got) {
        String name = want.path("name").asText();
        assertEquals(DTYPES.get(want.path("dtype").asText()), got.dtype().name(), name);
        assertEquals(want.path("shape").toString(), Arrays.toString(got.shape()).replace(" ", ""), name);
        float[] floats = got.toFloats();
        double[] values = got.dtype().isFloat()
                ? IntStream.range(0, floats.length).mapToDouble(i -> floats[i]).toArray()
                : Arrays.stream(got.toLongs()).asDoubleStream().toArray();
        JsonNode first = want.path("first_values");
        assertEquals(Math.min(12, values.length), first.size(), name);
        for (int i = 0; i < first.size(); i++) {
            double expected = first.get(i).isBoolean() ? (first.get(i).asBoolean() ? 1 : 0) : first.get(i).asDouble();
            assertEquals(expected, values[i], 0, name + " " + i);
        }
        if (want.has("sum")) { assertEquals(want.path("sum").asDouble(), Arrays.stream(values).sum(), 1e-9, name); }
    }
}
