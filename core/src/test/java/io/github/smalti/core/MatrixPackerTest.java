package io.github.smalti.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.smalti.core.kernel.Kernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Packed bytes depend on the weights alone: not on how the file stores them nor on the threads.
class MatrixPackerTest {
    private static final int INPUTS = 83;
    /// Cut at 40, so that a panel has columns of two tensors; more columns than are packed together.
    private static final int OUTPUTS = 1077;

    @ParameterizedTest
    @EnumSource
    void storageOrderAndThreadsDoNotMatter(Precision precision) {
        try (Arena arena = Arena.ofShared(); Team team = new Team(3)) {
            TensorView byOutput = stored(arena, DType.F16, OUTPUTS, INPUTS);
            TensorView byInput = turned(arena, byOutput).permute(1, 0);
            byte[] want = bytes(PackedMatrix.pack(arena, precision, byOutput));
            assertArrayEquals(want, bytes(PackedMatrix.pack(arena, precision, byInput)), "as Flax stores it");
            assertArrayEquals(want, bytes(PackedMatrix.pack(team, arena, precision, byOutput)), "3 threads");
            assertArrayEquals(want, bytes(PackedMatrix.pack(team, arena, precision, byInput)), "Flax, 3 threads");
            assertArrayEquals(want, bytes(PackedMatrix.pack(team, arena, precision, byInput.slice(0, 0, 40),
                    byInput.slice(0, 40, OUTPUTS))), "two tensors side by side");
            assertEquals(PackedMatrix.byteSize(precision, OUTPUTS, 1, INPUTS), want.length);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aViewOfPackedMemoryIsTheSameMatrix(Precision precision) {
        try (Arena arena = Arena.ofShared()) {
            PackedMatrix packed = PackedMatrix.pack(arena, precision, stored(arena, DType.F32, OUTPUTS, INPUTS));
            PackedMatrix view = PackedMatrix.of(precision, OUTPUTS, INPUTS, packed.data());
            float[] x = new float[INPUTS];
            for (int k = 0; k < INPUTS; k++) x[k] = k % 7 - 3;
            float[][] out = new float[2][OUTPUTS];
            for (int i = 0; i < 2; i++) {
                PackedMatrix w = i == 0 ? packed : view;
                Kernels.scalar().matmul(x, 0, INPUTS, 0, 1, w, null, 0, w.panels(), out[i], 0, OUTPUTS);
            }
            assertArrayEquals(out[0], out[1]);
            assertThrows(ShapeMismatchException.class,
                    () -> PackedMatrix.of(precision, OUTPUTS + 16, INPUTS, packed.data()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void convolutionsDoNotDependOnThreads(Precision precision) {
        try (Arena arena = Arena.ofShared(); Team team = new Team(3)) {
            TensorView flat = stored(arena, DType.F32, 70 * 5, 9);
            TensorView kernel = TensorView.contiguous(DType.F32, new long[]{70, 5, 3, 3}, flat.bytes());
            assertArrayEquals(bytes(PackedMatrix.packConvolution(arena, precision, kernel)),
                    bytes(PackedMatrix.packConvolution(team, arena, precision, kernel)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void convolutionsDoNotDependOnTheOrderInTheFile(Precision precision) {
        try (Arena arena = Arena.ofShared()) {
            TensorView byOutput = stored(arena, DType.F16, 70, 5 * 9);
            TensorView byInput = turned(arena, byOutput); // (kernelRows, kernelCols, inputs, outputs), as Flax stores it
            TensorView kernel = TensorView.contiguous(DType.F16, new long[]{3, 3, 5, 70}, byInput.bytes())
                    .permute(3, 2, 0, 1);
            TensorView same = TensorView.contiguous(DType.F16, new long[]{70, 3, 3, 5}, byOutput.bytes())
                    .permute(0, 3, 1, 2);
            assertArrayEquals(bytes(PackedMatrix.packConvolution(arena, precision, same)),
                    bytes(PackedMatrix.packConvolution(arena, precision, kernel)));
        }
    }

    @Test
    void winogradKernelsAreTransformedInDouble() {
        double[][] transform = {{0.25, 0, 0}, {-0.3, 0.7, 1.1}, {0, 0, 1}};
        try (Arena arena = Arena.ofShared(); Team team = new Team(3)) {
            TensorView byOutput = stored(arena, DType.F16, 80, 7 * 9);
            TensorView kernel = TensorView.contiguous(DType.F16, new long[]{80, 7, 3, 3}, byOutput.bytes());
            TensorView turned = TensorView
                    .contiguous(DType.F16, new long[]{7, 3, 3, 80}, turned(arena, byOutput).bytes())
                    .permute(3, 0, 1, 2);
            PackedMatrix[] packed = PackedMatrix.packWinograd(team, arena, kernel, transform);
            PackedMatrix[] same = PackedMatrix.packWinograd(team, arena, turned, transform);
            for (int i = 0; i < 9; i++) {
                assertArrayEquals(bytes(packed[i]), bytes(same[i]), "as Flax stores it");
                for (int out = 0; out < 80; out++) {
                    for (int in = 0; in < 7; in++) {
                        double want = 0;
                        for (int col = 0; col < 3; col++) {
                            double sum = 0;
                            for (int row = 0; row < 3; row++) {
                                sum += transform[i / 3][row] * kernel.at(out, in, row, col);
                            }
                            want += transform[i % 3][col] * sum;
                        }
                        long at = out / 16 * packed[i].panelElements() + in * 16 + out % 16;
                        assertEquals((float) want, packed[i].data().getAtIndex(ValueLayout.JAVA_FLOAT, at));
                    }
                }
            }
        }
    }

    @Test
    void everyFloatTypeIsReadExactly() {
        try (Arena arena = Arena.ofShared()) {
            for (DType dtype : new DType[]{DType.F16, DType.BF16, DType.F32, DType.F64}) {
                TensorView weight = stored(arena, dtype, 37, 19);
                PackedMatrix packed = PackedMatrix.pack(arena, Precision.F32, weight);
                for (int n = 0; n < 37; n++) {
                    for (int k = 0; k < 19; k++) {
                        long at = n / 16 * packed.panelElements() + k * 16 + n % 16;
                        assertEquals(weight.at(n, k), packed.data().getAtIndex(ValueLayout.JAVA_FLOAT, at), dtype + "");
                    }
                }
            }
        }
    }

    @Test
    void bfloat16IsRoundedAsDocumented() {
        float[] odd = {Float.NaN, Float.POSITIVE_INFINITY, -0f, Float.MAX_VALUE, Float.MIN_VALUE, 1.00390625f};
        try (Arena arena = Arena.ofShared()) {
            // two equal inputs per output: the same number in both halves
            TensorView weight = new TensorView(DType.F32, new long[]{odd.length, 2}, new long[]{1, 0},
                    arena.allocateFrom(ValueLayout.JAVA_FLOAT, odd), 0);
            MemorySegment data = PackedMatrix.pack(arena, Precision.BF16, weight).data();
            for (int n = 0; n < odd.length; n++) {
                int half = PackedMatrix.toBfloat16(odd[n]);
                assertEquals(half << 16 | half, data.getAtIndex(ValueLayout.JAVA_INT, n), odd[n] + "");
            }
        }
    }

    private static byte[] bytes(PackedMatrix matrix) { return matrix.data().toArray(ValueLayout.JAVA_BYTE); }

    /// Random weights, (rows, columns), in the file's order.
    private static TensorView stored(Arena arena, DType dtype, int rows, int columns) {
        MemorySegment data = arena.allocate((long) rows * columns * dtype.bytes(), 8);
        Random random = new Random(7);
        for (long i = 0; i < (long) rows * columns; i++) {
            float value = (float) random.nextGaussian();
            switch (dtype) {
                case F16 -> data.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(value));
                case BF16 -> data.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) PackedMatrix.toBfloat16(value));
                case F64 -> data.setAtIndex(ValueLayout.JAVA_DOUBLE, i, value);
                default -> data.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
            }
        }
        return TensorView.contiguous(dtype, new long[]{rows, columns}, data);
    }

    /// The same halves in the other order.
    private static TensorView turned(Arena arena, TensorView matrix) {
        long rows = matrix.size(0);
        long columns = matrix.size(1);
        MemorySegment data = arena.allocate(rows * columns * 2, 8);
        for (long r = 0; r < rows; r++) {
            for (long c = 0; c < columns; c++) {
                data.setAtIndex(ValueLayout.JAVA_SHORT, c * rows + r, Float.floatToFloat16(matrix.at(r, c)));
            }
        }
        return TensorView.contiguous(DType.F16, new long[]{columns, rows}, data);
    }
}
