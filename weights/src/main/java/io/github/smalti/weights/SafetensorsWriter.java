package io.github.smalti.weights;

import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.weights.internal.MappingFault;
import io.github.smalti.weights.internal.TempFile;
import io.github.smalti.weights.internal.TensorBlocks;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.LongStream;

/// Writes safetensors files of any size through a few hundred kilobytes of memory.
///
/// Tensors whose sizes are multiples of 64 bytes come first, each at such a multiple; the others follow in the order of
/// their elements' sizes, the largest first, so that each is aligned; among equals in the order given. The file appears
/// under its name when all of it is on the disk, or not at all.
/// Format: `u64 header length, JSON header padded so that data begins at a multiple of 64 bytes, data`.
public final class SafetensorsWriter {
    private static final int ALIGNMENT = 64;
    /// Longest run of bytes copied at once.
    private static final long RUN = 1 << 24;

    /// A tensor to be written, whole or made part by part, so that what is computed need never be there at once.
    ///
    /// @param name  its name
    /// @param dtype type of the elements in the file: that of the values, or F32, F16 or BF16 for floats
    /// @param shape its shape
    /// @param parts number of parts
    /// @param part  makes a part, which is valid until the next one is made; in their order they hold all elements
    public record Tensor(String name, DType dtype, long[] shape, int parts, IntFunction<TensorView> part) {
        /// A tensor whose values lie somewhere.
        ///
        /// @param name   its name
        /// @param dtype  type of the elements in the file
        /// @param values what is written, valid until the file is written
        /// @throws IllegalArgumentException if the values cannot be written as that type
        public Tensor(String name, DType dtype, TensorView values) {
            checkType(name, dtype, values);
            this(name, dtype, values.shape(), 1, _ -> values);
        }

        private static void checkType(String name, DType dtype, TensorView values) {
            boolean converts = values.dtype().isFloat() && dtype.isFloat() && dtype != DType.F64;
            if (dtype != values.dtype() && !converts) {
                throw new IllegalArgumentException(name + ": " + values.dtype() + " cannot be written as " + dtype);
            }
        }

        /// Bytes that it takes in the file.
        public long byteSize() {
            long size = dtype.bytes();
            for (long axis : shape) size = Math.multiplyExact(size, axis);
            return size;
        }
    }

    private final FileChannel channel;
    private final String file;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18).order(ByteOrder.LITTLE_ENDIAN);

    private SafetensorsWriter(FileChannel channel, String file) {
        this.channel = channel;
        this.file = file;
    }

    /// Writes a new file.
    ///
    /// @param file     where; it must not exist
    /// @param tensors  what, with unique names
    /// @param metadata texts for `__metadata__`
    /// @throws IOException      if the file exists, the disk is too full (said before anything is written) or writing
    ///                          fails; nothing is left behind
    /// @throws WeightsException if a finite value is too large for the type that it is written as, or reading fails
    public static void write(Path file, List<Tensor> tensors, Map<String, String> metadata) throws IOException {
        List<Tensor> ordered = new ArrayList<>(tensors);
        ordered.sort(
                Comparator.comparingInt(tensor -> tensor.byteSize() % ALIGNMENT == 0 ? 0 : 9 - tensor.dtype.bytes()));
        byte[] header = header(ordered, metadata);
        long size = Long.BYTES + header.length + ordered.stream().mapToLong(Tensor::byteSize).sum();
        Path folder = file.toAbsolutePath().getParent();
        if (Files.exists(file)) throw new FileAlreadyExistsException(file.toString(), null, "this file exists already");
        long free = Files.getFileStore(folder).getUsableSpace();
        if (size > free) {
            throw new FileSystemException(file.toString(), null,
                    "needs " + size + " bytes, but its disk has " + free + " free");
        }
        TempFile.write(file, channel -> {
            var writer = new SafetensorsWriter(channel, String.valueOf(file.getFileName()));
            writer.put(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length));
            writer.put(ByteBuffer.wrap(header));
            for (Tensor tensor : ordered) writer.put(tensor);
        });
    }

    private static byte[] header(List<Tensor> tensors, Map<String, String> metadata) {
        Map<String, Object> root = new LinkedHashMap<>();
        if (!metadata.isEmpty()) root.put("__metadata__", metadata);
        long at = 0;
        for (Tensor tensor : tensors) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("dtype", tensor.dtype.name());
            entry.put("shape", LongStream.of(tensor.shape).boxed().toList());
            entry.put("data_offsets", List.of(at, at += tensor.byteSize()));
            if (root.put(tensor.name, entry) != null) {
                throw new IllegalArgumentException("two tensors named " + tensor.name);
            }
        }
        byte[] json = Json.write(JsonValue.of(root)).strip().getBytes(StandardCharsets.UTF_8);
        byte[] padded = new byte[Math.ceilDiv(Long.BYTES + json.length, ALIGNMENT) * ALIGNMENT - Long.BYTES];
        java.util.Arrays.fill(padded, (byte) ' ');
        System.arraycopy(json, 0, padded, 0, json.length);
        return padded;
    }

    private void put(ByteBuffer bytes) throws IOException { while (bytes.hasRemaining()) channel.write(bytes); }

    private void flush() throws IOException {
        put(buffer.flip());
        buffer.clear();
    }

    private void put(Tensor tensor) throws IOException {
        if (tensor.byteSize() == 0) return;
        long end = channel.position() + tensor.byteSize();
        try {
            for (int i = 0; i < tensor.parts; i++) put(tensor, tensor.part.apply(i));
        } catch (InternalError e) {
            throw MappingFault.explained(file, tensor.name, "the checkpoint that it is read from ", e);
        }
        flush();
        if (channel.position() != end) {
            throw new IllegalArgumentException(tensor.name + ": its parts are not all of its elements");
        }
    }

    private void put(Tensor tensor, TensorView part) throws IOException {
        Tensor.checkType(tensor.name, tensor.dtype, part);
        if (tensor.dtype == part.dtype()) {
            putAsStored(part);
        } else {
            TensorBlocks.<IOException>forEach(part, (block, length) -> putConverted(tensor, block, length));
        }
    }

    private void putAsStored(TensorView values) throws IOException {
        if (TensorBlocks.isContiguous(values)) {
            MemorySegment bytes = values.bytes();
            for (long at = 0; at < bytes.byteSize(); at += RUN) {
                put(bytes.asSlice(at, Math.min(RUN, bytes.byteSize() - at)).asByteBuffer());
            }
        } else if (values.rank() == 1) {
            for (long i = 0; i < values.size(0); i++) {
                MemorySegment element = values.slice(0, i, i + 1).select(0, 0).bytes();
                if (buffer.remaining() < element.byteSize()) flush();
                buffer.put(element.asByteBuffer());
            }
        } else {
            for (long i = 0; i < values.size(0); i++) putAsStored(values.select(0, i));
        }
    }

    private void putConverted(Tensor tensor, float[] block, int length) throws IOException {
        for (int i = 0; i < length; i++) {
            if (buffer.remaining() < Float.BYTES) flush();
            float value = block[i];
            switch (tensor.dtype) {
                case F32 -> buffer.putFloat(value);
                case BF16 -> buffer.putShort((short) PackedMatrix.toBfloat16(value));
                case F16 -> buffer.putShort(half(tensor, value));
                default -> throw new AssertionError(tensor.dtype);
            }
        }
    }

    private short half(Tensor tensor, float value) {
        short half = Float.floatToFloat16(value);
        if (Float.isInfinite(Float.float16ToFloat(half)) && !Float.isInfinite(value)) {
            throw new WeightsException(file, tensor.name, "expected values that fit into f16 (at most 65504), found "
                    + value + "; write bf16 or f32");
        }
        return half;
    }
}
