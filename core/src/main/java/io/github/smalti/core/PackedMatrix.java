package io.github.smalti.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// A weight matrix packed for the kernels, in native memory.
///
/// | precision | layout |
/// |---|---|
/// | [Precision#F32] | `[panels][depth][16]` floats |
/// | [Precision#BF16] | `[panels][segments][ceil(segmentLength / 2)][16]` ints: even k in the low half, odd k in the high half |
/// | [Precision#INT8] | `[panels][segments][ceil(segmentLength / 4)][16]` ints: four k, the first in the highest byte; then one float per column, its scale |
///
/// An 8-bit weight is read as the 32-bit integer that its byte begins, so that one shift and one conversion unpack it:
/// the bytes below are its fraction. The packer knows them and rounds to the byte that comes nearest with them, so
/// that no weight is off by more than half a step, as if the fraction were masked away. A step is the largest
/// magnitude of the column divided by 127; the scale is a step times 2⁻²⁴.
///
/// A panel holds 16 output columns; the last one is filled up with zeros. `depth = segments * segmentLength` is the
/// length of the sums. A linear layer has one segment; a convolution has one per kernel row, since the inputs of one
/// kernel row lie side by side in memory.
///
/// Memory belongs to the arena given to [#pack], or to the caller of [#of]. Immutable, unless who called [#of] writes to
/// the memory, and thread-safe.
public final class PackedMatrix {
    /// Output columns of a panel: one 512-bit vector of floats.
    public static final int PANEL = 16;

    private static final long ALIGNMENT = 64;

    private final Precision precision;
    private final int columns;
    private final int segments;
    private final int segmentLength;
    private final MemorySegment data;

    private PackedMatrix(Precision precision, int columns, int segments, int segmentLength, Arena arena) {
        this(precision, columns, segments, segmentLength,
                arena.allocate(byteSize(precision, columns, segments, segmentLength), ALIGNMENT));
    }

    private PackedMatrix(Precision precision, int columns, int segments, int segmentLength, MemorySegment data) {
        this.precision = precision;
        this.columns = columns;
        this.segments = segments;
        this.segmentLength = segmentLength;
        this.data = data;
    }

    /// A matrix over memory that is laid out as above already, such as a file's; its columns may be filled in later.
    ///
    /// @param precision how the weights are stored
    /// @param columns   output columns
    /// @param depth     length of the sums, one segment
    /// @param data      native memory of [#byteSize] bytes; stays the caller's
    /// @return a view of that memory
    /// @throws ShapeMismatchException if the memory has another size
    public static PackedMatrix of(Precision precision, int columns, int depth, MemorySegment data) {
        long bytes = byteSize(precision, columns, 1, depth);
        if (data.byteSize() != bytes) {
            throw new ShapeMismatchException("bytes of a packed matrix", bytes, data.byteSize());
        }
        return new PackedMatrix(precision, columns, 1, depth, data);
    }

    /// Bytes a packed matrix takes.
    ///
    /// @param precision     how weights are stored
    /// @param columns       output columns
    /// @param segments      segments of a row of inputs
    /// @param segmentLength inputs of one segment
    /// @return the size in bytes
    public static long byteSize(Precision precision, int columns, int segments, int segmentLength) {
        long panels = panels(columns);
        return switch (precision) {
            case F32 -> panels * segments * segmentLength * PANEL * 4L;
            case BF16 -> panels * segments * pairs(segmentLength) * PANEL * 4L;
            case INT8 -> panels * segments * quads(segmentLength) * PANEL * 4L + panels * PANEL * 4L;
        };
    }

    /// Packs a linear layer's weight with all threads of a team.
    ///
    /// @param team      the threads; the result does not depend on it
    /// @param arena     owner of the memory, shared between threads, as the tensors' must be
    /// @param precision how to store the weights
    /// @param rows      one or more matrices, each (outputs, inputs) as in PyTorch, of equal inputs; their outputs are
    ///                  laid side by side
    /// @return the packed matrix
    public static PackedMatrix pack(Team team, Arena arena, Precision precision, TensorView... rows) {
        PackedMatrix matrix = zeros(arena, precision, rows);
        new MatrixPacker(matrix, rows).packOn(team);
        return matrix;
    }

    /// Packs a linear layer's weight on the calling thread.
    ///
    /// @param arena     owner of the memory
    /// @param precision how to store the weights
    /// @param rows      matrices (outputs, inputs), laid side by side
    /// @return the packed matrix
    public static PackedMatrix pack(Arena arena, Precision precision, TensorView... rows) {
        PackedMatrix matrix = zeros(arena, precision, rows);
        new MatrixPacker(matrix, rows).pack(0, matrix.panels());
        return matrix;
    }

    /// Packs a 3×3 convolution's weight as one matrix per Winograd frequency, in float32, with all threads of a team.
    ///
    /// @param team      the threads; the result does not depend on it
    /// @param arena     owner of the memory, shared between threads, as the tensor's must be
    /// @param kernel    (outputs, inputs, 3, 3) as in PyTorch
    /// @param transform (points, 3): `transform · kernel · transformᵀ` is taken per input and output, in float64
    /// @return points² matrices of one segment of `inputs`, in the order (row, column)
    public static PackedMatrix[] packWinograd(Team team, Arena arena, TensorView kernel, double[][] transform) {
        int outputs = Math.toIntExact(kernel.size(0));
        int inputs = Math.toIntExact(kernel.size(1));
        var matrices = new PackedMatrix[transform.length * transform.length];
        for (int i = 0; i < matrices.length; i++) {
            matrices[i] = new PackedMatrix(Precision.F32, outputs, 1, inputs, arena);
        }
        new WinogradPacker(kernel, transform, matrices).packOn(team);
        return matrices;
    }

    /// A matrix of zeros, to be filled in by who knows the layout.
    ///
    /// @param arena     owner of the memory, which gives zeros
    /// @param precision how the weights are stored
    /// @param rows      the shapes of matrices (outputs, inputs), laid side by side
    /// @return the matrix
    /// @throws ShapeMismatchException if their inputs differ
    public static PackedMatrix zeros(Arena arena, Precision precision, TensorView... rows) {
        int inputs = Math.toIntExact(rows[0].size(1));
        int outputs = 0;
        for (TensorView part : rows) {
            if (part.size(1) != inputs)
                throw new ShapeMismatchException("inputs of a packed matrix", inputs, part.size(1));
            outputs = Math.addExact(outputs, Math.toIntExact(part.size(0)));
        }
        return new PackedMatrix(precision, outputs, 1, inputs, arena);
    }

    /// Packs a convolution's weight with all threads of a team.
    ///
    /// @param team      the threads; the result does not depend on it
    /// @param arena     owner of the memory, shared between threads, as the tensor's must be
    /// @param precision how to store the weights
    /// @param kernel    (outputs, inputs, kernelRows, kernelCols) as in PyTorch
    /// @return the packed matrix: one segment per kernel row, inputs in the order (kernelCol, input)
    public static PackedMatrix packConvolution(Team team, Arena arena, Precision precision, TensorView kernel) {
        PackedMatrix matrix = emptyConvolution(arena, precision, kernel);
        new MatrixPacker(matrix, kernel.permute(0, 2, 3, 1)).packOn(team);
        return matrix;
    }

    /// Packs a convolution's weight on the calling thread.
    ///
    /// @param arena     owner of the memory
    /// @param precision how to store the weights
    /// @param kernel    (outputs, inputs, kernelRows, kernelCols)
    /// @return the packed matrix
    public static PackedMatrix packConvolution(Arena arena, Precision precision, TensorView kernel) {
        PackedMatrix matrix = emptyConvolution(arena, precision, kernel);
        new MatrixPacker(matrix, kernel.permute(0, 2, 3, 1)).pack(0, matrix.panels());
        return matrix;
    }

    private static PackedMatrix emptyConvolution(Arena arena, Precision precision, TensorView kernel) {
        int outputs = Math.toIntExact(kernel.size(0));
        int kernelRows = Math.toIntExact(kernel.size(2));
        int segmentLength = Math.toIntExact(kernel.size(1) * kernel.size(3));
        return new PackedMatrix(precision, outputs, kernelRows, segmentLength, arena);
    }

    /// Rounds to bfloat16, to nearest, ties to even; NaN stays NaN.
    ///
    /// @param value a float
    /// @return the upper 16 bits of the rounded float, in the lower 16 bits of the result
    public static int toBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) return bits >>> 16 | 0x40;
        return bits + 0x7fff + (bits >>> 16 & 1) >>> 16;
    }

    private static int panels(int columns) { return (columns + PANEL - 1) / PANEL; }

    private static int quads(int segmentLength) { return (segmentLength + 3) / 4; }

    private static int pairs(int segmentLength) { return (segmentLength + 1) / 2; }

    /// How the weights are stored.
    public Precision precision() { return precision; }

    /// Output columns.
    public int columns() { return columns; }

    /// Number of panels.
    public int panels() { return panels(columns); }

    /// Segments of a row of inputs.
    public int segments() { return segments; }

    /// Inputs of one segment.
    public int segmentLength() { return segmentLength; }

    /// Length of the sums.
    public int depth() { return segments * segmentLength; }

    /// The panels; see the layout above.
    public MemorySegment data() { return data; }

    /// Elements of 4 bytes that one panel takes.
    public long panelElements() {
        int elements = switch (precision) {
            case F32 -> segmentLength;
            case BF16 -> pairs(segmentLength);
            case INT8 -> quads(segmentLength);
        };
        return (long) segments * elements * PANEL;
    }

    /// Where the columns' scales begin within [#data], in bytes; only [Precision#INT8] has any.
    public long scalesAt() { return panels() * panelElements() * 4; }
}
