package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.I;
import static io.github.smalti.core.kernel.Species.LANES;
import static io.github.smalti.core.kernel.Species.ORDER;
import static io.github.smalti.core.kernel.Species.VECTORS_PER_PANEL;

import io.github.smalti.core.Precision;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Packing of weights; columns are counted in vectors.
final class PackVector {
    private PackVector() {}

    static void group(Precision precision, float[] rows, int rowStride, int count, float[] steps, int columns,
            MemorySegment out, long outAt, long panelBytes) {
        switch (precision) {
            case F32 -> singles(rows, columns / LANES, out, outAt, panelBytes);
            case BF16 -> pairs(rows, rowStride, count, columns / LANES, out, outAt, panelBytes);
            case INT8 -> quads(rows, rowStride, count, steps, columns / LANES, out, outAt, panelBytes);
        }
    }

    /// Byte offset of a vector from the first panel's element.
    private static long at(int vector, long panelBytes) {
        return vector / VECTORS_PER_PANEL * panelBytes + vector % VECTORS_PER_PANEL * LANES * 4L;
    }

    private static void singles(float[] rows, int vectors, MemorySegment out, long outAt, long panelBytes) {
        for (int v = 0; v < vectors; v++) {
            FloatVector.fromArray(F, rows, v * LANES).intoMemorySegment(out, outAt + at(v, panelBytes), ORDER);
        }
    }

    private static void pairs(float[] rows, int rowStride, int count, int vectors, MemorySegment out, long outAt,
            long panelBytes) {
        for (int v = 0; v < vectors; v++) {
            IntVector low = bfloat16(FloatVector.fromArray(F, rows, v * LANES)).lanewise(VectorOperators.LSHR, 16);
            IntVector high = count > 1
                    ? bfloat16(FloatVector.fromArray(F, rows, rowStride + v * LANES)).and(0xffff0000)
                    : IntVector.zero(I);
            high.or(low).intoMemorySegment(out, outAt + at(v, panelBytes), ORDER);
        }
    }

    /// Rounds to the upper halves, to nearest even; the lower halves are left over.
    private static IntVector bfloat16(FloatVector values) {
        IntVector bits = values.reinterpretAsInts();
        IntVector odd = bits.lanewise(VectorOperators.LSHR, 16).and(1);
        VectorMask<Integer> noNumber = values.test(VectorOperators.IS_NAN).cast(I);
        return bits.add(0x7fff).add(odd).blend(bits.or(0x400000), noNumber);
    }

    private static void quads(float[] rows, int rowStride, int count, float[] steps, int vectors, MemorySegment out,
            long outAt, long panelBytes) {
        for (int v = 0; v < vectors; v++) {
            FloatVector step = FloatVector.fromArray(F, steps, v * LANES);
            IntVector word = IntVector.zero(I);
            for (int j = count - 1; j >= 0; j--) {
                IntVector below = word.lanewise(VectorOperators.LSHR, 8);
                FloatVector fraction = ((FloatVector) below.convert(VectorOperators.I2F, 0)).mul(0x1p-24f);
                FloatVector rounded = FloatVector.fromArray(F, rows, j * rowStride + v * LANES).mul(step).sub(fraction)
                        .add(Pack.ROUND);
                word = rounded.reinterpretAsInts().lanewise(VectorOperators.LSHL, 24).or(below);
            }
            word.intoMemorySegment(out, outAt + at(v, panelBytes), ORDER);
        }
    }
}
