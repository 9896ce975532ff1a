package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.management.ThreadMXBean;
import io.github.smalti.core.DType;
import io.github.smalti.core.TensorView;
import io.github.smalti.golden.GoldenCase;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every malformed or hostile checkpoint of the manifest has the outcome that the manifest asks for.
class BadFilesTest {
    private static final Set<String> READERS = Set.of("safetensors", "flax", "torch");
    private static final Map<String, DType> DTYPES = Map.of("float32", DType.F32, "float16", DType.F16, "bfloat16",
            DType.BF16, "float64", DType.F64, "int64", DType.I64, "int32", DType.I32, "uint8", DType.U8, "bool",
            DType.BOOL);
    private static final JsonNode MANIFEST = GoldenCase.json(GoldenCase.path("bad-files/manifest.json"));
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    static Stream<Arguments> cases() {
        return StreamSupport.stream(MANIFEST.path("cases").spliterator(), false)
                .filter(c -> READERS.contains(c.path("reader").asText()))
                .map(c -> Arguments.of(c.path("file").asText(), c));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void hasTheOutcomeOfTheManifest(String name, JsonNode badFile) {
        Path file = GoldenCase.path("bad-files").resolve(name);
        long start = System.nanoTime();
        long before = THREADS.getCurrentThreadAllocatedBytes();
        WeightsException refusal = null;
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            for (JsonNode tensor : badFile.path("tensors")) assertTensor(checkpoint, tensor);
            if (badFile.path("outcome").asText().equals("tensors")) {
                assertEquals(badFile.path("tensors").size(), checkpoint.names().size(), () -> "" + checkpoint.names());
            }
            for (String tensor : checkpoint.names()) assertNotNull(checkpoint.tensor(tensor));
        } catch (WeightsException e) {
            refusal = e;
        }
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        double seconds = (System.nanoTime() - start) * 1e-9;
        assertTrue(seconds < MANIFEST.path("max_seconds").asDouble(), () -> seconds + " seconds");
        assertTrue(allocated < MANIFEST.path("max_allocation_bytes").asLong(), () -> allocated + " bytes allocated");
        assertFalse(Files.exists(Path.of("SMALTI_PICKLE_EXECUTED")), "a pickle was executed");
        assertOutcome(badFile, file, refusal);
    }

    private static void assertOutcome(JsonNode badFile, Path file, WeightsException refusal) {
        switch (badFile.path("outcome").asText()) {
            case "error" -> assertNotNull(refusal, "was accepted");
            case "tensors" -> {
                if (refusal != null) fail("was refused", refusal);
            }
            case "tensors-or-error" -> {}
            default -> fail("unknown outcome " + badFile.path("outcome"));
        }
        if (refusal == null) return;
        String message = refusal.getMessage();
        assertTrue(message.contains(file.getFileName().toString()), message);
        for (JsonNode mention : badFile.path("mentions")) assertTrue(message.contains(mention.asText()), message);
        assertTrue(message.length() < 2_000, message);
        assertFalse(message.chars().anyMatch(Character::isISOControl), message);
    }

    private static void assertTensor(Checkpoint checkpoint, JsonNode want) {
        TensorView got = checkpoint.tensor(want.path("name").asText());
        assertEquals(DTYPES.get(want.path("dtype").asText()), got.dtype());
        long[] shape = StreamSupport.stream(want.path("shape").spliterator(), false).mapToLong(JsonNode::asLong)
                .toArray();
        assertArrayEquals(shape, got.shape());
        double[] values = doubles(got);
        JsonNode first = want.path("first_values");
        for (int i = 0; i < first.size(); i++) {
            double value = first.get(i).isBoolean() ? first.get(i).asBoolean() ? 1 : 0 : first.get(i).asDouble();
            assertEquals((float) value, values[i], 0, want.path("name").asText() + " [" + i + "]");
        }
        double sum = 0;
        for (double value : values) sum += value;
        assertEquals(want.path("sum").asDouble(), sum, 1e-6 * Math.max(1, Math.abs(sum)));
    }

    private static double[] doubles(TensorView view) {
        double[] out = new double[Math.toIntExact(view.elementCount())];
        if (view.dtype().isFloat()) {
            float[] floats = view.toFloats();
            for (int i = 0; i < out.length; i++) out[i] = floats[i];
        } else {
            long[] longs = view.toLongs();
            for (int i = 0; i < out.length; i++) out[i] = longs[i];
        }
        return out;
    }
}
