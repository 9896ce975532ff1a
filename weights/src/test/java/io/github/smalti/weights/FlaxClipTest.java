package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.smalti.core.DType;
import io.github.smalti.core.TensorView;
import io.github.smalti.golden.GoldenCase;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// FlaxCLIP's msgpack: nested maps, a scalar, and arrays that were cut because they are large.
class FlaxClipTest {
    @TempDir
    private Path folder;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private void map(int size) {
        out.writeBytes(ByteBuffer.allocate(3).put((byte) 0xde).putShort((short) size).array());
    }

    private void text(String text) {
        byte[] raw = text.getBytes(StandardCharsets.UTF_8);
        out.writeBytes(ByteBuffer.allocate(2).put((byte) 0xd9).put((byte) raw.length).array());
        out.writeBytes(raw);
    }

    private static void number(ByteArrayOutputStream to, long value) {
        to.writeBytes(ByteBuffer.allocate(9).put((byte) 0xcf).putLong(value).array());
    }

    private void array(DType dtype, long[] shape, byte[] data) {
        var body = new ByteArrayOutputStream();
        body.write(0x93);
        body.write(0x90 | shape.length);
        for (long size : shape) number(body, size);
        String name = dtype == DType.F32 ? "float32" : "int64";
        body.write(0xa0 | name.length());
        body.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
        body.writeBytes(ByteBuffer.allocate(5).put((byte) 0xc6).putInt(data.length).array());
        body.writeBytes(data);
        out.writeBytes(ByteBuffer.allocate(6).put((byte) 0xc9).putInt(body.size()).put((byte) 1).array());
        out.writeBytes(body.toByteArray());
    }

    /// In twelve pieces, whose keys as texts are not in their order as numbers.
    private void chunked(DType dtype, long[] shape, byte[] data) {
        map(3);
        text("__msgpack_chunked_array__");
        out.write(0xc3);
        text("shape");
        map(shape.length);
        for (int axis = 0; axis < shape.length; axis++) {
            text("" + axis);
            number(out, shape[axis]);
        }
        text("chunks");
        map(12);
        int elements = data.length / dtype.bytes();
        for (int chunk : new int[]{0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9}) {
            text("" + chunk);
            int from = elements * chunk / 12;
            int to = elements * (chunk + 1) / 12;
            byte[] part = Arrays.copyOfRange(data, from * dtype.bytes(), to * dtype.bytes());
            array(dtype, new long[]{to - from}, part);
        }
    }

    private void tree(Map<String, Object> tree) {
        map(tree.size());
        tree.forEach((name, node) -> {
            text(name);
            if (node instanceof TensorView view) {
                byte[] data = view.bytes().toArray(ValueLayout.JAVA_BYTE);
                if (view.elementCount() > 1000) chunked(view.dtype(), view.shape(), data);
                else
                    array(view.dtype(), view.shape(), data);
            } else {
                tree(branch(node));
            }
        });
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> branch(Object node) { return (Map<String, Object>) node; }

    @Test
    void readsNestedMapsScalarsAndManyChunks() throws IOException {
        Map<String, Object> root = new LinkedHashMap<>();
        try (Checkpoint source = Checkpoints.open(GoldenCase.path("clip/hf"))) {
            for (String name : source.names()) {
                String[] path = name.replace("patch_embedding.weight", "patch_embedding.kernel").split("\\.");
                Map<String, Object> node = root;
                for (int i = 0; i < path.length - 1; i++) {
                    node = branch(node.computeIfAbsent(path[i], _ -> new LinkedHashMap<String, Object>()));
                }
                TensorView view = source.tensor(name);
                boolean isScale = name.equals("logit_scale"); // a scalar in Flax
                node.put(path[path.length - 1], isScale && view.rank() == 1 ? view.select(0, 0) : view);
            }
            tree(root);
            Path file = Files.write(folder.resolve("flax_model.msgpack"), out.toByteArray());
            try (Checkpoint flax = Checkpoints.open(file)) {
                assertEquals("CLIP (Flax)", CheckpointFamily.of(flax.names()).name());
                assertEquals(source.names().size(), flax.names().size());
                assertEquals(0, flax.tensor("logit_scale").rank());
                for (String name : source.names()) {
                    String found = name.replace('.', '/').replace("patch_embedding/weight", "patch_embedding/kernel");
                    if (!name.equals("logit_scale")) {
                        assertEquals(source.tensor(name).toString(), flax.tensor(found).toString(), name);
                    }
                    assertArrayEquals(source.tensor(name).toFloats(), flax.tensor(found).toFloats(), name);
                }
            }
        }
    }
}
