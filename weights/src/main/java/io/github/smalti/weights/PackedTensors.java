package io.github.smalti.weights;

import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.SafetensorsWriter.Tensor;
import io.github.smalti.weights.internal.MappedFile;
import io.github.smalti.weights.internal.PackedRecord;
import io.github.smalti.weights.internal.TensorTable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/// Matrices as the kernels read them, in safetensors files: an extension of our own, for models that start at once.
///
/// | tensor | type | shape |
/// |---|---|---|
/// | `smalti.packed.1.PRECISION.LAYER` | U8 | (bytes): a [PackedMatrix] of one layer, at a multiple of 64 bytes of the file |
/// | `NAME` | F32 | its shape and a 0: a tensor whose numbers are in packed matrices only |
/// | all others that are read | as before | |
///
/// `1` is the version of layout and layers' names, `PRECISION` `f32`, `bf16` or `int8`. A model that is loaded from such a
/// file uses the matrices where they lie in the mapped file, so it starts without reading them, and computes the same bits
/// as from the original at that precision. It cannot be loaded at another. What no model asks for, such as the causal
/// masks that some checkpoints of minDALL-E keep, is not in the file.
///
/// Written by [Weights#writePacked]. Numbers lie in little-endian order, on such machines only.
public final class PackedTensors {
    private static final String PREFIX = "smalti.packed.";
    private static final String VERSION = "1.";
    private static final long ALIGNMENT = 64;

    private PackedTensors() {}

    private static String prefix(Precision precision) {
        return PREFIX + VERSION + precision.name().toLowerCase(Locale.ROOT) + ".";
    }

    /// What a checkpoint's matrices are packed for.
    ///
    /// @param checkpoint an open checkpoint
    /// @return the precision, or null if they are not packed
    public static Precision precision(Checkpoint checkpoint) {
        return checkpoint instanceof TensorTable table ? table.packedFor() : null;
    }

    /// Whether a checkpoint's matrices are packed.
    ///
    /// @param path the file, or a folder with one checkpoint
    /// @throws WeightsException as of [Checkpoints#open(Path)]
    public static boolean areIn(Path path) {
        try (Checkpoint checkpoint = Checkpoints.open(path)) {
            return precision(checkpoint) != null;
        }
    }

    /// Whether a tensor has a shape alone, since its numbers are in packed matrices.
    ///
    /// @param checkpoint an open checkpoint
    /// @param tensor     one of its tensors; its numbers are NaN if it is such a one
    public static boolean isShapeOnly(Checkpoint checkpoint, TensorView tensor) {
        boolean isRepeated = precision(checkpoint) != null && tensor.rank() > 0;
        for (int axis = 0; axis < tensor.rank(); axis++) isRepeated &= tensor.stride(axis) == 0;
        return isRepeated;
    }

    /// Recognises packed matrices in a file that was read as safetensors.
    ///
    /// @param table the file's tensors
    /// @return them as they are, or with shapes for what is packed
    /// @throws WeightsException if there are packed matrices of another version, of several precisions, of another type or
    ///                          not aligned
    static TensorTable recognise(TensorTable table) {
        Precision found = null;
        for (String name : table.tensors().keySet()) {
            if (!name.startsWith(PREFIX)) continue;
            Precision precision = precisionOf(table.mapping(), name);
            if (found != null && found != precision) {
                throw table.mapping().fault(name, "is packed for another precision than those before it; "
                        + "convert the original again");
            }
            found = precision;
            check(table.mapping(), name, table.tensor(name));
        }
        if (found == null) return table;
        MemorySegment number = table.mapping().arena().allocateFrom(ValueLayout.JAVA_FLOAT, Float.NaN);
        Map<String, Supplier<TensorView>> tensors = new LinkedHashMap<>(table.tensors());
        tensors.replaceAll((_, given) -> {
            TensorView view = given.get();
            if (view.rank() < 3 || view.size(view.rank() - 1) != 0) return given; // an empty vector is no matrix's shape
            long[] shape = Arrays.copyOf(view.shape(), view.rank() - 1);
            var shaped = new TensorView(DType.F32, shape, new long[shape.length], number, 0);
            return () -> shaped;
        });
        return new TensorTable(table.mapping(), table.format() + ", packed for " + text(found), tensors, table.shards(),
                found);
    }

    private static Precision precisionOf(MappedFile file, String name) {
        for (Precision precision : Precision.values()) { if (name.startsWith(prefix(precision))) return precision; }
        throw file.fault(name, "expected matrices packed by this version, " + PREFIX + VERSION
                + "; the file was packed by another one, convert the original again");
    }

    private static void check(MappedFile file, String name, TensorView packed) {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw file.fault(name, "is packed for machines that store the lowest byte first; take the original here");
        }
        if (packed.dtype() != DType.U8 || packed.rank() != 1) {
            throw file.fault(name, "expected bytes of a packed matrix, found " + packed);
        }
        long at = packed.bytes().address() - file.bytes().address();
        if (at % ALIGNMENT != 0) {
            throw file.fault(name,
                    "expected a packed matrix at a multiple of " + ALIGNMENT + " bytes, found it at " + at
                            + "; convert the original again");
        }
    }

    /// A packed matrix where it lies.
    ///
    /// @param checkpoint a checkpoint with packed matrices
    /// @param layer      the layer's name
    /// @param precision  what it is loaded at
    /// @param rows       the matrices' shapes, (outputs, inputs), side by side
    /// @return a view, valid until the checkpoint is closed
    /// @throws WeightsException if it is packed for another precision, missing or of another size
    static PackedMatrix matrix(Checkpoint checkpoint, String layer, Precision precision, TensorView... rows) {
        Precision packedFor = precision(checkpoint);
        if (precision != packedFor) {
            throw new WeightsException(checkpoint.file(), layer, "was packed for " + text(packedFor)
                    + " and can be loaded at that precision only, not at " + text(precision) + "; load it at "
                    + text(packedFor) + ", or the original");
        }
        String name = prefix(precision) + layer;
        if (!checkpoint.has(name)) {
            throw new WeightsException(checkpoint.file(), name, "expected this packed matrix, found none; the file was "
                    + "packed by another version, convert the original again");
        }
        MemorySegment data = checkpoint.tensor(name).bytes();
        long columns = 0;
        for (TensorView part : rows) columns += part.size(0);
        long depth = rows[0].size(1);
        boolean fits = columns <= Integer.MAX_VALUE - PackedMatrix.PANEL && depth <= Integer.MAX_VALUE - 4;
        long bytes = fits ? PackedMatrix.byteSize(precision, (int) columns, 1, (int) depth) : -1;
        if (data.byteSize() != bytes) {
            throw new WeightsException(checkpoint.file(), name,
                    "expected a packed matrix of " + columns + " outputs and "
                            + depth + " inputs, which takes " + bytes + " bytes, found " + data.byteSize());
        }
        return PackedMatrix.of(precision, (int) columns, (int) depth, data);
    }

    private static String text(Precision precision) { return precision.name().toLowerCase(Locale.ROOT); }

    /// Writes a checkpoint whose matrices a model has packed.
    ///
    /// @param file      where; it must not exist
    /// @param source    the checkpoint that they came from
    /// @param precision what they are packed for
    /// @param record    what the model asked for
    /// @param metadata  texts about it
    /// @throws IOException      as of [SafetensorsWriter#write]
    /// @throws WeightsException if the source is packed itself
    static void write(Path file, Checkpoint source, Precision precision, PackedRecord record,
            Map<String, String> metadata) throws IOException {
        if (precision(source) != null) {
            throw new WeightsException(source.file(), "", "is packed already; copy it, or convert the original again");
        }
        List<Tensor> tensors = new ArrayList<>();
        record.matrices().forEach((layer, matrix) -> tensors.add(new Tensor(prefix(precision) + layer, DType.U8,
                TensorView.contiguous(DType.U8, new long[]{matrix.data().byteSize()}, matrix.data()))));
        for (String name : source.names()) {
            TensorView values = source.tensor(name);
            if (record.isRead(name)) {
                tensors.add(new Tensor(name, values.dtype() == DType.F64 ? DType.F32 : values.dtype(), values));
            } else if (record.isPacked(name)) {
                long[] shape = Arrays.copyOf(values.shape(), values.rank() + 1);
                tensors.add(new Tensor(name, DType.F32, TensorView.contiguous(DType.F32, shape, MemorySegment.NULL)));
            }
        }
        SafetensorsWriter.write(file, tensors, metadata);
    }
}
