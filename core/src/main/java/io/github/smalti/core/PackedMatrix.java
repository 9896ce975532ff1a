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
/// Memory belongs to the arena given to [#pack]. Immutable and thread-safe.
public final class PackedMatrix {
    /// Output columns of a panel: one 512-bit vector of floats.
    public static final int PANEL = 16;

    private static final long ALIGNMENT = 64;
    /// Columns of smaller weights than this are taken as zeros: 127 divided by less may be infinite.
    private static final float INT8_SMALLEST = 0x1p-100f;

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
            case INT8 -> panels * segments * quads(segmentLength) * PANEL * 4L + panels * PANEL * 4L;
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

    private void putColumn(int column, float[] line) {
        long panelBase = (column / PANEL) * panelElements();
        int lane = column % PANEL;
        if (precision == Precision.F32) {
            for (int k = 0; k < line.length; k++) {
                data.setAtIndex(ValueLayout.JAVA_FLOAT, panelBase + (long) k * PANEL + lane, line[k]);
            }
            return;
        }
        if (precision == Precision.INT8) {
            putColumnInt8(column, line);
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

    private void putColumnInt8(int column, float[] line) {
        float largest = 0;
        for (float weight : line) largest = Math.max(largest, Math.abs(weight));
        data.setAtIndex(ValueLayout.JAVA_FLOAT, scalesAt() / 4 + column, int8Scale(largest));
        float steps = int8Steps(largest);
        long at = (column / PANEL) * panelElements() + column % PANEL;
        for (int from = 0; from < line.length; from += segmentLength) {
            for (int k = from; k < from + segmentLength; k += 4, at += PANEL) {
                int word = 0;
                for (int j = Math.min(4, from + segmentLength - k) - 1; j >= 0; j--) {
                    word = int8Before(line[k + j] * steps, word);
                }
                data.setAtIndex(ValueLayout.JAVA_INT, at, word);
            }
        }
    }

    /// Steps of a weight of 1, in a column of a largest magnitude; 0 where there is nothing to scale.
    private static float int8Steps(float largest) { return largest < INT8_SMALLEST ? 0 : 127 / largest; }

    /// The scale of a column; NaN if a weight is no finite number.
    private static float int8Scale(float largest) {
        if (largest < INT8_SMALLEST) return 0;
        return largest < Float.POSITIVE_INFINITY ? largest / 127 * 0x1p-24f : Float.NaN;
    }

    /// Puts the byte of one more weight before the bytes that come after it.
    private static int int8Before(float steps, int after) {
        float fraction = (after >>> 8) * 0x1p-24f;
        return Math.round(steps - fraction) << 24 | after >>> 8;
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
