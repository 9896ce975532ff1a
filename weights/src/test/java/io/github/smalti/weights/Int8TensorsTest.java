package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.SafetensorsWriter.Tensor;
import io.github.smalti.weights.internal.Int8Matrices;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Matrices of 8 bits are packed to the very bytes that the original is packed to.
class Int8TensorsTest {
    @TempDir
    private Path folder;
    private final Random random = new Random(5);

    private TensorView floats(long... shape) {
        int count = 1;
        for (long size : shape) count *= (int) size;
        MemorySegment data = Arena.ofAuto().allocate(count * 4L, 64);
        for (int i = 0; i < count; i++) {
            float value = i % 97 == 0 ? 0 : (float) random.nextGaussian() * (1 + i % 5);
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
        }
        return TensorView.contiguous(DType.F32, shape, data);
    }

    private Checkpoint written(Tensor... tensors) throws IOException {
        Path file = folder.resolve("int8-" + random.nextInt() + ".safetensors");
        SafetensorsWriter.write(file, List.of(tensors), Map.of());
        return Checkpoints.open(file);
    }

    private static byte[] packed(Arena arena, TensorView... rows) {
        return PackedMatrix.pack(arena, Precision.INT8, rows).data().toArray(ValueLayout.JAVA_BYTE);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "16, 4", "17, 5", "48, 64", "100, 31", "3, 130", "520, 6", "33, 2"})
    void givesTheSamePackedBytes(int outputs, int inputs) throws IOException {
        TensorView torch = floats(outputs, inputs);
        TensorView flax = floats(inputs, outputs);
        TensorView stacked = floats(3, inputs, outputs);
        List<Tensor> tensors = new ArrayList<>(Int8Tensors.of("torch", torch, 1));
        tensors.addAll(Int8Tensors.of("flax", flax, 0));
        tensors.addAll(Int8Tensors.of("stacked", stacked, 1));
        try (Checkpoint file = written(tensors.toArray(Tensor[]::new)); Arena arena = Arena.ofShared()) {
            var int8 = new Int8Matrices(file);
            assertTrue(int8.knows("torch") && int8.knows("flax") && int8.knows("stacked"));
            TensorView[] bytes = {file.tensor("torch"), file.tensor("flax").permute(1, 0),
                    file.tensor("stacked").select(0, 2).permute(1, 0),
                    file.tensor("stacked").select(0, 1).permute(1, 0)};
            byte[] expected = packed(arena, torch, flax.permute(1, 0), stacked.select(0, 2).permute(1, 0),
                    stacked.select(0, 1).permute(1, 0));
            assertArrayEquals(expected, int8.pack(null, arena, bytes).data().toArray(ValueLayout.JAVA_BYTE));
            assertArrayEquals(expected,
                    int8.pack(Compute.shared().team(), arena, bytes).data().toArray(ValueLayout.JAVA_BYTE));
            if (outputs < 3) return;
            byte[] cut = packed(arena, flax.permute(1, 0).slice(0, 1, outputs - 1));
            assertArrayEquals(cut, int8.pack(null, arena, bytes[1].slice(0, 1, outputs - 1)).data()
                    .toArray(ValueLayout.JAVA_BYTE), "some of the outputs");
        }
    }

    @Test
    void bytesAreWhatTheTableSays() throws IOException {
        TensorView values = floats(5, 11);
        try (Checkpoint file = written(Int8Tensors.of("w", values, 1).toArray(Tensor[]::new))) {
            assertEquals("(5, 11) i8", file.tensor("w").toString());
            assertEquals("(5, 1) f32", file.tensor("w.scale").toString());
            byte[] bytes = file.tensor("w").bytes().toArray(ValueLayout.JAVA_BYTE);
            float[] scales = file.tensor("w.scale").toFloats();
            for (int row = 0; row < 5; row++) {
                double step = scales[row] * 0x1p24;
                for (int k = 0; k < 11; k++) {
                    long sum = (long) bytes[row * 11 + k] << 24;
                    for (int next = k + 1; next < 11 && next % 4 != 0; next++) {
                        sum += (bytes[row * 11 + next] & 0xffL) << 24 - 8 * (next - k);
                    }
                    assertEquals(values.at(row, k), sum * (double) scales[row], 0.5001 * step, row + ", " + k);
                }
            }
        }
    }

    @Test
    void layersAreLoadedFromThem() throws IOException {
        TensorView a = floats(24, 10);
        TensorView b = floats(24, 10);
        TensorView table = floats(7, 10);
        var tensors = new ArrayList<Tensor>(Int8Tensors.of("a.weight", a, 1));
        tensors.addAll(Int8Tensors.of("b.weight", b, 1));
        tensors.addAll(Int8Tensors.of("table.weight", table, 1));
        Tensor[] originals = {new Tensor("a.weight", DType.F32, a), new Tensor("b.weight", DType.F32, b)};
        float[] input = new float[10];
        for (int i = 0; i < input.length; i++) input[i] = i - 4.5f;
        String[] both = {"a", "b"};
        float[] expected = new float[48];
        float[] found = new float[48];
        try (var original = new Weights(written(originals), TensorLocation::of, Compute.shared(), Precision.INT8)) {
            original.fusedLinear(both, 10, 24, false).forward(input, 1, expected);
        }
        try (var int8 = new Weights(written(tensors.toArray(Tensor[]::new)), TensorLocation::of, Compute.shared(),
                Precision.INT8)) {
            int8.fusedLinear(both, 10, 24, false).forward(input, 1, found);
            String message = assertThrows(WeightsException.class, () -> int8.embedding("table", 7, 10)).getMessage();
            assertTrue(message.contains("expected floating-point numbers, found (7, 10) i8"), message);
        }
        assertArrayEquals(expected, found);
        try (var f32 = new Weights(written(tensors.toArray(Tensor[]::new)), TensorLocation::of, Compute.shared(),
                Precision.F32)) {
            String message = assertThrows(WeightsException.class, () -> f32.linear("a", 10, 24, false)).getMessage();
            assertTrue(message.contains("converted to int8 and can be loaded at int8 only, not at f32"), message);
        }
    }

    @Test
    void refusesScalesThatDoNotFitAndOtherBytes() throws IOException {
        TensorView values = floats(24, 10);
        Tensor bytes = Int8Tensors.of("a.weight", values, 1).getFirst();
        assertRefused("expected a scale for each output", bytes, new Tensor("a.weight.scale", DType.F32, floats(24)));
        assertRefused("expected a scale for each output", bytes, new Tensor("a.weight.scale", DType.F32, floats(1, 1)));
        assertRefused("expected a scale for each output", bytes,
                new Tensor("a.weight.scale", DType.F16, floats(24, 1)));
        assertRefused("expected a whole matrix", bytes, new Tensor("a.weight.scale", DType.F32, floats(1, 10)));
        assertRefused("expected floating-point numbers, found (24, 10) i8", bytes);
        assertRefused("expected a scale for each output", bytes,
                new Tensor("a.weight.scale", DType.F32, floats(24, 2)));
        assertThrows(IllegalArgumentException.class, () -> Int8Tensors.of("w", floats(3), 0));
        assertThrows(IllegalArgumentException.class, () -> Int8Tensors.of("w", floats(3, 4, 5), 0));
        assertThrows(IllegalArgumentException.class, () -> Int8Tensors.of("w", floats(3, 4, 5), 3));
        assertThrows(IllegalArgumentException.class, () -> Int8Tensors.of("w", floats(3, 4, 5, 6), 2));
        TensorView whole = TensorView.contiguous(DType.I32, new long[]{1, 1}, Arena.ofAuto().allocate(4));
        assertThrows(IllegalArgumentException.class, () -> Int8Tensors.of("w", whole, 1));
    }

    /// Views that are no whole matrices, or lie in no table, are refused by name when they are packed.
    @Test
    void refusesViewsThatAreNoWholeMatrices() throws IOException {
        var tensors = new ArrayList<Tensor>(Int8Tensors.of("a", floats(24, 10), 1));
        tensors.addAll(Int8Tensors.of("b", floats(2, 10, 24), 1));
        tensors.add(new Tensor("c", DType.F32, floats(24, 10)));
        tensors.add(new Tensor("c.scale", DType.F32, floats(24, 1)));
        tensors.add(new Tensor("d", DType.F32, floats(1)));
        try (Checkpoint file = written(tensors.toArray(Tensor[]::new)); Arena arena = Arena.ofShared()) {
            var int8 = new Int8Matrices(file);
            assertTrue(!int8.knows("c") && !int8.knows("d"));
            TensorView a = file.tensor("a");
            String whole = "expected a whole matrix of 8 bits with its scales, found ";
            assertRefused(int8, arena, whole, a); // nothing is known yet
            assertTrue(int8.knows("a") && int8.knows("b"));
            assertRefused(int8, arena, "a in ", a.slice(1, 0, 9));
            assertRefused(int8, arena, "a in ", a.slice(0, 0, 10).permute(1, 0));
            assertRefused(int8, arena, whole, file.tensor("b").select(0, 0));
            assertRefused(int8, arena, whole, file.tensor("b").slice(1, 1, 2).select(0, 0).permute(1, 0));
            assertRefused(int8, arena, "expected matrices of 8 bits with scales, found (24, 10) f32 beside one", a,
                    file.tensor("c"));
            TensorView elsewhere = TensorView.contiguous(DType.I8, new long[]{24, 10}, Arena.ofAuto().allocate(240));
            assertRefused(int8, arena, whole, elsewhere);
        }
    }

    private static void assertRefused(Int8Matrices int8, Arena arena, String mention, TensorView... rows) {
        String message = assertThrows(WeightsException.class, () -> int8.pack(null, arena, rows)).getMessage();
        assertTrue(message.contains(mention), message);
    }

    private void assertRefused(String mention, Tensor... tensors) throws IOException {
        try (var weights = new Weights(written(tensors), TensorLocation::of, Compute.shared(), Precision.INT8)) {
            String message = assertThrows(WeightsException.class, () -> weights.linear("a", 10, 24, false))
                    .getMessage();
            assertTrue(message.contains(mention), message);
        }
    }
}
