package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.DType;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A Flax msgpack file: nested maps by the levels of the names, arrays as extension 1 with `[shape, dtype, bytes]`.
///
/// No array is chunked: Flax does so from 2^30 bytes on, which no published array reaches.
final class FlaxLayout {
    private final List<FilePart> parts = new ArrayList<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);

    private FlaxLayout() {}

    /// The file of some tensors.
    ///
    /// @param tensors names with `/` between levels
    static List<FilePart> of(List<RandomTensor> tensors) {
        Map<String, Object> root = new LinkedHashMap<>();
        for (RandomTensor tensor : tensors) {
            String[] levels = tensor.name().split("/");
            Map<String, Object> node = root;
            for (int i = 0; i < levels.length - 1; i++) node = child(node, levels[i]);
            node.put(levels[levels.length - 1], tensor);
        }
        var layout = new FlaxLayout();
        try {
            layout.node(root);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        layout.cut();
        return layout.parts;
    }

    @SuppressWarnings("unchecked") // inner nodes are made here and nowhere else
    private static Map<String, Object> child(Map<String, Object> node, String name) {
        return (Map<String, Object>) node.computeIfAbsent(name, _ -> new LinkedHashMap<String, Object>());
    }

    private void node(Map<?, ?> node) throws IOException {
        if (node.size() < 16) {
            out.writeByte(0x80 | node.size());
        } else {
            out.writeByte(0xde);
            out.writeShort(node.size());
        }
        for (var entry : node.entrySet()) {
            text((String) entry.getKey());
            if (entry.getValue() instanceof RandomTensor tensor) {
                array(tensor);
            } else {
                node((Map<?, ?>) entry.getValue());
            }
        }
    }

    private void text(String text) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (utf8.length < 32) {
            out.writeByte(0xa0 | utf8.length);
        } else {
            out.writeByte(0xd9);
            out.writeByte(utf8.length);
        }
        out.write(utf8);
    }

    private void array(RandomTensor tensor) throws IOException {
        String dtype = dtype(tensor.dtype());
        int head = 1 + 1 + 5 * tensor.shape().length + 1 + dtype.length() + 5;
        out.writeByte(0xc9); // ext 32
        out.writeInt(Math.toIntExact(head + tensor.byteSize()));
        out.writeByte(1);
        out.writeByte(0x93);
        out.writeByte(0x90 | tensor.shape().length);
        for (int size : tensor.shape()) {
            out.writeByte(0xce);
            out.writeInt(size);
        }
        text(dtype);
        out.writeByte(0xc6); // bin 32
        out.writeInt(Math.toIntExact(tensor.byteSize()));
        cut();
        parts.add(new FilePart.Numbers(tensor));
    }

    private static String dtype(DType dtype) {
        return switch (dtype) {
            case F16 -> "float16";
            case BF16 -> "bfloat16";
            case F32 -> "float32";
            default -> throw new IllegalArgumentException("element type: expected F32, F16 or BF16, found " + dtype);
        };
    }

    private void cut() {
        if (bytes.size() == 0) return;
        parts.add(new FilePart.Literal(bytes.toByteArray()));
        bytes.reset();
    }
}
