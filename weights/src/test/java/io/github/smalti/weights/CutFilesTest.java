package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.SafetensorsWriter.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A checkpoint that another process cuts while it is mapped gives an exception, and the JVM lives.
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows does not let a mapped file be cut")
class CutFilesTest {
    private static final int SIZE = 512;

    @TempDir
    private Path folder;

    /// Opens a checkpoint, cuts its file and lets a model ask for weights.
    private void assertSaysCut(Consumer<Weights> model) throws IOException {
        var matrix = TensorView.contiguous(DType.F32, new long[]{SIZE, SIZE},
                MemorySegment.ofArray(new byte[SIZE * SIZE * 4]));
        var kernel = TensorView.contiguous(DType.F32, new long[]{64, 64, 3, 3},
                MemorySegment.ofArray(new byte[64 * 64 * 9 * 4]));
        var vector = TensorView.contiguous(DType.F32, new long[]{SIZE}, MemorySegment.ofArray(new byte[SIZE * 4]));
        Path file = folder.resolve("cut.safetensors");
        Files.deleteIfExists(file);
        SafetensorsWriter.write(file, List.of(new Tensor("first.weight", DType.F32, matrix),
                new Tensor("a.weight", DType.F32, matrix), new Tensor("c.weight", DType.F32, kernel),
                new Tensor("c.bias", DType.F32, vector.slice(0, 0, 64)), new Tensor("a.bias", DType.F32, vector)),
                Map.of());
        Checkpoint checkpoint = Checkpoints.open(file);
        try (var weights = new Weights(checkpoint, TensorLocation::of, Compute.shared(), Precision.BF16)) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(SIZE * SIZE * 2);
            }
            String message = assertThrows(WeightsException.class, () -> model.accept(weights)).getMessage();
            assertTrue(message.contains("safetensors: ")
                    && message.contains("was changed by another process while it was in use"), message);
        }
    }

    @Test
    void loadingEachKindOfLayerSaysSo() throws IOException {
        assertSaysCut(weights -> weights.vector("a.bias", SIZE));
        assertSaysCut(weights -> weights.linear("a", SIZE, SIZE, false));
        assertSaysCut(weights -> weights.fusedLinear(new String[]{"first", "a"}, SIZE, SIZE, false));
        assertSaysCut(weights -> weights.conv2d("c", 64, 64, 3, 1));
        assertSaysCut(weights -> weights.conv3x3("c", 64, 64, 1 << 16));
        assertSaysCut(weights -> weights.each("", 2, _ -> weights.vector("a.bias", SIZE)));
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void packingSaysSoAtEveryPrecision(Precision precision) throws IOException {
        assertSaysCut(weights -> {
            var other = new Weights(new Uncloseable(weights), TensorLocation::of, Compute.shared(), precision);
            try (other) {
                other.linear("a", SIZE, SIZE, false);
            }
        });
    }

    /// The checkpoint of open weights, which those close.
    private record Uncloseable(Weights weights) implements Checkpoint {
        @Override
        public String file() { return weights.file(); }

        @Override
        public List<String> names() { return List.of(); }

        @Override
        public boolean has(String name) { return weights.has(name); }

        @Override
        public TensorView tensor(String name) { return weights.tensor(name); }

        @Override
        public void close() {}
    }

    @Test
    void matricesOfEightBitsSaySo() throws IOException {
        MemorySegment zeros = MemorySegment.ofArray(new byte[SIZE * SIZE * 4]);
        var matrix = TensorView.contiguous(DType.F32, new long[]{SIZE, SIZE}, zeros);
        Path file = folder.resolve("int8.safetensors");
        SafetensorsWriter.write(file, Int8Tensors.of("a.weight", matrix, 1), Map.of());
        Checkpoint checkpoint = Checkpoints.open(file);
        try (var weights = new Weights(checkpoint, TensorLocation::of, Compute.shared(), Precision.INT8)) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(SIZE * SIZE / 2);
            }
            String message = assertThrows(WeightsException.class, () -> weights.linear("a", SIZE, SIZE, false))
                    .getMessage();
            assertTrue(message.contains("was changed by another process while it was in use"), message);
        }
    }

    @Test
    void writingAndCountingSaySo() throws IOException {
        assertSaysCut(weights -> TensorStatistics.of(weights.tensor("a.weight"), weights.file()));
        Path copy = folder.resolve("copy.safetensors");
        assertSaysCut(weights -> {
            try {
                SafetensorsWriter.write(copy, List.of(new Tensor("a", DType.BF16, weights.tensor("a.weight"))),
                        Map.of());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        assertEquals(false, Files.exists(copy));
    }

    @Test
    void deletingTheFileDoesNoHarm() throws IOException {
        var vector = TensorView.contiguous(DType.F32, new long[]{SIZE}, MemorySegment.ofArray(new byte[SIZE * 4]));
        Path file = folder.resolve("gone.safetensors");
        SafetensorsWriter.write(file, List.of(new Tensor("a", DType.F32, vector)), Map.of());
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            Files.delete(file);
            assertEquals(0, TensorStatistics.of(checkpoint.tensor("a"), "gone").max());
        }
    }
}
