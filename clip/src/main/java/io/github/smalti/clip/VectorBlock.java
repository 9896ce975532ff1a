package io.github.smalti.clip;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Unit vectors of one width as the columns of a [PackedMatrix], so that one product gives their cosines with a query.
///
/// | precision | a number of a vector |
/// |---|---|
/// | f32 | as it was given |
/// | int8 | a multiple of 1/2²⁴ of a step, by at most half a step off; a step is the vector's largest magnitude / 127 |
///
/// Memory belongs to the arena it came from; columns that were never put are zeros. Not synchronised: a column is put
/// before its number is given to other threads.
final class VectorBlock {
    /// Columns that the kernels take together at every vector width: four panels.
    static final int GROUP = 4 * PackedMatrix.PANEL;

    private static final int PANEL = PackedMatrix.PANEL;
    private static final int STEP = PANEL * Integer.BYTES;
    private static final int STEPS = 127;

    private final PackedMatrix matrix;
    private final MemorySegment data;
    private final int first;
    private final int width;
    private final long panelBytes;

    /// A block over memory.
    ///
    /// @param precision f32 or int8
    /// @param width     numbers of a vector
    /// @param columns   vectors there is room for
    /// @param first     number of the first vector within the index
    /// @param data      the columns, as [PackedMatrix] lays them out
    VectorBlock(Precision precision, int width, int columns, int first, MemorySegment data) {
        this.matrix = PackedMatrix.of(precision, columns, width, data);
        this.data = data;
        this.first = first;
        this.width = width;
        this.panelBytes = matrix.panelElements() * Integer.BYTES;
    }

    /// A block of zeros.
    static VectorBlock allocate(Arena arena, Precision precision, int width, int columns, int first) {
        long bytes = PackedMatrix.byteSize(precision, columns, 1, width);
        return new VectorBlock(precision, width, columns, first, arena.allocate(bytes, STEP));
    }

    PackedMatrix matrix() { return matrix; }

    int first() { return first; }

    /// The number after the last vector there is room for.
    int end() { return first + matrix.columns(); }

    long byteSize() { return data.byteSize(); }

    /// The first panels, without scales.
    MemorySegment panels(int count) { return data.asSlice(0, count * panelBytes); }

    /// The scales of the columns of the first panels; empty for f32.
    MemorySegment scales(int count) {
        return matrix.precision() == Precision.INT8
                ? data.asSlice(matrix.scalesAt(), (long) count * STEP)
                : data.asSlice(data.byteSize());
    }

    private long at(int column) { return column / PANEL * panelBytes + (long) column % PANEL * Integer.BYTES; }

    private long scaleAt(int column) { return matrix.scalesAt() + (long) column * Float.BYTES; }

    /// Stores a vector.
    void put(int column, float[] vector) {
        if (matrix.precision() == Precision.INT8) {
            putSteps(column, vector);
            return;
        }
        long at = at(column);
        for (int k = 0; k < width; k++, at += STEP) data.set(ValueLayout.JAVA_FLOAT, at, vector[k]);
    }

    /// Four numbers to a word, the first in its highest byte. A number is read as the integer that its byte begins: the
    /// bytes below are its fraction, known here since they are chosen first.
    private void putSteps(int column, float[] vector) {
        float largest = 0;
        for (float value : vector) largest = Math.max(largest, Math.abs(value));
        float steps = STEPS / largest;
        long at = at(column);
        for (int from = 0; from < width; from += 4, at += STEP) {
            int word = 0;
            for (int k = Math.min(from + 4, width) - 1; k >= from; k--) {
                int step = (int) Math.rint(vector[k] * steps - (word >>> 8) * 0x1p-24f);
                word = step << 24 | word >>> 8;
            }
            data.set(ValueLayout.JAVA_INT, at, word);
        }
        data.set(ValueLayout.JAVA_FLOAT, scaleAt(column), largest / STEPS * 0x1p-24f);
    }

    /// The vector that is searched.
    void get(int column, float[] out) {
        long at = at(column);
        if (matrix.precision() == Precision.F32) {
            for (int k = 0; k < width; k++, at += STEP) out[k] = data.get(ValueLayout.JAVA_FLOAT, at);
            return;
        }
        float scale = data.get(ValueLayout.JAVA_FLOAT, scaleAt(column));
        for (int from = 0; from < width; from += 4, at += STEP) {
            int word = data.get(ValueLayout.JAVA_INT, at);
            for (int k = from; k < Math.min(from + 4, width); k++, word <<= 8) out[k] = word * scale;
        }
    }

    /// Takes a vector of another block of the same precision and width, bit by bit.
    void copy(int column, VectorBlock from, int fromColumn) {
        long at = at(column);
        long fromAt = from.at(fromColumn);
        for (long end = at + panelBytes; at < end; at += STEP, fromAt += STEP) {
            data.set(ValueLayout.JAVA_INT, at, from.data.get(ValueLayout.JAVA_INT, fromAt));
        }
        if (matrix.precision() != Precision.INT8) return;
        data.set(ValueLayout.JAVA_FLOAT, scaleAt(column),
                from.data.get(ValueLayout.JAVA_FLOAT, from.scaleAt(fromColumn)));
    }

    /// Takes whole panels of another block to the beginning of this one.
    void copyPanels(VectorBlock from, int firstPanel, int count) {
        MemorySegment.copy(from.data, firstPanel * panelBytes, data, 0, count * panelBytes);
        if (matrix.precision() == Precision.INT8) {
            MemorySegment.copy(from.data, from.matrix.scalesAt() + (long) firstPanel * STEP, data, matrix.scalesAt(),
                    (long) count * STEP);
        }
    }

    /// Whether a column was never put: all its bits are zeros.
    boolean isEmpty(int column) {
        int bits = matrix.precision() == Precision.INT8 ? data.get(ValueLayout.JAVA_INT, scaleAt(column)) : 0;
        long at = at(column);
        for (long end = at + panelBytes; at < end; at += STEP) bits |= data.get(ValueLayout.JAVA_INT, at);
        return bits == 0;
    }

    /// The squares of the lengths of the 16 vectors of a panel; NaN if one holds no finite numbers.
    double[] squaredLengths(int panel) {
        double[] sums = new double[PANEL];
        int[] words = new int[PANEL];
        boolean isF32 = matrix.precision() == Precision.F32;
        for (int k = 0; k < width; k++) {
            int row = isF32 ? k : k / 4;
            MemorySegment.copy(data, ValueLayout.JAVA_INT, panel * panelBytes + (long) row * STEP, words, 0, PANEL);
            for (int lane = 0; lane < PANEL; lane++) {
                float value = isF32 ? Float.intBitsToFloat(words[lane]) : words[lane] << 8 * (k % 4);
                sums[lane] += (double) value * value;
            }
        }
        if (isF32) return sums;
        for (int lane = 0; lane < PANEL; lane++) {
            double scale = data.get(ValueLayout.JAVA_FLOAT, scaleAt(panel * PANEL + lane));
            sums[lane] *= scale * scale;
        }
        return sums;
    }
}
