package io.github.smalti.weights.internal;

import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Function;

/// Rounds matrices to 8 bits as a model does when it is loaded, see [io.github.smalti.weights.Int8Tensors].
///
/// @param values    one matrix, or several along axis 0
/// @param inputAxis which of the last two axes is that of the inputs
public record Int8Quantization(TensorView values, int inputAxis) {
    /// Number of matrices.
    public int count() { return values.rank() == 2 ? 1 : Math.toIntExact(values.size(0)); }

    /// The bytes of one matrix.
    ///
    /// @param index which
    /// @return (rows, cols) as the values have them, I8, on the heap
    public TensorView bytes(int index) {
        TensorView matrix = matrix(index);
        byte[] bytes = new byte[Math.toIntExact(matrix.elementCount())];
        boolean inputsLast = inputsLast();
        long columns = matrix.size(1);
        var order = new Int8Order(inputsLast ? columns : 1, inputsLast ? 1 : columns);
        if (bytes.length > 0) {
            packed(matrix, packed -> {
                order.fromPanels(packed, MemorySegment.ofArray(bytes));
                return null;
            });
        }
        return TensorView.contiguous(DType.I8, matrix.shape(), MemorySegment.ofArray(bytes));
    }

    /// The scales of one matrix.
    ///
    /// @param index which
    /// @return one float per output, F32, on the heap
    public TensorView scales(int index) {
        TensorView matrix = matrix(index);
        int outputs = Math.toIntExact(matrix.size(inputsLast() ? 0 : 1));
        float[] scales = matrix.elementCount() == 0
                ? new float[outputs]
                : packed(matrix, packed -> packed.data()
                        .asSlice(packed.scalesAt(), outputs * (long) Float.BYTES).toArray(ValueLayout.JAVA_FLOAT));
        ByteBuffer bytes = ByteBuffer.allocate(outputs * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(scales);
        return TensorView.contiguous(DType.F32, inputsLast() ? new long[]{outputs, 1} : new long[]{1, outputs},
                MemorySegment.ofArray(bytes.array()));
    }

    private boolean inputsLast() { return inputAxis == values.rank() - 1; }

    private TensorView matrix(int index) { return values.rank() == 2 ? values : values.select(0, index); }

    private <T> T packed(TensorView matrix, Function<PackedMatrix, T> use) {
        try (Arena arena = Arena.ofConfined()) {
            TensorView rows = inputsLast() ? matrix : matrix.permute(1, 0);
            return use.apply(PackedMatrix.pack(arena, Precision.INT8, rows));
        }
    }
}
