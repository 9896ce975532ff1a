package io.github.smalti.core.kernel;

import static io.github.smalti.core.PackedMatrix.PANEL;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Packing of weights: the scalar twin of [PackVector].
final class Pack {
    /// Added to a small float, it leaves the nearest integer in the low bits: 1.5 · 2²³.
    static final float ROUND = 0x1.8p23f;

    private Pack() {}

    static void group(Precision precision, float[] rows, int rowStride, int count, float[] steps, int columns,
            MemorySegment out, long outAt, long panelBytes) {
        for (int column = 0; column < columns; column++) {
            int element = switch (precision) {
                case F32 -> Float.floatToRawIntBits(rows[column]);
                case BF16 -> pair(rows[column], count > 1 ? rows[rowStride + column] : 0);
                case INT8 -> quad(rows, rowStride, count, steps[column], column);
            };
            out.set(ValueLayout.JAVA_INT, outAt + column / PANEL * panelBytes + column % PANEL * 4L, element);
        }
    }

    private static int pair(float even, float odd) {
        return PackedMatrix.toBfloat16(odd) << 16 | PackedMatrix.toBfloat16(even);
    }

    /// Four bytes, the last first: each is rounded with the bytes below it in mind.
    private static int quad(float[] rows, int rowStride, int count, float steps, int column) {
        int word = 0;
        for (int j = count - 1; j >= 0; j--) {
            float fraction = (word >>> 8) * 0x1p-24f;
            float rounded = rows[j * rowStride + column] * steps - fraction + ROUND;
            word = Float.floatToRawIntBits(rounded) << 24 | word >>> 8;
        }
        return word;
    }
}
