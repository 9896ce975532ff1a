package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.SafetensorsWriter.Tensor;
import io.github.smalti.weights.internal.PackedBytes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Packed matrices compute the same bits from where they lie in the file, and damaged ones are refused.
class PackedTensorsTest {
    private static final String OUTPUT = "smalti.packed.1.bf16.o";
    private static final long BYTES = PackedMatrix.byteSize(Precision.BF16, PackedBytes.OUTPUTS, 1, PackedBytes.INPUTS);

    @TempDir
    private Path folder;
    private Path original;

    @BeforeEach
    void writeOriginal() throws IOException {
        original = folder.resolve("original.safetensors");
        PackedBytes.writeOriginal(original);
    }

    private Path packed(Precision precision) throws IOException {
        Path file = folder.resolve(precision + ".safetensors");
        try (Weights weights = PackedBytes.open(original, precision)) {
            PackedBytes.outputs(weights);
            weights.writePacked(file, Map.of("source", "original"));
        }
        return file;
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void computeTheSameBitsAndAreNotPackedAgain(Precision precision) throws IOException {
        Path file = packed(precision);
        assertTrue(PackedTensors.areIn(file));
        assertFalse(PackedTensors.areIn(original));
        try (Weights expected = PackedBytes.open(original, precision);
                Weights found = PackedBytes.open(file, precision)) {
            assertArrayEquals(PackedBytes.outputs(expected), PackedBytes.outputs(found));
            assertEquals(0, found.packedBytes());
            assertTrue(expected.packedBytes() > 0);
        }
    }

    @Test
    void holdNumbersOnceAndShapesOfTheOthers() throws IOException {
        try (Checkpoint file = Checkpoints.open(packed(Precision.BF16))) {
            assertEquals(List.of("smalti.packed.1.bf16.o", "smalti.packed.1.bf16.q+k", "smalti.packed.1.bf16.tied",
                    "k.weight", "o.weight", "q.weight").stream().sorted().toList(),
                    file.names().stream().filter(name -> PackedTensors.isShapeOnly(file, file.tensor(name))
                            || name.startsWith("smalti.")).sorted().toList());
            assertEquals("(20, 9) f32", file.tensor("q.weight").toString());
            assertTrue(Float.isNaN(file.tensor("q.weight").at(3, 4)));
            assertFalse(file.has("unused"), "no layer asks for it");
            assertFalse(PackedTensors.isShapeOnly(file, file.tensor("table.weight")), "it is looked up as well");
        }
        assertEquals("safetensors, packed for bf16",
                Checkpoints.describe(folder.resolve("BF16.safetensors")).format());
    }

    private void assertRefused(Path file, String says) {
        String message = assertThrows(WeightsException.class, () -> PackedBytes.readLayers(file)).getMessage();
        assertTrue(message.contains(says), message);
    }

    /// The packed file with some tensors replaced: null leaves one out.
    private Path with(Map<String, Tensor> changes) throws IOException {
        Path file = packed(Precision.BF16);
        Path changed = folder.resolve("changed.safetensors");
        List<Tensor> tensors = new ArrayList<>();
        var left = new HashMap<>(changes);
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            for (String name : checkpoint.names()) {
                TensorView view = checkpoint.tensor(name);
                if (left.containsKey(name)) {
                    Tensor tensor = left.remove(name);
                    if (tensor != null) tensors.add(tensor);
                } else if (PackedTensors.isShapeOnly(checkpoint, view)) {
                    tensors.add(new Tensor(name, DType.F32, TensorView.contiguous(DType.F32, new long[]{view.size(0),
                            view.size(1), 0}, MemorySegment.NULL)));
                } else {
                    tensors.add(new Tensor(name, view.dtype(), view));
                }
            }
            tensors.addAll(left.values());
            SafetensorsWriter.write(changed, tensors, Map.of());
        }
        Files.delete(file);
        return changed;
    }

    private static Tensor bytes(String name, DType dtype, long... shape) {
        long count = dtype.bytes();
        for (long size : shape) count *= size;
        return new Tensor(name, dtype,
                TensorView.contiguous(dtype, shape, MemorySegment.ofArray(new byte[(int) count])));
    }

    private void assertRefused(String name, Tensor tensor, String says) throws IOException {
        Map<String, Tensor> changes = new HashMap<>();
        changes.put(name, tensor);
        Path file = with(changes);
        assertRefused(file, says);
        Files.delete(file);
    }

    @Test
    void refusesWhatDoesNotFit() throws IOException {
        assertRefused(OUTPUT, null, "expected this packed matrix, found none");
        assertRefused(OUTPUT, bytes(OUTPUT, DType.U8, BYTES + 64), "found " + (BYTES + 64));
        assertRefused(OUTPUT, bytes(OUTPUT, DType.U8, 0), "found 0");
        assertRefused(OUTPUT, bytes(OUTPUT, DType.I8, BYTES),
                "expected bytes of a packed matrix, found (" + BYTES + ")");
        assertRefused(OUTPUT, bytes(OUTPUT, DType.U8, 2, BYTES / 2), "expected bytes of a packed matrix");
        assertRefused("k.weight", null, "k.weight");
        assertRefused("k.weight", bytes("k.weight", DType.F32, 20, 8, 0), "expected (20, 9), found (20, 8)");
        assertRefused("table.weight", bytes("table.weight", DType.F32, 20, 9, 0),
                "expected its numbers, found its shape");
        assertRefused("o.bias", bytes("o.bias", DType.F32, 20, 1, 0), "o.bias");
        String newer = "smalti.packed.2.bf16.o";
        assertRefused(newer, bytes(newer, DType.U8, BYTES), "packed by another one, convert the original again");
        String other = "smalti.packed.1.int8.o";
        assertRefused(other, bytes(other, DType.U8, BYTES), "is packed for another precision");
    }

    @Test
    void refusesAnotherPrecisionAndPackingAgain() throws IOException {
        Path file = packed(Precision.INT8);
        assertRefused(file, "was packed for int8 and can be loaded at that precision only, not at bf16");
        try (Weights weights = PackedBytes.open(file, Precision.INT8)) {
            PackedBytes.outputs(weights);
            String message = assertThrows(WeightsException.class,
                    () -> weights.writePacked(folder.resolve("again"), Map.of())).getMessage();
            assertTrue(message.contains("is packed already"), message);
        }
        assertFalse(Files.exists(folder.resolve("again")));
    }

    /// Other programs may pad headers otherwise; a matrix must not lie across lines of the cache.
    @Test
    void refusesMatricesThatAreNotAligned() throws IOException {
        byte[] file = Files.readAllBytes(packed(Precision.BF16));
        byte[] moved = new byte[file.length + 8];
        int length = file[0] & 0xff | (file[1] & 0xff) << 8;
        System.arraycopy(file, 0, moved, 0, 8 + length);
        Arrays.fill(moved, 8 + length, 16 + length, (byte) ' ');
        System.arraycopy(file, 8 + length, moved, 16 + length, file.length - 8 - length);
        moved[0] = (byte) (length + 8);
        moved[1] = (byte) (length + 8 >> 8);
        Path changed = Files.write(folder.resolve("moved.safetensors"), moved);
        assertRefused(changed, "expected a packed matrix at a multiple of 64 bytes");
    }
}
