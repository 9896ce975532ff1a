package io.github.smalti.weights.internal;

import io.github.smalti.core.DType;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonLimits;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.weights.ReadLimits;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// safetensors: `u64 header length, JSON header, data`; offsets count from the end of the header.
///
/// As strict as the reference: data without holes or overlaps up to the end of the file, unique names. Stricter: numbers
/// and names within the file's [ReadLimits].
public final class SafetensorsReader {
    /// Values of a tensor's header entry are seven and its sizes: the object, type, shape, two offsets.
    private static final long VALUES = 12;
    /// For the metadata and for what a file with one tensor too many needs to be refused in these words.
    private static final long SPARE_VALUES = 1000;

    private record Entry(String name, DType dtype, long[] shape, long begin, long end) {}

    private SafetensorsReader() {}

    /// Whether a file begins like safetensors: a plausible length, then `{`.
    ///
    /// @param bytes the file
    public static boolean recognises(MemorySegment bytes) {
        if (bytes.byteSize() < 9) return false;
        return bytes.get(ValueLayout.JAVA_BYTE, 8) == '{' && length(bytes) >= 0 && length(bytes) >>> 40 == 0;
    }

    private static long length(MemorySegment bytes) {
        return bytes.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
    }

    /// Reads the header.
    ///
    /// @param file the mapped file; closed with the result
    /// @return its tensors
    public static TensorTable read(MappedFile file) {
        long headerLength = length(file.bytes());
        if (headerLength < 0 || headerLength > file.limits().headerBytes()) {
            throw file.fault("header of " + Long.toUnsignedString(headerLength) + " bytes, at most "
                    + file.limits().headerBytes());
        }
        if (headerLength > file.size() - 8) {
            throw file.fault("header of " + headerLength + " bytes in a file of " + file.size()
                    + "; the download is incomplete");
        }
        byte[] header = file.bytes().asSlice(8, headerLength).toArray(ValueLayout.JAVA_BYTE);
        List<Entry> entries = entries(file, header);
        long dataSize = file.size() - 8 - headerLength;
        checkCoverage(file, entries, dataSize);
        Map<String, Supplier<TensorView>> tensors = new LinkedHashMap<>();
        MemorySegment data = file.bytes().asSlice(8 + headerLength, dataSize);
        for (Entry e : entries) {
            TensorView view = TensorView.contiguous(e.dtype, e.shape, data.asSlice(e.begin, e.end - e.begin));
            tensors.put(e.name, () -> view);
        }
        return new TensorTable(file, "safetensors", tensors);
    }

    private static List<Entry> entries(MappedFile file, byte[] header) {
        JsonValue root;
        try {
            root = Json.parse(header, headerLimits(file.limits()));
            root.asObject();
        } catch (JsonException e) {
            throw file.fault("the header is " + e.getMessage());
        }
        List<Entry> entries = new ArrayList<>();
        root.asObject().forEach((name, value) -> {
            if (name.equals("__metadata__")) {
                checkMetadata(file, value);
                return;
            }
            if (entries.size() >= file.limits().tensors())
                throw file.fault("more than " + file.limits().tensors() + " tensors");
            entries.add(entry(file, name, value));
        });
        return entries;
    }

    private static JsonLimits headerLimits(ReadLimits limits) {
        int values = (int) Math.min(Integer.MAX_VALUE, SPARE_VALUES + VALUES * limits.tensors());
        return new JsonLimits((int) limits.headerBytes(), 8, 1 << 20, limits.nameBytes(), 32, values);
    }

    private static void checkMetadata(MappedFile file, JsonValue value) {
        try {
            value.asObject().values().forEach(JsonValue::asString);
        } catch (JsonException e) {
            throw file.fault("__metadata__", "expected texts by name: " + e.getMessage());
        }
    }

    private static Entry entry(MappedFile file, String name, JsonValue value) {
        try {
            for (String key : value.asObject().keySet()) {
                if (!List.of("dtype", "shape", "data_offsets").contains(key)) {
                    throw file.fault(name, "unknown header entry \"" + key + "\"");
                }
            }
            DType dtype = dtype(file, name, value.get("dtype").asString());
            long[] shape = value.get("shape").asArray().stream().mapToLong(JsonValue::asLong).toArray();
            List<JsonValue> offsets = value.get("data_offsets").asArray();
            if (offsets.size() != 2) throw file.fault(name, "expected two data_offsets, found " + offsets.size());
            long begin = offsets.get(0).asLong();
            long end = offsets.get(1).asLong();
            checkSize(file, name, dtype, shape, begin, end);
            return new Entry(name, dtype, shape, begin, end);
        } catch (JsonException e) {
            throw file.fault(name, "bad header entry: " + e.getMessage());
        }
    }

    private static DType dtype(MappedFile file, String name, String code) {
        return switch (code) {
            case "F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL" -> DType.valueOf(code);
            default -> throw file.fault(name, "element type " + code + " is not supported; expected one of F64 F32 F16 "
                    + "BF16 I64 I32 I16 I8 U8 BOOL");
        };
    }

    private static void checkSize(MappedFile file, String name, DType dtype, long[] shape, long begin, long end) {
        if (shape.length > file.limits().rank())
            throw file.fault(name, "rank " + shape.length + ", at most " + file.limits().rank());
        long size = file.byteSize(name, dtype, shape);
        if (begin < 0 || end < begin || end - begin != size) {
            throw file.fault(name,
                    TensorView.describe(dtype, shape) + " takes " + size + " bytes, but data_offsets are "
                            + begin + " to " + end);
        }
    }

    /// Every byte belongs to exactly one tensor; tensors without elements may share an offset with others.
    private static void checkCoverage(MappedFile file, List<Entry> entries, long dataSize) {
        List<Entry> ordered = new ArrayList<>(entries);
        ordered.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long at = 0;
        for (Entry e : ordered) {
            if (e.end > dataSize) {
                throw file.fault(e.name, "its data ends at byte " + e.end + " of " + dataSize
                        + "; the file is cut off, download it again");
            }
            if (e.begin != at) {
                throw file.fault(e.name, "its data begins at byte " + e.begin + ", expected " + at
                        + ": the data has a " + (e.begin > at ? "hole" : "overlap"));
            }
            at = e.end;
        }
        if (at != dataSize) throw file.fault((dataSize - at) + " bytes of data belong to no tensor");
    }
}
