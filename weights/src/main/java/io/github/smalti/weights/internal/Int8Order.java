package io.github.smalti.weights.internal;

import io.github.smalti.core.PackedMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Moves the bytes of an 8-bit matrix between a file's order and the panels of a [PackedMatrix], without changing them.
///
/// @param outputStride distance of neighbouring outputs in the file, in bytes
/// @param inputStride  distance of neighbouring inputs in the file, in bytes
record Int8Order(long outputStride, long inputStride) {
    private static final int PANEL = PackedMatrix.PANEL;
    /// Inputs whose bytes share an integer of the panels, the first in the highest byte.
    private static final int GROUP = 4;

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
        int depth = matrix.depth();
        int whole = depth / GROUP * GROUP;
        for (int i = 0; i < count; i++) {
            long byteAt = at + i * outputStride;
            long element = element(matrix, column + i, 0);
            for (int k = 0; k < whole; k += GROUP, byteAt += GROUP * inputStride, element += PANEL) {
                int group = bytes.get(ValueLayout.JAVA_BYTE, byteAt) << 24
                        | (bytes.get(ValueLayout.JAVA_BYTE, byteAt + inputStride) & 0xff) << 16
                        | (bytes.get(ValueLayout.JAVA_BYTE, byteAt + 2 * inputStride) & 0xff) << 8
                        | bytes.get(ValueLayout.JAVA_BYTE, byteAt + 3 * inputStride) & 0xff;
                matrix.data().setAtIndex(ValueLayout.JAVA_INT, element, group);
            }
            int last = 0;
            for (int k = whole; k < depth; k++, byteAt += inputStride) {
                last |= (bytes.get(ValueLayout.JAVA_BYTE, byteAt) & 0xff) << 24 - 8 * (k - whole);
            }
            if (whole < depth) matrix.data().setAtIndex(ValueLayout.JAVA_INT, element, last);
        }
    }

    private static long element(PackedMatrix matrix, int column, int k) {
        return column / PANEL * matrix.panelElements() + k / GROUP * PANEL + column % PANEL;
    }
}
