package io.github.smalti.weights.internal;

import io.github.smalti.core.TensorView;
import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonLimits;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.weights.ReadLimits;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// safetensors in several files, as the index beside them says: `{"metadata": {…}, "weight_map": {tensor: file}}`.
///
/// Files are named by a plain name within the index's folder. Every tensor of the map lies in its file, and every tensor
/// of a file is in the map, so that no two readers see two different checkpoints.
public final class ShardedSafetensors {
    private ShardedSafetensors() {}

    /// Whether a file is a JSON object, as an index is.
    ///
    /// @param bytes the file
    public static boolean recognises(MemorySegment bytes) {
        for (long at = 0; at < Math.min(64, bytes.byteSize()); at++) {
            byte c = bytes.get(ValueLayout.JAVA_BYTE, at);
            if (c == '{') return true;
            if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return false;
        }
        return false;
    }

    /// Reads the index and the headers of the files that it names.
    ///
    /// @param index the mapped index; closed with the result
    /// @return the tensors of all files, in the index's order
    public static TensorTable read(MappedFile index) {
        Map<String, String> fileOf = weightMap(index);
        Map<String, TensorTable> shards = new LinkedHashMap<>();
        boolean read = false;
        try {
            Map<String, Supplier<TensorView>> tensors = new LinkedHashMap<>();
            fileOf.forEach((tensor, file) -> {
                TensorTable shard = shards.computeIfAbsent(file, name -> open(index, tensor, name));
                if (!shard.has(tensor))
                    throw index.fault(tensor, "the index says that it lies in " + file
                            + ", where it is not");
                tensors.put(tensor, shard.tensors().get(tensor));
            });
            shards.forEach((file, shard) -> shard.names().forEach(tensor -> {
                if (!file.equals(fileOf.get(tensor)))
                    throw index.fault(tensor, "it lies in " + file
                            + ", but the index says "
                            + (fileOf.containsKey(tensor) ? fileOf.get(tensor) : "nothing of it"));
            }));
            List<MappedFile> files = shards.values().stream().map(TensorTable::mapping).toList();
            read = true;
            return new TensorTable(index, "safetensors in " + files.size() + " files", tensors, files, null);
        } finally {
            if (!read) shards.values().forEach(TensorTable::close);
        }
    }

    private static Map<String, String> weightMap(MappedFile index) {
        ReadLimits limits = index.limits();
        if (index.size() > limits.headerBytes()) {
            throw index.fault("an index of " + index.size() + " bytes, at most " + limits.headerBytes());
        }
        int values = (int) Math.min(Integer.MAX_VALUE, 1000 + 2L * limits.tensors());
        var json = new JsonLimits((int) limits.headerBytes(), limits.depth(), limits.stringBytes(), limits.nameBytes(),
                limits.numberChars(), values);
        Map<String, String> fileOf = new LinkedHashMap<>();
        try {
            JsonValue root = Json.parse(index.bytes().toArray(ValueLayout.JAVA_BYTE), json);
            if (!root.asObject().containsKey("weight_map")) {
                throw index.fault("a JSON file without \"weight_map\", so no index of safetensors files; "
                        + "give the checkpoint itself");
            }
            root.get("weight_map").asObject().forEach((tensor, file) -> fileOf.put(tensor, file.asString()));
        } catch (JsonException e) {
            throw index.fault("the index is " + e.getMessage());
        }
        if (fileOf.isEmpty() || fileOf.size() > limits.tensors()) {
            throw index.fault("an index of " + fileOf.size() + " tensors, expected 1 to " + limits.tensors());
        }
        List<String> files = new ArrayList<>(fileOf.values().stream().distinct().toList());
        if (files.size() > limits.shards()) {
            throw index.fault("an index of " + files.size() + " files, at most " + limits.shards());
        }
        return fileOf;
    }

    private static TensorTable open(MappedFile index, String tensor, String name) {
        if (!name.matches("[A-Za-z0-9_][A-Za-z0-9_.-]{0,250}") || !name.endsWith(".safetensors")) {
            throw index.fault(tensor, "the index says that it lies in " + name
                    + "; expected a plain name *.safetensors of a file beside the index");
        }
        MappedFile file = MappedFile.open(index.path().resolveSibling(name), index.limits());
        boolean read = false;
        try {
            if (!SafetensorsReader.recognises(file.bytes()))
                throw file.fault("expected safetensors, as the index says");
            TensorTable table = SafetensorsReader.read(file);
            read = true;
            return table;
        } finally {
            if (!read) file.close();
        }
    }
}
