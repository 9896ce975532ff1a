package io.github.smalti.weights.internal;

import io.github.smalti.core.PackedMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Moves the bytes of an 8-bit matrix between a file's order and the panels of a [PackedMatrix], without changing them.
///
/// @param outputStride distance of neighbouring outputs in the file, in bytes
/// @param inputStride  distance of neighbouring inputs in the file, in bytes
record Int8Order(long outputStride, long inputStride) {
    private static final int PANEL = PackedMatrix.PANEL;
    /// Inputs whose bytes share an integer of the panels, the first in the highest byte.
    private static final int GROUP = 4;
    /// Columns that are copied together.
    private static final int WIDE = 512;
    private static final ValueLayout.OfInt BIG_ENDIAN = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /// Copies columns out of the panels.
    ///
    /// @param matrix from where, all its columns
    /// @param bytes  where to, beginning with the first output's first input
    void fromPanels(PackedMatrix matrix, MemorySegment bytes) {
        int depth = matrix.depth();
        for (int column = 0; column < matrix.columns(); column++) {
            for (int k = 0; k < depth; k += GROUP) {
                int group = matrix.data().getAtIndex(ValueLayout.JAVA_INT, element(matrix, column, k));
                long at = column * outputStride + k * inputStride;
                for (int j = 0; j < Math.min(GROUP, depth - k); j++, at += inputStride) {
                    bytes.set(ValueLayout.JAVA_BYTE, at, (byte) (group >> 24 - 8 * j));
                }
            }
        }
    }

    /// Copies columns into the panels.
    ///
    /// @param bytes  from where
    /// @param at     place of the first output's first input
    /// @param matrix where to
    /// @param column first column there
    /// @param count  number of columns
    void toPanels(MemorySegment bytes, long at, PackedMatrix matrix, int column, int count) {
        for (int from = 0; from < count; from += WIDE) {
            int columns = Math.min(WIDE, count - from);
            if (outputStride == 1) {
                rowsToPanels(bytes, at + from, matrix, column + from, columns);
            } else {
                linesToPanels(bytes, at + from * outputStride, matrix, column + from, columns);
            }
        }
    }

    /// Outputs lie side by side in the file: four rows of it make a row of integers.
    private void rowsToPanels(MemorySegment bytes, long at, PackedMatrix matrix, int column, int columns) {
        byte[][] rows = new byte[GROUP][columns];
        int[] groups = new int[columns];
        for (int k = 0; k < matrix.depth(); k += GROUP) {
            for (int j = 0; j < GROUP; j++) {
                if (k + j < matrix.depth()) {
                    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at + (k + j) * inputStride, rows[j], 0, columns);
                } else {
                    Arrays.fill(rows[j], (byte) 0);
                }
            }
            join(rows[0], rows[1], rows[2], rows[3], groups);
            put(groups, matrix, column, k);
        }
    }

    private static void join(byte[] first, byte[] second, byte[] third, byte[] fourth, int[] groups) {
        for (int i = 0; i < groups.length; i++) {
            groups[i] = first[i] << 24 | (second[i] & 0xff) << 16 | (third[i] & 0xff) << 8 | fourth[i] & 0xff;
        }
    }

    private void linesToPanels(MemorySegment bytes, long at, PackedMatrix matrix, int column, int columns) {
        int[] groups = new int[columns];
        for (int k = 0; k < matrix.depth(); k += GROUP) {
            int inputs = Math.min(GROUP, matrix.depth() - k);
            long group = at + k * inputStride;
            for (int i = 0; i < columns; i++, group += outputStride) {
                groups[i] = inputs == GROUP && inputStride == 1
                        ? bytes.get(BIG_ENDIAN, group)
                        : join(bytes, group, inputs);
            }
            put(groups, matrix, column, k);
        }
    }

    private int join(MemorySegment bytes, long at, int inputs) {
        int group = 0;
        for (int j = 0; j < inputs; j++) {
            group |= (bytes.get(ValueLayout.JAVA_BYTE, at + j * inputStride) & 0xff) << 24 - 8 * j;
        }
        return group;
    }

    /// Puts neighbouring columns' integers into their panels.
    private static void put(int[] groups, PackedMatrix matrix, int column, int k) {
        for (int i = 0; i < groups.length;) {
            int run = Math.min(PANEL - (column + i) % PANEL, groups.length - i);
            MemorySegment.copy(groups, i, matrix.data(), ValueLayout.JAVA_INT,
                    element(matrix, column + i, k) * Integer.BYTES, run);
            i += run;
        }
    }

    private static long element(PackedMatrix matrix, int column, int k) {
        return column / PANEL * matrix.panelElements() + k / GROUP * PANEL + column % PANEL;
    }
}
