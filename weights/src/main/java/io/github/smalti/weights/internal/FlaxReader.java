package io.github.smalti.weights.internal;

import io.github.smalti.core.DType;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.WeightsException;
import io.github.smalti.weights.internal.MsgpackCursor.Kind;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// Flax msgpack: one map of nested maps whose leaves are arrays; names are the keys joined by `/`.
///
/// | extension | body |
/// |---|---|
/// | 1 (array), 3 (NumPy scalar) | msgpack `[shape, dtype name, bytes]`, C order, little endian |
/// | 2 (complex number) | passed over |
///
/// Arrays above a size of the writer's choice are maps `{"__msgpack_chunked_array__": true, "shape": {"0": …},
/// "chunks": {"0": flat array, …}}`; chunks are joined in native memory when first asked for. Leaves of other kinds are
/// no tensors and are passed over.
public final class FlaxReader {
    private static final String CHUNKED = "__msgpack_chunked_array__";

    private sealed interface Node {
        record Tree(Map<String, Node> children) implements Node {}

        record Leaf(TensorView view) implements Node {}

        record Number(long value) implements Node {}

        record Other() implements Node {}
    }

    private final MappedFile file;
    private final MsgpackCursor cursor;
    private final Map<String, Supplier<TensorView>> tensors = new LinkedHashMap<>();

    private FlaxReader(MappedFile file) {
        this.file = file;
        this.cursor = new MsgpackCursor(file, file.bytes());
    }

    /// Reads the tree.
    ///
    /// @param file the mapped file; closed with the result
    /// @return its tensors
    public static TensorTable read(MappedFile file) {
        var reader = new FlaxReader(file);
        if (reader.cursor.next() != Kind.MAP) throw file.fault("expected a msgpack map of tensors");
        Node.Tree root = reader.tree("", 0);
        if (!reader.cursor.atEnd()) throw file.fault("bytes after the end of the tree");
        reader.flatten("", root);
        return new TensorTable(file, "Flax msgpack", reader.tensors);
    }

    private Node node(String path, int depth) {
        return switch (cursor.next()) {
            case MAP -> tree(path, depth);
            case EXTENSION -> extension(path);
            case INTEGER -> new Node.Number(cursor.integer());
            case NIL, BOOLEAN -> new Node.Other();
            case STRING, BINARY, FLOAT -> {
                cursor.takeBody();
                yield new Node.Other();
            }
            case ARRAY -> {
                if (depth >= file.limits().depth()) throw file.fault("nested deeper than " + file.limits().depth());
                for (long i = cursor.length(); i > 0; i--) node(path, depth + 1);
                yield new Node.Other();
            }
        };
    }

    private Node.Tree tree(String path, int depth) {
        if (depth >= file.limits().depth()) throw file.fault("nested deeper than " + file.limits().depth());
        Map<String, Node> children = new LinkedHashMap<>();
        for (long i = cursor.length(); i > 0; i--) {
            cursor.next();
            String key = cursor.takeString("a key of the tree");
            String childPath = path.isEmpty() ? key : path + "/" + key;
            if (children.put(key, node(childPath, depth + 1)) != null)
                throw file.fault(childPath, "the key appears twice");
        }
        return new Node.Tree(children);
    }

    private Node extension(String path) {
        int type = cursor.extensionType();
        MemorySegment body = cursor.takeBody();
        return switch (type) {
            case 1, 3 -> new Node.Leaf(array(path, body));
            case 2 -> new Node.Other();
            default -> throw file.fault(path, "extension type " + type + "; expected 1 (array), 2 or 3 (scalars)");
        };
    }

    private TensorView array(String path, MemorySegment body) {
        try {
            var inner = new MsgpackCursor(file, body);
            if (inner.next() != Kind.ARRAY || inner.length() != 3) {
                throw file.fault(path, "expected an array body of shape, type and bytes");
            }
            if (inner.next() != Kind.ARRAY || inner.length() > file.limits().rank())
                throw file.fault(path, "expected a shape");
            long[] shape = new long[(int) inner.length()];
            for (int axis = 0; axis < shape.length; axis++) {
                if (inner.next() != Kind.INTEGER) throw file.fault(path, "expected a shape of integers");
                shape[axis] = inner.integer();
            }
            inner.next();
            DType dtype = dtype(path, inner.takeString("the type"));
            if (inner.next() != Kind.BINARY) throw file.fault(path, "expected the array's bytes");
            MemorySegment data = inner.takeBody();
            if (!inner.atEnd()) throw file.fault(path, "bytes after the array's body");
            long size = file.byteSize(path, dtype, shape);
            if (size != data.byteSize()) {
                throw file.fault(path, TensorView.describe(dtype, shape) + " takes " + size + " bytes, found "
                        + data.byteSize());
            }
            return TensorView.contiguous(dtype, shape, data);
        } catch (WeightsException e) {
            if (e.getMessage().startsWith(path + " in ")) throw e;
            throw file.fault(path, "bad array body: " + e.getMessage());
        }
    }

    private DType dtype(String path, String name) {
        return switch (name) {
            case "float32" -> DType.F32;
            case "float16" -> DType.F16;
            case "bfloat16" -> DType.BF16;
            case "float64" -> DType.F64;
            case "int64" -> DType.I64;
            case "int32" -> DType.I32;
            case "int16" -> DType.I16;
            case "int8" -> DType.I8;
            case "uint8" -> DType.U8;
            case "bool" -> DType.BOOL;
            default -> throw file.fault(path, "element type " + name + " is not supported; expected float32, float16, "
                    + "bfloat16 or an integer type");
        };
    }

    private void flatten(String path, Node node) {
        switch (node) {
            case Node.Tree(var children) when children.containsKey(CHUNKED) -> put(path, chunked(path, children));
            case Node.Tree(var children) -> children.forEach(
                    (key, child) -> flatten(path.isEmpty() ? key : path + "/" + key, child));
            case Node.Leaf(TensorView view) -> put(path, () -> view);
            case Node.Number _,Node.Other _ -> {}
        }
    }

    private void put(String path, Supplier<TensorView> tensor) {
        if (tensors.put(path, tensor) != null) throw file.fault(path, "two tensors have this path");
        if (tensors.size() > file.limits().tensors())
            throw file.fault("more than " + file.limits().tensors() + " tensors");
    }

    private Supplier<TensorView> chunked(String path, Map<String, Node> parts) {
        if (!(parts.get("shape") instanceof Node.Tree(var axes)))
            throw file.fault(path, "a chunked array without shape");
        if (!(parts.get("chunks") instanceof Node.Tree(var pieces)) || pieces.isEmpty()) {
            throw file.fault(path, "a chunked array without chunks");
        }
        long[] shape = new long[Math.min(file.limits().rank(), axes.size())];
        for (int axis = 0; axis < axes.size(); axis++) {
            if (axis >= shape.length || !(axes.get(Integer.toString(axis)) instanceof Node.Number(long size))) {
                throw file.fault(path, "the shape of a chunked array lacks axis " + axis);
            }
            shape[axis] = size;
        }
        List<TensorView> chunks = new ArrayList<>();
        List<MemorySegment> bytes = new ArrayList<>();
        long total = 0;
        for (int i = 0; i < pieces.size(); i++) {
            if (!(pieces.get(Integer.toString(i)) instanceof Node.Leaf(TensorView chunk))) {
                throw file.fault(path, "chunk " + i + " of " + pieces.size() + " is missing or no array");
            }
            if (chunk.rank() != 1) throw file.fault(path, "chunk " + i + ": expected a flat array, found " + chunk);
            chunks.add(chunk);
            bytes.add(chunk.bytes());
            total += chunk.bytes().byteSize();
        }
        DType dtype = chunks.getFirst().dtype();
        for (TensorView chunk : chunks) {
            if (chunk.dtype() != dtype)
                throw file.fault(path, "chunks of two types: " + dtype + " and " + chunk.dtype());
        }
        if (file.byteSize(path, dtype, shape) != total) {
            throw file.fault(path,
                    "chunks hold " + total + " bytes, but " + TensorView.describe(dtype, shape) + " takes "
                            + file.byteSize(path, dtype, shape));
        }
        return new JoinedChunks(file, dtype, shape, bytes, total);
    }

    /// Joins chunks once, in memory that lives as long as the mapping.
    private static final class JoinedChunks implements Supplier<TensorView> {
        private final MappedFile file;
        private final DType dtype;
        private final long[] shape;
        private final List<MemorySegment> chunks;
        private final long byteSize;
        private TensorView joined;

        JoinedChunks(MappedFile file, DType dtype, long[] shape, List<MemorySegment> chunks, long byteSize) {
            this.file = file;
            this.dtype = dtype;
            this.shape = shape;
            this.chunks = chunks;
            this.byteSize = byteSize;
        }

        @Override
        public synchronized TensorView get() {
            if (joined != null) return joined;
            MemorySegment data = file.arena().allocate(byteSize, 64);
            long at = 0;
            for (MemorySegment chunk : chunks) {
                MemorySegment.copy(chunk, 0, data, at, chunk.byteSize());
                at += chunk.byteSize();
            }
            return joined = TensorView.contiguous(dtype, shape, data);
        }
    }
}
