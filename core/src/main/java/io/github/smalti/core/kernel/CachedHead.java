package io.github.smalti.core.kernel;

import io.github.smalti.core.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Where the keys and values of one attention head lie, in native memory.
///
/// | precision | keys from `keysAt` on | values from `valuesAt` on |
/// |---|---|---|
/// | F32 | `[ceil(capacity / 64)][headDim][64]` floats | `[capacity][valueStride]` floats |
/// | BF16 | `[ceil(capacity / 64)][ceil(headDim / 2)][64]` ints: even feature low, odd one high | `[ceil(capacity / 2)][valueStride]` ints: even position low, odd one high |
///
/// Keys lie in panels of 64 positions and values in rows, so that both products of attention have their outputs along the
/// lanes of a vector, and that a tile of four vectors reads memory from front to back.
///
/// @param precision   how they are stored, F32 or BF16
/// @param keys        memory of the keys
/// @param keysAt      their first byte
/// @param values      memory of the values
/// @param valuesAt    their first byte
/// @param headDim     length of a key and of a value
/// @param valueStride elements from one value to the next: headDim rounded up to a multiple of 16, filled up with zeros
public record CachedHead(Precision precision, MemorySegment keys, long keysAt, MemorySegment values, long valuesAt,
        int headDim, int valueStride) {
    /// Positions of a panel of keys.
    public static final int KEY_PANEL = 64;

    /// First element of the key at a position; its next ones follow at a distance of [#KEY_PANEL].
    ///
    /// @param position the position
    /// @return floats, or ints of two features, from `keysAt` on
    public int keyElement(int position) {
        int rows = precision == Precision.BF16 ? (headDim + 1) / 2 : headDim;
        return position / KEY_PANEL * rows * KEY_PANEL + position % KEY_PANEL;
    }

    /// First byte of the keys of a vector of positions.
    long keyAt(int firstPosition) { return keysAt + 4L * keyElement(firstPosition); }

    /// One feature of the key at a position.
    float key(int position, int d) {
        int row = precision == Precision.BF16 ? d / 2 : d;
        return number(keys, keysAt, keyElement(position) + (long) row * KEY_PANEL, d);
    }

    /// One feature of the value at a position.
    float value(int position, int d) {
        int row = precision == Precision.BF16 ? position / 2 : position;
        return number(values, valuesAt, (long) row * valueStride + d, position);
    }

    private float number(MemorySegment data, long from, long element, int index) {
        int bits = data.get(ValueLayout.JAVA_INT, from + 4 * element);
        if (precision == Precision.BF16) bits = index % 2 == 0 ? bits << 16 : bits & 0xffff0000;
        return Float.intBitsToFloat(bits);
    }
}
