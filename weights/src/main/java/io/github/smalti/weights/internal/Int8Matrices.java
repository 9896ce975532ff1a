package io.github.smalti.weights.internal;

import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Int8Tensors;
import io.github.smalti.weights.WeightsException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/// Matrices that a checkpoint holds as [Int8Tensors], by where their bytes lie, so that views of them can be packed
/// however they were turned and cut along the outputs.
///
/// Thread-safe.
public final class Int8Matrices {
    private static final ValueLayout.OfFloat SCALE = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    /// @param bytes  all elements in C order
    /// @param scales one float per output of each layer
    /// @param inputs length of the input axis
    /// @param inner  elements from one input to the next
    private record Table(String name, MemorySegment bytes, MemorySegment scales, long inputs, long inner) {}

    private final Checkpoint checkpoint;
    private final ConcurrentSkipListMap<Long, Table> tables = new ConcurrentSkipListMap<>();

    /// @param checkpoint where the matrices lie
    public Int8Matrices(Checkpoint checkpoint) { this.checkpoint = checkpoint; }

    /// Whether a tensor is such a matrix; then views of it can be packed from now on.
    ///
    /// @param name its name in the checkpoint
    /// @throws WeightsException if its scales do not fit
    public boolean knows(String name) {
        if (!checkpoint.has(name + Int8Tensors.SCALE)) return false;
        TensorView values = checkpoint.tensor(name);
        if (values.dtype() != DType.I8 || values.elementCount() == 0 || !TensorBlocks.isContiguous(values))
            return false;
        TensorView scales = checkpoint.tensor(name + Int8Tensors.SCALE);
        int axis = inputAxis(values.shape(), scales.shape());
        if (axis < 0 || scales.dtype() != DType.F32 || !TensorBlocks.isContiguous(scales)) {
            throw new WeightsException(checkpoint.file(), name + Int8Tensors.SCALE,
                    "expected a scale for each output of " + values + ", found " + scales);
        }
        long inner = values.stride(axis);
        MemorySegment bytes = values.bytes();
        tables.putIfAbsent(bytes.address(), new Table(name, bytes, scales.bytes(), values.size(axis), inner));
        return true;
    }

    /// The axis along which there is one scale for all elements, or -1.
    private static int inputAxis(long[] values, long[] scales) {
        if (values.length != scales.length || values.length < 2) return -1;
        int axis = -1;
        for (int i = 0; i < values.length; i++) {
            if (scales[i] == values[i]) continue;
            if (scales[i] != 1 || axis >= 0) return -1;
            axis = i;
        }
        return axis >= 0 ? axis : values.length - 1;
    }

    /// Packs matrices side by side: the bytes of the file, as they are.
    ///
    /// @param team  the threads, or null for the calling one
    /// @param arena owner of the memory
    /// @param rows  matrices (outputs, inputs)
    /// @return the packed matrix
    /// @throws WeightsException if one of them is not such a matrix, or cut along its inputs
    public PackedMatrix pack(Team team, Arena arena, TensorView... rows) {
        PackedMatrix matrix = PackedMatrix.zeros(arena, Precision.INT8, rows);
        int first = 0;
        for (TensorView part : rows) {
            int column = first;
            int columns = (int) part.size(0);
            if (team == null) {
                copy(part, 0, columns, matrix, column);
            } else {
                team.run((index, count) -> copy(part, (int) ((long) columns * index / count),
                        (int) ((long) columns * (index + 1) / count), matrix, column));
            }
            first += columns;
        }
        return matrix;
    }

    private void copy(TensorView part, int from, int to, PackedMatrix matrix, int column) {
        if (from == to) return;
        Table table = tableOf(part);
        long begin = address(part, from) - table.bytes.address();
        var order = new Int8Order(part.stride(0), part.stride(1));
        order.toPanels(table.bytes, begin, matrix, column + from, to - from);
        long block = table.inputs * table.inner;
        for (int i = 0; i < to - from; i++) {
            long at = begin + i * part.stride(0); // (layer, input 0, output) or (output, input 0)
            float scale = table.scales.get(SCALE,
                    (at / block * table.inner + at % table.inner) * Float.BYTES);
            matrix.data().set(ValueLayout.JAVA_FLOAT, matrix.scalesAt() + (column + from + i) * (long) Float.BYTES,
                    scale);
        }
    }

    private Table tableOf(TensorView part) {
        if (part.dtype() != DType.I8) {
            throw new WeightsException(checkpoint.file(), "", "expected matrices of 8 bits with scales, found " + part
                    + " beside one; convert the original again");
        }
        long address = address(part, 0);
        Map.Entry<Long, Table> entry = tables.floorEntry(address);
        long at = entry == null ? -1 : address - entry.getKey();
        boolean isKnown = entry != null && at < entry.getValue().bytes.byteSize();
        if (!isKnown || part.size(1) != entry.getValue().inputs || part.stride(1) != entry.getValue().inner
                || at / entry.getValue().inner % entry.getValue().inputs != 0) {
            throw new WeightsException(checkpoint.file(), isKnown ? entry.getValue().name : "",
                    "expected a whole matrix of 8 bits with its scales, found " + part);
        }
        return entry.getValue();
    }

    private static long address(TensorView part, long output) {
        return part.select(0, output).select(0, 0).bytes().address();
    }
}
