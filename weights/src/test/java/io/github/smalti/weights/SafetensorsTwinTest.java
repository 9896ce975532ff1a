package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.smalti.core.DType;
import io.github.smalti.core.TensorView;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.SafetensorsWriter.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What this reader accepts, a second one of another make reads the same: random files that are written and read, and
/// damaged ones that both accept.
class SafetensorsTwinTest {
    private static final JsonMapper JACKSON = JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
    private static final String NAMES = "abAB01._/ -\u00e9\u732b\ud83d\ude00\"\\\n\t";
    private static final String HEADER = "\"{}[]:,0123456789 -eFIBU_abcdst\\";

    @TempDir
    private Path folder;
    private final long seed = Long.getLong("tests.seed", System.nanoTime());
    private final Random random = new Random(seed);

    /// A tensor as a reader sees it.
    private record Seen(String dtype, List<Long> shape, List<Byte> bytes) {}

    private static List<Byte> list(byte[] bytes) {
        List<Byte> list = new ArrayList<>(bytes.length);
        for (byte b : bytes) list.add(b);
        return list;
    }

    private static Map<String, Seen> ours(Path file) {
        Map<String, Seen> seen = new TreeMap<>();
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            for (String name : checkpoint.names()) {
                TensorView view = checkpoint.tensor(name);
                seen.put(name, new Seen(view.dtype().name(), LongStream.of(view.shape()).boxed().toList(),
                        list(view.bytes().toArray(ValueLayout.JAVA_BYTE))));
            }
        }
        return seen;
    }

    private static Map<String, Seen> twin(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int length = Math.toIntExact(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong());
        Map<String, Seen> seen = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : JACKSON.readTree(bytes, 8, length).properties()) {
            if (entry.getKey().equals("__metadata__")) continue;
            JsonNode tensor = entry.getValue();
            JsonNode offsets = tensor.path("data_offsets");
            seen.put(entry.getKey(), new Seen(tensor.path("dtype").textValue(),
                    StreamSupport.stream(tensor.path("shape").spliterator(), false).map(JsonNode::longValue).toList(),
                    list(Arrays.copyOfRange(bytes, 8 + length + offsets.path(0).intValue(),
                            8 + length + offsets.path(1).intValue()))));
        }
        return seen;
    }

    @Test
    void randomFilesAreReadAsTheyWereWritten() throws IOException {
        for (int round = 0; round < 200; round++) {
            Path file = folder.resolve("random-" + round + ".safetensors");
            Map<String, Seen> written = new TreeMap<>();
            List<Tensor> tensors = new ArrayList<>();
            for (int count = random.nextInt(9); written.size() < count;) {
                DType dtype = DType.values()[random.nextInt(DType.values().length)];
                long[] shape = random.longs(random.nextInt(5), 0, 9).toArray();
                byte[] bytes = new byte[Math
                        .toIntExact(dtype.bytes() * LongStream.of(shape).reduce(1, (a, b) -> a * b))];
                random.nextBytes(bytes);
                if (dtype == DType.BOOL) for (int i = 0; i < bytes.length; i++) bytes[i] &= 1;
                String name = name();
                var seen = new Seen(dtype.name(), LongStream.of(shape).boxed().toList(), list(bytes));
                if (written.putIfAbsent(name, seen) != null) continue;
                tensors.add(new Tensor(name, dtype, TensorView.contiguous(dtype, shape, MemorySegment.ofArray(bytes))));
            }
            SafetensorsWriter.write(file, tensors, Map.of("format", name()));
            assertEquals(written, ours(file), repeat(round));
            assertEquals(written, twin(file), repeat(round));
        }
    }

    private String name() {
        var name = new StringBuilder();
        int[] letters = NAMES.codePoints().toArray();
        for (int i = random.nextInt(1, 12); i > 0; i--) name.appendCodePoint(letters[random.nextInt(letters.length)]);
        return name.toString();
    }

    private String repeat(int round) { return "round " + round + ", -Dtests.seed=" + seed; }

    @Test
    void damagedFilesThatAreAcceptedAreReadTheSame() throws IOException {
        byte[] good = Files.readAllBytes(GoldenCase.path("bad-files/safetensors/good.safetensors"));
        int length = Math.toIntExact(ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong());
        Path file = folder.resolve("mutant.safetensors");
        int accepted = 0;
        for (int round = 0; round < 4_000; round++) {
            byte[] mutant = good.clone();
            for (int i = random.nextInt(3); i >= 0; i--) {
                mutant[8 + random.nextInt(length)] = (byte) HEADER.charAt(random.nextInt(HEADER.length()));
            }
            Files.write(file, mutant);
            Map<String, Seen> seen;
            try {
                seen = ours(file);
            } catch (WeightsException _) {
                continue;
            }
            accepted++;
            assertEquals(twin(file), seen, repeat(round));
        }
        assertTrue(accepted > 100, accepted + " accepted");
    }

    /// Files of the collection that must be read.
    @Test
    void goodFilesAreReadTheSame() throws IOException {
        for (String name : List.of("good.safetensors", "good-unsorted.safetensors")) {
            Path file = GoldenCase.path("bad-files/safetensors").resolve(name);
            Map<String, Seen> seen = ours(file);
            assertEquals(twin(file), seen);
        }
    }
}
