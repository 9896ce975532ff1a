package io.github.smalti.core;

import java.lang.foreign.MemorySegment;

/// Rows of weights for neighbouring k, and what a [PackedMatrix] stores for them.
///
/// Loops of plain integers and floats, which the compiler turns into vectors by itself, so that packing needs no vector
/// twin. Floats become their bits by a copy of memory, since the compiler does not turn that conversion into vectors.
final class WeightRows {
    /// Added to a small float, it leaves the nearest integer in the low bits: 1.5 · 2²³.
    private static final float ROUND = 0x1.8p23f;

    private final Precision precision;
    private final float[][] rows;
    private final float[] steps;
    private final float[] rounded;
    private final int[] bits;
    private final int[] packed;

    WeightRows(Precision precision, int columns) {
        this.precision = precision;
        this.rows = new float[4][columns];
        this.steps = new float[columns];
        this.rounded = new float[columns];
        this.bits = new int[columns];
        this.packed = new int[columns];
    }

    /// The weights of one k, to be filled in.
    float[] row(int k) { return rows[k]; }

    /// How many steps of its column a weight of 1 is, to be filled in for [Precision#INT8].
    float[] steps() { return steps; }

    /// Packs the first rows; those that an element has room for beyond them count as zeros.
    ///
    /// @return one element per column, until the next call
    int[] pack(int count, int columns) {
        switch (precision) {
            case F32 -> copyBits(rows[0], packed, columns);
            case BF16 -> pairs(count, columns);
            case INT8 -> quads(count, columns);
        }
        return packed;
    }

    private void pairs(int count, int columns) {
        copyBits(rows[0], packed, columns);
        for (int i = 0; i < columns; i++) packed[i] = bfloat16(packed[i]) >>> 16;
        if (count == 1) return;
        copyBits(rows[1], bits, columns);
        for (int i = 0; i < columns; i++) packed[i] |= bfloat16(bits[i]) & 0xffff0000;
    }

    /// [PackedMatrix#toBfloat16] in the upper half and without branches.
    private static int bfloat16(int bits) {
        int noNumber = 0x7f800000 - (bits & 0x7fffffff) >> 31; // all ones or zeros
        return bits + (0x7fff + (bits >>> 16 & 1) & ~noNumber) | 0x400000 & noNumber;
    }

    /// Four bytes, the last first: each is rounded with the bytes below it in mind.
    private void quads(int count, int columns) {
        for (int i = 0; i < columns; i++) packed[i] = 0;
        for (int j = count - 1; j >= 0; j--) {
            float[] row = rows[j];
            for (int i = 0; i < columns; i++) { rounded[i] = row[i] * steps[i] - (packed[i] >>> 8) * 0x1p-24f + ROUND; }
            copyBits(rounded, bits, columns);
            for (int i = 0; i < columns; i++) packed[i] = bits[i] << 24 | packed[i] >>> 8;
        }
    }

    private static void copyBits(float[] from, int[] to, int columns) {
        MemorySegment.copy(MemorySegment.ofArray(from), 0, MemorySegment.ofArray(to), 0, columns * 4L);
    }
}
