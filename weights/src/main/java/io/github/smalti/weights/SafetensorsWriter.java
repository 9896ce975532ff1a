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
import java.util.stream.LongStream;

/// Writes safetensors files of any size through a few hundred kilobytes of memory.
///
/// Tensors lie in the order of their elements' sizes, the largest first, so that each is aligned; within a size in the
/// order given. The file appears under its name when all of it is on the disk, or not at all.
/// Format: `u64 header length, JSON header padded to 8 bytes, data`.
public final class SafetensorsWriter {
    private static final int ALIGNMENT = 8;
    /// Longest run of bytes copied at once.
    private static final long RUN = 1 << 24;

    /// A tensor to be written.
    ///
    /// @param name   its name
    /// @param dtype  type of the elements in the file: that of the values, or F32, F16 or BF16 for floats
    /// @param values what is written, valid until the file is written
    public record Tensor(String name, DType dtype, TensorView values) {
        /// Checks the type.
        ///
        /// @throws IllegalArgumentException if the values cannot be written as that type
        public Tensor {
            boolean converts = values.dtype().isFloat() && dtype.isFloat() && dtype != DType.F64;
            if (dtype != values.dtype() && !converts) {
                throw new IllegalArgumentException(name + ": " + values.dtype() + " cannot be written as " + dtype);
            }
        }

        /// Bytes that it takes in the file.
        public long byteSize() { return Math.multiplyExact(values.elementCount(), dtype.bytes()); }
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
        ordered.sort(Comparator.comparingInt(tensor -> -tensor.dtype.bytes()));
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
            entry.put("shape", LongStream.of(tensor.values.shape()).boxed().toList());
            entry.put("data_offsets", List.of(at, at += tensor.byteSize()));
            if (root.put(tensor.name, entry) != null) {
                throw new IllegalArgumentException("two tensors named " + tensor.name);
            }
        }
        byte[] json = Json.write(JsonValue.of(root)).strip().getBytes(StandardCharsets.UTF_8);
        byte[] padded = new byte[(json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT];
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
        TensorView values = tensor.values;
        if (values.elementCount() == 0) return;
        if (tensor.dtype == values.dtype()) {
            putAsStored(values);
        } else {
            try {
                TensorBlocks.<IOException>forEach(values, (block, length) -> putConverted(tensor, block, length));
            } catch (InternalError e) {
                throw MappingFault.explained(file, tensor.name, "the checkpoint that it is read from ", e);
            }
        }
        flush();
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
