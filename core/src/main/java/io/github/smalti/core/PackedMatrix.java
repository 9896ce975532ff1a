package io.github.smalti.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A weight matrix packed for the kernels, in native memory.
///
/// | precision | layout |
/// |---|---|
/// | [Precision#F32] | `[panels][depth][16]` floats |
/// | [Precision#BF16] | `[panels][segments][ceil(segmentLength / 2)][16]` ints: even k in the low half, odd k in the high half |
///
/// A panel holds 16 output columns; the last one is filled up with zeros. `depth = segments * segmentLength` is the
/// length of the sums. A linear layer has one segment; a convolution has one per kernel row, since the inputs of one
/// kernel row lie side by side in memory.
///
/// Memory belongs to the arena given to [#pack]. Immutable and thread-safe.
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
        this.precision = precision;
        this.columns = columns;
        this.segments = segments;
        this.segmentLength = segmentLength;
        this.data = arena.allocate(byteSize(precision, columns, segments, segmentLength), ALIGNMENT);
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
        };
    }

    /// Packs a linear layer's weight.
    ///
    /// @param arena     owner of the memory
    /// @param precision how to store the weights
    /// @param rows      one or more matrices, each (outputs, inputs) as in PyTorch, of equal inputs; their outputs are
    ///                  laid side by side
    /// @return the packed matrix
    public static PackedMatrix pack(Arena arena, Precision precision, TensorView... rows) {
        int inputs = Math.toIntExact(rows[0].size(1));
        int outputs = 0;
        for (TensorView part : rows) outputs = Math.addExact(outputs, Math.toIntExact(part.size(0)));
        var matrix = new PackedMatrix(precision, outputs, 1, inputs, arena);
        int column = 0;
        float[] line = new float[inputs];
        for (TensorView part : rows) {
            if (part.size(1) != inputs)
                throw new ShapeMismatchException("inputs of a packed matrix", inputs, part.size(1));
            for (long row = 0; row < part.size(0); row++) {
                part.select(0, row).copyTo(line, 0);
                matrix.putColumn(column++, line);
            }
        }
        return matrix;
    }

    /// Packs a convolution's weight.
    ///
    /// @param arena     owner of the memory
    /// @param precision how to store the weights
    /// @param kernel    (outputs, inputs, kernelRows, kernelCols) as in PyTorch
    /// @return the packed matrix: one segment per kernel row, inputs in the order (kernelCol, input)
    public static PackedMatrix packConvolution(Arena arena, Precision precision, TensorView kernel) {
        TensorView ordered = kernel.permute(0, 2, 3, 1); // (outputs, kernelRows, kernelCols, inputs)
        int outputs = Math.toIntExact(ordered.size(0));
        int kernelRows = Math.toIntExact(ordered.size(1));
        int segmentLength = Math.toIntExact(ordered.size(2) * ordered.size(3));
        var matrix = new PackedMatrix(precision, outputs, kernelRows, segmentLength, arena);
        for (int output = 0; output < outputs; output++) matrix.putColumn(output, ordered.select(0, output).toFloats());
        return matrix;
    }

    /// Packs a 3×3 convolution's weight as one matrix per Winograd frequency, in float32.
    ///
    /// @param arena     owner of the memory
    /// @param kernel    (outputs, inputs, 3, 3) as in PyTorch
    /// @param transform (points, 3): `transform · kernel · transformᵀ` is taken per input and output, in float64
    /// @return points² matrices of one segment of `inputs`, in the order (row, column)
    public static PackedMatrix[] packWinograd(Arena arena, TensorView kernel, double[][] transform) {
        int outputs = Math.toIntExact(kernel.size(0));
        int inputs = Math.toIntExact(kernel.size(1));
        int points = transform.length;
        var matrices = new PackedMatrix[points * points];
        for (int i = 0; i < matrices.length; i++) {
            matrices[i] = new PackedMatrix(Precision.F32, outputs, 1, inputs, arena);
        }
        float[] weights = new float[inputs * 9];
        float[] line = new float[inputs];
        for (int output = 0; output < outputs; output++) {
            kernel.select(0, output).copyTo(weights, 0);
            for (int i = 0; i < matrices.length; i++) {
                double[] rows = transform[i / points];
                double[] cols = transform[i % points];
                for (int input = 0; input < inputs; input++) {
                    double sum = 0;
                    for (int k = 0; k < 9; k++) sum += rows[k / 3] * cols[k % 3] * weights[input * 9 + k];
                    line[input] = (float) sum;
                }
                matrices[i].putColumn(output, line);
            }
        }
        return matrices;
    }

    private void putColumn(int column, float[] line) {
        long panelBase = (column / PANEL) * panelElements();
        int lane = column % PANEL;
        if (precision == Precision.F32) {
            for (int k = 0; k < line.length; k++) {
                data.setAtIndex(ValueLayout.JAVA_FLOAT, panelBase + (long) k * PANEL + lane, line[k]);
            }
            return;
        }
        int at = 0;
        for (int segment = 0; segment < segments; segment++) {
            for (int k = 0; k < segmentLength; k += 2, at++) {
                int low = toBfloat16(line[segment * segmentLength + k]);
                int high = k + 1 < segmentLength ? toBfloat16(line[segment * segmentLength + k + 1]) : 0;
                data.setAtIndex(ValueLayout.JAVA_INT, panelBase + (long) at * PANEL + lane, high << 16 | low);
            }
        }
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
        return (long) segments * (precision == Precision.F32 ? segmentLength : pairs(segmentLength)) * PANEL;
    }
}
