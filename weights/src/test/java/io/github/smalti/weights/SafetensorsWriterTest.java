package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.TensorView;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.SafetensorsWriter.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsWriterTest {
    @TempDir
    private Path folder;

    private static TensorView floats(long[] shape, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) bytes.putFloat(value);
        return TensorView.contiguous(DType.F32, shape, MemorySegment.ofArray(bytes.array()));
    }

    private void assertOnly(String... names) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(names), files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"vqgan/f4-attn/last.ckpt", "clip/openai/model-torchscript.pt",
            "dalle-mini/mini-chunked/flax_model.msgpack", "dalle-mini/mega-fp16/flax_model.msgpack",
            "bad-files/safetensors/good-unsorted.safetensors"})
    void whatIsWrittenAsStoredReadsAsTheSameBytes(String name) throws IOException {
        Path file = folder.resolve("out.safetensors");
        try (Checkpoint source = Checkpoints.open(GoldenCase.path(name))) {
            List<Tensor> tensors = new ArrayList<>();
            for (String tensor : source.names()) {
                TensorView view = source.tensor(tensor);
                tensors.add(new Tensor(tensor, view.dtype(), view));
            }
            SafetensorsWriter.write(file, tensors, Map.of("source", name));
            try (Checkpoint copy = Checkpoints.open(file)) {
                assertEquals(source.names().size(), copy.names().size());
                for (String tensor : source.names()) {
                    TensorView expected = source.tensor(tensor);
                    TensorView found = copy.tensor(tensor);
                    assertEquals(expected.toString(), found.toString());
                    assertArrayEquals(expected.toFloats(), found.toFloats(), tensor);
                }
            }
        }
    }

    @Test
    void writesTurnedMatricesOfEveryTypeInTheirOrder() throws IOException {
        byte[] raw = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
        TensorView shorts = TensorView.contiguous(DType.I16, new long[]{2, 3}, MemorySegment.ofArray(raw)).permute(1,
                0);
        TensorView matrix = floats(new long[]{2, 2}, 1, 2, 3, 4).permute(1, 0);
        Path file = folder.resolve("out.safetensors");
        SafetensorsWriter.write(file, List.of(new Tensor("s", DType.I16, shorts), new Tensor("m", DType.F32, matrix),
                new Tensor("b", DType.BF16, matrix), new Tensor("e", DType.F32, floats(new long[]{0}))), Map.of());
        try (Checkpoint read = Checkpoints.open(file)) {
            assertArrayEquals(shorts.toLongs(), read.tensor("s").toLongs());
            assertArrayEquals(new float[]{1, 3, 2, 4}, read.tensor("m").toFloats());
            assertArrayEquals(new float[]{1, 3, 2, 4}, read.tensor("b").toFloats());
            assertEquals(0, read.tensor("e").elementCount());
        }
        byte[] written = Files.readAllBytes(file);
        long header = ByteBuffer.wrap(written).order(ByteOrder.LITTLE_ENDIAN).getLong();
        assertEquals(0, header % 8);
        assertEquals(written.length, 8 + header + 12 + 16 + 8);
    }

    @Test
    void roundsAsTheEngineDoes() throws IOException {
        float[] values = new float[100_000];
        for (int i = 0; i < values.length; i++) values[i] = (float) Math.sin(i) * (i % 7 + 1e-3f);
        TensorView source = floats(new long[]{100, 1000}, values);
        Path file = folder.resolve("out.safetensors");
        SafetensorsWriter.write(file, List.of(new Tensor("b", DType.BF16, source), new Tensor("h", DType.F16, source)),
                Map.of());
        try (Checkpoint read = Checkpoints.open(file)) {
            short[] brain = read.tensor("b").bytes().toArray(ValueLayout.JAVA_SHORT_UNALIGNED);
            short[] half = read.tensor("h").bytes().toArray(ValueLayout.JAVA_SHORT_UNALIGNED);
            for (int i = 0; i < values.length; i++) {
                assertEquals((short) PackedMatrix.toBfloat16(values[i]), brain[i], "bf16 of " + values[i]);
                assertEquals(Float.floatToFloat16(values[i]), half[i], "f16 of " + values[i]);
            }
        }
    }

    @Test
    void leavesNothingBehindWhenItFails() throws IOException {
        Path file = folder.resolve("out.safetensors");
        var tooLarge = List.of(new Tensor("w", DType.F16, floats(new long[]{2}, 1, 70_000)));
        String message = assertThrows(WeightsException.class,
                () -> SafetensorsWriter.write(file, tooLarge, Map.of())).getMessage();
        assertTrue(message.contains("w in out.safetensors") && message.contains("70000"), message);
        assertOnly();
        Files.writeString(file, "mine");
        var good = List.of(new Tensor("w", DType.F32, floats(new long[]{1}, 1)));
        assertThrows(FileAlreadyExistsException.class, () -> SafetensorsWriter.write(file, good, Map.of()));
        assertEquals("mine", Files.readString(file));
        assertOnly("out.safetensors");
        // a tensor that repeats four bytes far beyond any disk
        var huge = new TensorView(DType.F32, new long[]{1L << 40, 1L << 10}, new long[]{0, 0},
                MemorySegment.ofArray(new byte[4]), 0);
        Path other = folder.resolve("huge.safetensors");
        String full = assertThrows(IOException.class,
                () -> SafetensorsWriter.write(other, List.of(new Tensor("w", DType.F32, huge)), Map.of())).getMessage();
        assertTrue(full.contains("free"), full);
        assertOnly("out.safetensors");
    }

    @Test
    void refusesTypesThatWouldChangeMoreThanPrecision() {
        TensorView floats = floats(new long[]{1}, 1);
        assertThrows(IllegalArgumentException.class, () -> new Tensor("w", DType.I8, floats));
        assertThrows(IllegalArgumentException.class, () -> new Tensor("w", DType.F64, floats));
    }

    @Test
    void refusesNamesThatComeTwiceAndPartsThatAreNotAll() throws IOException {
        Path file = folder.resolve("out.safetensors");
        var once = new Tensor("w", DType.F32, floats(new long[]{1}, 1));
        assertEquals("two tensors named w", assertThrows(IllegalArgumentException.class,
                () -> SafetensorsWriter.write(file, List.of(once, once), Map.of())).getMessage());
        for (int parts : new int[]{1, 3}) {
            var other = new Tensor("w", DType.F32, new long[]{2}, parts, _ -> floats(new long[]{1}, 1));
            assertEquals("w: its parts are not all of its elements", assertThrows(IllegalArgumentException.class,
                    () -> SafetensorsWriter.write(file, List.of(other), Map.of())).getMessage());
        }
        assertOnly();
    }

    /// More than a buffer: a column of a matrix as stored, and half precision that is widened; infinity stays.
    @Test
    void writesLongColumnsAndWidens() throws IOException {
        float[] values = new float[200_000];
        for (int i = 0; i < values.length; i++) values[i] = i % 2048;
        values[4] = Float.POSITIVE_INFINITY;
        TensorView matrix = floats(new long[]{100_000, 2}, values);
        TensorView column = matrix.permute(1, 0).select(0, 0);
        Path half = folder.resolve("half.safetensors");
        SafetensorsWriter.write(half, List.of(new Tensor("h", DType.F16, matrix)), Map.of());
        Path file = folder.resolve("out.safetensors");
        try (Checkpoint from = Checkpoints.open(half)) {
            SafetensorsWriter.write(file, List.of(new Tensor("column", DType.F32, column),
                    new Tensor("wide", DType.F32, from.tensor("h"))), Map.of());
        }
        try (Checkpoint read = Checkpoints.open(file)) {
            assertArrayEquals(column.toFloats(), read.tensor("column").toFloats());
            assertArrayEquals(values, read.tensor("wide").toFloats());
        }
    }
}
