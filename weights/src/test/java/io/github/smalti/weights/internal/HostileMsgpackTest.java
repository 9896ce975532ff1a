package io.github.smalti.weights.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.DType;
import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Flax trees written byte by byte.
class HostileMsgpackTest {
    private static final int[] NO_SHAPE = {0x90};

    @TempDir
    private Path folder;

    private static byte[] join(Object... parts) {
        var out = new ByteArrayOutputStream();
        for (Object part : parts) {
            switch (part) {
                case Integer code -> out.write(code);
                case Character letter -> out.write(letter);
                case int[] codes -> out.writeBytes(join(java.util.Arrays.stream(codes).boxed().toArray()));
                case byte[] bytes -> out.writeBytes(bytes);
                case String text -> {
                    out.write(0xa0 | text.length());
                    out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
                }
                default -> throw new AssertionError(part);
            }
        }
        return out.toByteArray();
    }

    /// An array extension of these values.
    private static byte[] array(Object... values) {
        byte[] body = join(values);
        return join(0xc7, body.length, 1, body);
    }

    private static byte[] floats(int... shape) {
        int count = 1;
        for (int size : shape) count *= size;
        return array(0x93, 0x90 | shape.length, shape, "float32", 0xc4, 4 * count, new byte[4 * count]);
    }

    private void with(Consumer<TensorTable> use, byte[] bytes, ReadLimits limits) {
        try {
            Path path = Files.write(folder.resolve("m.msgpack"), bytes);
            try (MappedFile mapped = MappedFile.open(path, limits); TensorTable table = FlaxReader.read(mapped)) {
                use.accept(table);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void refuses(String mention, Object... parts) {
        String message = assertThrows(WeightsException.class, () -> with(_ -> {}, join(parts), ReadLimits.DEFAULT))
                .getMessage();
        assertTrue(message.contains("m.msgpack") && message.contains(mention), message);
    }

    @Test
    void passesOverLeavesOfEveryOtherKind() {
        byte[] tree = join(0xdf, 0, 0, 0, 14, "a", 0xc0, "b", 0xc3, "c", 0xca, new byte[4], "d", 0xcb, new byte[8], "e",
                0xd0, 0xff, "f", 0xd1, 0, 1, "g", 0xd2, 0, 0, 0, 1, "h", 0xc5, 0, 1, 7, "i", 0xda, 0, 1, 'x', "j", 0xdc,
                0, 2, 1, 0x91, 0xe0, "k", 0xdd, 0, 0, 0, 1, 0xc2, "l", 0xc7, 0, 2, "m", 0xdb, 0, 0, 0, 1, 'y', "w",
                floats(2));
        with(table -> assertEquals(List.of("w"), table.names()), tree, ReadLimits.DEFAULT);
    }

    @ParameterizedTest
    @CsvSource({"float32, F32, 4", "float16, F16, 2", "bfloat16, BF16, 2", "float64, F64, 8", "int64, I64, 8",
            "int32, I32, 4", "int16, I16, 2", "int8, I8, 1", "uint8, U8, 1", "bool, BOOL, 1"})
    void readsEveryElementType(String name, DType dtype, int bytes) {
        byte[] tree = join(0x81, "w", array(0x93, 0x91, 1, name, 0xc4, bytes, new byte[bytes]));
        with(table -> assertEquals(dtype, table.tensor("w").dtype()), tree, ReadLimits.DEFAULT);
    }

    @Test
    void refusesArraysOfOtherForms() {
        refuses("expected a msgpack map of tensors", 0x91, 1);
        refuses("expected an array body of shape, type and bytes", 0x81, "w", array(1));
        refuses("expected an array body of shape, type and bytes", 0x81, "w", array(0x92, NO_SHAPE, "float32"));
        refuses("expected a shape", 0x81, "w", array(0x93, 1, "float32", 0xc4, 0));
        refuses("expected a shape of integers", 0x81, "w", array(0x93, 0x91, 0xc0, "float32", 0xc4, 0));
        refuses("the type: expected a string, found INTEGER", 0x81, "w", array(0x93, NO_SHAPE, 1, 0xc4, 0));
        refuses("element type object is not supported", 0x81, "w", array(0x93, NO_SHAPE, "object", 0xc4, 0));
        refuses("expected the array's bytes", 0x81, "w", array(0x93, NO_SHAPE, "bool", "x"));
        refuses("bytes after the array's body", 0x81, "w", array(0x93, NO_SHAPE, "bool", 0xc4, 1, 0, 0));
        refuses("() bool takes 1 bytes, found 0", 0x81, "w", array(0x93, NO_SHAPE, "bool", 0xc4, 0));
        refuses("extension type 9", 0x81, "w", 0xc7, 0, 9);
        refuses("bytes after the end of the tree", 0x80, 1);
        refuses("a key of the tree: expected a string, found INTEGER", 0x81, 1, 1);
        refuses("w/x", 0x81, "w", 0x82, "x", 1, "x", 2);
    }

    @Test
    void refusesLengthsBeyondTheFile() {
        refuses("cut off", 0x81, "w", 0xc7, 200, 1);
        refuses("cut off", 0xdf, 255, 255, 255, 255);
        refuses("cut off", 0x81, "w", 0xdd, 255, 255, 255, 255);
        refuses("cut off", 0x81, "w", 0xcf, 1, 2);
        refuses("not msgpack: byte 0xc1 at 3", 0x81, "w", 0xc1);
    }

    private static Object[] chunked(Object shape, Object chunks) {
        return new Object[]{0x81, "w", 0x83, 0xb9, "__msgpack_chunked_array__".getBytes(StandardCharsets.US_ASCII),
                0xc3,
                "shape", shape, "chunks", chunks};
    }

    /// The marker's name is 25 characters long, so its head is one byte.
    private void refusesChunks(String mention, Object shape, Object chunks) {
        refuses(mention, chunked(shape, chunks));
    }

    @Test
    void joinsChunks() {
        byte[] tree = join(chunked(join(0x82, "0", 2, "1", 1), join(0x82, "0", floats(1), "1", floats(1))));
        with(table -> assertArrayEquals(new long[]{2, 1}, table.tensor("w").shape()), tree, ReadLimits.DEFAULT);
    }

    @Test
    void refusesChunksThatDoNotFit() {
        byte[] one = join(0x81, "0", floats(1));
        byte[] shape = join(0x81, "0", 1);
        refusesChunks("a chunked array without shape", 1, one);
        refusesChunks("a chunked array without chunks", shape, 1);
        refusesChunks("a chunked array without chunks", shape, 0x80);
        refusesChunks("the shape of a chunked array lacks axis 0", join(0x81, "1", 1), one);
        refusesChunks("the shape of a chunked array lacks axis 0", join(0x81, "0", 0xc0), one);
        refusesChunks("chunk 0 of 1 is missing or no array", shape, join(0x81, "0", 1));
        refusesChunks("chunk 0 of 1 is missing or no array", shape, join(0x81, "1", floats(1)));
        refusesChunks("chunk 0: expected a flat array", shape, join(0x81, "0", floats(1, 1)));
        refusesChunks("chunks of two types", shape, join(0x82, "0", floats(1), "1",
                array(0x93, 0x91, 1, "int8", 0xc4, 1, 0)));
        refusesChunks("chunks hold 4 bytes", join(0x81, "0", 2), one);
        refusesChunks("negative size", join(0x81, "0", 0xff), one);
        byte[] manyAxes = join(0x8f, "0", 1, "1", 1, "2", 1, "3", 1, "4", 1, "5", 1, "6", 1, "7", 1, "8", 1, "9", 1,
                "10", 1, "11", 1, "12", 1, "13", 1, "14", 1);
        assertTrue(assertThrows(WeightsException.class, () -> with(_ -> {}, join(chunked(manyAxes, one)),
                ReadLimits.DEFAULT.withRank(4))).getMessage().contains("lacks axis 4"));
    }

    @Test
    void obeysTheLimits() {
        byte[] two = join(0x82, "v", floats(1), "w", floats(1, 1));
        for (var limited : List.of(ReadLimits.DEFAULT.withTensors(1), ReadLimits.DEFAULT.withRank(1))) {
            assertThrows(WeightsException.class, () -> with(_ -> {}, two, limited));
        }
        byte[] deep = join(0x81, "a", 0x91, 0x91, 0x91, 1);
        String message = assertThrows(WeightsException.class,
                () -> with(_ -> {}, deep, ReadLimits.DEFAULT.withDepth(3)))
                .getMessage();
        assertTrue(message.contains("nested deeper than 3"), message);
        assertTrue(assertThrows(WeightsException.class,
                () -> with(_ -> {}, join(0x81, "abcd", 1), ReadLimits.DEFAULT.withNameBytes(3))).getMessage()
                .contains("a key of the tree of 4 bytes, at most 3"));
    }

    @Test
    void refusesTwoTensorsOfOnePath() {
        refuses("a/b in m.msgpack", 0x82, "a/b", floats(1), "a", 0x81, "b", floats(1));
    }
}
