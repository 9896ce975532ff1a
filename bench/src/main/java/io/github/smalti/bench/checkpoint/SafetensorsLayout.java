package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonValue;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A safetensors file: length of the header, JSON header padded to 8 bytes, then the tensors without gaps.
final class SafetensorsLayout {
    private SafetensorsLayout() {}

    /// The file of some tensors.
    ///
    /// @param tensors in the order of their data
    static List<FilePart> of(List<RandomTensor> tensors) {
        Map<String, Object> header = new LinkedHashMap<>();
        header.put("__metadata__", Map.of("format", "pt"));
        long at = 0;
        for (RandomTensor tensor : tensors) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("dtype", tensor.dtype().name());
            entry.put("shape", Arrays.stream(tensor.shape()).boxed().toList());
            entry.put("data_offsets", List.of(at, at += tensor.byteSize()));
            header.put(tensor.name(), entry);
        }
        byte[] json = Json.write(JsonValue.of(header)).getBytes(StandardCharsets.UTF_8);
        int padded = (json.length + 7) / 8 * 8;
        ByteBuffer head = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).put(json);
        while (head.hasRemaining()) head.put((byte) ' ');
        List<FilePart> parts = new ArrayList<>();
        parts.add(new FilePart.Literal(head.array()));
        for (RandomTensor tensor : tensors) parts.add(new FilePart.Numbers(tensor));
        return parts;
    }
}
