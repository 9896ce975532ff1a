package io.github.smalti.weights.internal;

import io.github.smalti.core.TensorView;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.golden.MutationFuzz;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Damaged checkpoints and configurations are read or refused by a [WeightsException], in bounded time and memory.
@Tag("fuzz")
class CheckpointFuzzTest {
    private static final int MAX_SOURCE = 20_000;
    private static final long MAX_VALUES = 1 << 16;
    private static final String[] HEADER_WORDS = {"\"F32\"", "\"BF16\"", "\"I64\"", "\"BOOL\"", "\"dtype\":",
            "\"shape\":[", "\"data_offsets\":[", "__metadata__", "{", "}", "[", "]", ",", ":", "\"", "\\u0000", "0",
            "-1", "1e9", "null"};
    private static final String[] PICKLE_WORDS = {"\u0080\u0002", "(", ")", "}", "]", "t", "R", "s", "u", "a", "e", "b",
            "Q", "q\u0000", "h\u0000", "0", "1", "2", "N", ".", "\u0081", "\u0085", "\u0086", "\u0087", "\u0088",
            "\u0089", "\u008a\u0008", "\u008b", "\u008c\u0002os", "\u008d", "\u008e", "\u0093", "\u0094", "\u0095",
            "cos\nsystem\n", "ctorch\nFloatStorage\n", "ctorch\nUntypedStorage\n", "ctorch\nfloat32\n",
            "ctorch._utils\n_rebuild_tensor_v2\n", "ctorch._utils\n_rebuild_tensor_v3\n", "ctorch\nSize\n",
            "ctorch._utils\n_rebuild_parameter\n", "ccollections\nOrderedDict\n", "ccollections\ndefaultdict\n",
            "X\u0007\u0000\u0000\u0000storage", "J\u00ff\u00ff\u00ff\u007f", "i__builtin__\nset\n", "o", "l", "d"};

    private static final String YAML = """
            # an image codec
            model:
              base_learning_rate: 4.5e-06
              target: taming.models.vqgan.GumbelVQ
              params:
                embed_dim: 256
                monitor: 'val/rec_loss'
                ddconfig:
                  double_z: false
                  ch_mult: [1, 1, 2, 4]
                  attn_resolutions:
                  - 16
                  dropout: 0.0
            data: null
            """;

    @Test
    void safetensors() throws IOException, InterruptedException {
        MutationFuzz.of("CheckpointFuzzTest#safetensors", WeightsException.class)
                .good(golden("bad-files/safetensors/good.safetensors")).bad("bad-files/safetensors", MAX_SOURCE)
                .words(HEADER_WORDS)
                .run(CheckpointFuzzTest::readCheckpoint);
    }

    /// Matrices that are used where they lie: the reader checks type, alignment, version and shapes.
    @Test
    void packedSafetensors() throws IOException, InterruptedException {
        byte[] file = PackedBytes.file();
        int length = Math.toIntExact(ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(0));
        MutationFuzz.of("CheckpointFuzzTest#packedSafetensors", WeightsException.class)
                .good(Arrays.copyOfRange(file, Long.BYTES, Long.BYTES + length)).words(HEADER_WORDS)
                .words("smalti.packed.", "smalti.packed.1.bf16.", "smalti.packed.2.bf16.", "smalti.packed.1.int8.",
                        ",0]",
                        "\"U8\"")
                .within(header -> ByteBuffer.allocate(Long.BYTES + header.length + file.length - Long.BYTES - length)
                        .order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).put(header)
                        .put(file, Long.BYTES + length, file.length - Long.BYTES - length).array())
                .run(PackedBytes::readLayers);
    }

    /// The header's length is mended, so that damage reaches names, types, shapes and offsets.
    @Test
    void safetensorsHeader() throws IOException, InterruptedException {
        byte[] file = golden("bad-files/safetensors/good.safetensors");
        ByteBuffer good = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int length = Math.toIntExact(good.getLong(0));
        MutationFuzz.of("CheckpointFuzzTest#safetensorsHeader", WeightsException.class)
                .good(Arrays.copyOfRange(file, Long.BYTES, Long.BYTES + length)).words(HEADER_WORDS)
                .within(header -> ByteBuffer.allocate(header.length + file.length - length)
                        .order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).put(header)
                        .put(file, Long.BYTES + length, file.length - Long.BYTES - length).array())
                .run(CheckpointFuzzTest::readCheckpoint);
    }

    @Test
    void shardIndex() throws IOException, InterruptedException {
        byte[] shard = golden("bad-files/safetensors/good.safetensors");
        List<String> names;
        try (Checkpoint whole = Checkpoints.open(GoldenCase.path("bad-files/safetensors/good.safetensors"))) {
            names = whole.names();
        }
        String map = names.stream().map(name -> "\"" + name + "\": \"shard-1.safetensors\"")
                .collect(Collectors.joining(", "));
        MutationFuzz.of("CheckpointFuzzTest#shardIndex", WeightsException.class).named("model.safetensors.index.json")
                .good(("{\"metadata\": {\"total_size\": 1}, \"weight_map\": {" + map + "}}")
                        .getBytes(StandardCharsets.UTF_8))
                .beside("shard-1.safetensors", shard).words(HEADER_WORDS)
                .words("shard-1.safetensors", "../", "/etc/passwd", "weight_map")
                .run(CheckpointFuzzTest::readCheckpoint);
    }

    @Test
    void flaxMsgpack() throws IOException, InterruptedException {
        MutationFuzz.of("CheckpointFuzzTest#flaxMsgpack", WeightsException.class)
                .good(golden("bad-files/flax/good.msgpack")).good(golden("bad-files/flax/good-chunked.msgpack"))
                .bad("bad-files/flax", MAX_SOURCE)
                .words("\u0080", "\u008f", "\u00de", "\u00df", "\u0090", "\u00dd", "\u00c4", "\u00c6", "\u00c7",
                        "\u00c9", "\u00d4", "\u00db", "\u00a7float32", "\u00a5float", "\u00a8bfloat16",
                        "__msgpack_chunked_array__", "shape", "chunks", "\u00cf", "\u00ff", "\u00c0", "\u00c1")
                .run(CheckpointFuzzTest::readCheckpoint);
    }

    @Test
    void torchZip() throws IOException, InterruptedException {
        MutationFuzz.of("CheckpointFuzzTest#torchZip", WeightsException.class).good(golden("bad-files/torch/good.pt"))
                .good(golden("bad-files/torch/good-minimal.pt")).good(golden("bad-files/torch/deflated.pt"))
                .bad("bad-files/torch", MAX_SOURCE)
                .words("PK\u0003\u0004", "PK\u0001\u0002", "PK\u0005\u0006", "PK\u0006\u0006", "PK\u0006\u0007",
                        "PK\u0007\u0008", "\u0001\u0000\u0010\u0000", "archive/data.pkl", "archive/data/0", "../", "/",
                        "byteorder", "constants.pkl", "\u00ff\u00ff\u00ff\u00ff", "\u0008\u0000")
                .run(CheckpointFuzzTest::readCheckpoint);
    }

    @Test
    void pickle() throws IOException, InterruptedException {
        Map<String, byte[]> records = records("bad-files/torch/good.pt");
        String name = records.keySet().stream().filter(n -> n.endsWith("/data.pkl")).findFirst().orElseThrow();
        MutationFuzz.of("CheckpointFuzzTest#pickle", WeightsException.class).good(records.get(name)).words(PICKLE_WORDS)
                .within(pickle -> {
                    TorchZip zip = new TorchZip();
                    records.forEach((record, data) -> zip.add(record, record.equals(name) ? pickle : data));
                    return zip.bytes();
                }).run(CheckpointFuzzTest::readCheckpoint);
    }

    @Test
    void legacyTorch() throws IOException, InterruptedException {
        MutationFuzz.of("CheckpointFuzzTest#legacyTorch", WeightsException.class)
                .good(golden("bad-files/torch/good-legacy.pt")).words(PICKLE_WORDS)
                .run(CheckpointFuzzTest::readCheckpoint);
    }

    @Test
    void yaml() throws IOException, InterruptedException {
        MutationFuzz.of("CheckpointFuzzTest#yaml", WeightsException.class).named("model.yaml")
                .good(YAML.getBytes(StandardCharsets.UTF_8))
                .words("- ", ": ", "\n  ", "[1, 2]", "{", "&a", "*a", "!!python/object", "|", ">", "'", "\"", "#", "\t",
                        "%", "---\n", "null", "~", "true", "1e999", "\r\n", "\u00ff")
                .run(file -> {
                    ModelConfig codec = ModelConfig.readYaml(file).in("model").in("params");
                    codec.optionalInt("embed_dim", 1, 1, 1 << 16);
                    codec.optionalString("monitor", "");
                    codec.in("ddconfig").optionalBoolean("double_z", false);
                    codec.in("ddconfig").optionalDouble("dropout", 0);
                    codec.in("ddconfig").requireInts("ch_mult");
                });
    }

    @Test
    void json() throws IOException, InterruptedException {
        MutationFuzz.of("CheckpointFuzzTest#json", WeightsException.class).named("config.json")
                .good(golden("bad-files/config/good.json")).bad("bad-files/config", MAX_SOURCE)
                .words("\"d_model\":", "[", "{", "]", "}", ",", "null", "1e999", "-0", "\\ud800", "true")
                .run(file -> ModelConfig.readJson(file).requireInt("d_model", 1, 1 << 16));
    }

    private static void readCheckpoint(Path file) {
        WeightsException refusal = null;
        try {
            Checkpoints.describe(file);
        } catch (WeightsException e) {
            refusal = e;
        }
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            long values = 0;
            for (String name : checkpoint.names()) {
                TensorView tensor = checkpoint.tensor(name);
                values += tensor.elementCount();
                if (values > MAX_VALUES) continue;
                if (tensor.dtype().isFloat()) tensor.toFloats();
                else
                    tensor.toLongs();
            }
        }
        if (refusal != null) throw new AssertionError("opens, but cannot be described", refusal);
    }

    private static byte[] golden(String name) throws IOException { return Files.readAllBytes(GoldenCase.path(name)); }

    private static Map<String, byte[]> records(String name) throws IOException {
        Map<String, byte[]> records = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(GoldenCase.path(name).toFile())) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                records.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
            }
        }
        return records;
    }
}
