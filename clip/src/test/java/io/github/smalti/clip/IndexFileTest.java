package io.github.smalti.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.clip.SemanticIndex.Item;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.golden.Checksums;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class IndexFileTest {
    @TempDir
    private Path folder;

    private Path file() { return folder.resolve("some.index"); }

    /// A file of some vectors.
    static byte[] written(Path file, Precision precision, int count, int width) throws IOException {
        try (var index = SemanticIndex.create(TestPictures.SCALAR, width, precision)) {
            if (count > 0) {
                float[][] vectors = SemanticIndexTest.vectors(count, width, 1);
                for (int i = 0; i < count; i++) index.add(new Item("picture " + i + " é", "note " + i % 3), vectors[i]);
            }
            index.describe("{\"clip\": \"ViT-8\"}");
            index.save(file);
        }
        return Files.readAllBytes(file);
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "INT8"})
    void readingGivesWhatWasWritten(Precision precision) throws IOException {
        for (int count : new int[]{0, 1, 16, 17, 64, 300}) {
            byte[] bytes = written(file(), precision, count, 13);
            float[][] vectors = count == 0 ? new float[0][] : SemanticIndexTest.vectors(count, 13, 1);
            try (var loaded = SemanticIndex.load(file(), Compute.shared());
                    var mapped = SemanticIndex.map(file(), Compute.shared())) {
                for (SemanticIndex index : List.of(loaded, mapped)) {
                    assertEquals(count, index.size());
                    assertEquals(13, index.width());
                    assertEquals(precision, index.precision());
                    assertEquals("{\"clip\": \"ViT-8\"}", index.about());
                    for (int i = 0; i < count; i++) {
                        assertEquals(new Item("picture " + i + " é", "note " + i % 3), index.item(i));
                        assertArrayEquals(vectors[i], index.vector(i), precision == Precision.F32 ? 0 : 0.004f);
                    }
                    Path again = folder.resolve("again.index");
                    index.save(again);
                    assertArrayEquals(bytes, Files.readAllBytes(again));
                }
                assertTrue(mapped.isMapped() && !loaded.isMapped());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "INT8"})
    void aLoadedIndexGrowsAsIfItHadNeverBeenSaved(Precision precision) throws IOException {
        float[][] vectors = SemanticIndexTest.vectors(300, 13, 1);
        byte[] whole = written(folder.resolve("whole.index"), precision, 300, 13);
        written(file(), precision, 70, 13);
        try (var index = SemanticIndex.load(file(), TestPictures.SCALAR)) {
            for (int i = 70; i < 300; i++) index.add(new Item("picture " + i + " é", "note " + i % 3), vectors[i]);
            index.save(file());
        }
        assertArrayEquals(whole, Files.readAllBytes(file()));
        try (var mapped = SemanticIndex.map(file(), TestPictures.SCALAR)) {
            var refusal = assertThrows(IllegalStateException.class, () -> mapped.add("more", vectors[0]));
            assertTrue(refusal.getMessage().contains("load"), refusal.getMessage());
        }
    }

    /// The layout that docs/zero-shot.md describes, read without any class of this package.
    @Test
    void layoutIsTheDocumentedOne() throws IOException {
        for (Precision precision : List.of(Precision.F32, Precision.INT8)) {
            ByteBuffer bytes = ByteBuffer.wrap(written(file(), precision, 20, 6)).order(ByteOrder.LITTLE_ENDIAN);
            assertEquals("\u0089SMX\r\n\u001a\n", new String(bytes.array(), 0, 8, StandardCharsets.ISO_8859_1));
            assertEquals(1, bytes.getInt(8));
            assertEquals(precision == Precision.F32 ? 0 : 1, bytes.getInt(12));
            assertEquals(6, bytes.getInt(16));
            assertEquals(20, bytes.getInt(20));
            int about = bytes.getInt(64);
            assertEquals("picture 0 é".getBytes(StandardCharsets.UTF_8).length, bytes.getInt(68 + about));
            int vectorsAt = bytes.capacity() - (int) bytes.getLong(32);
            assertEquals((64 + bytes.getLong(24) + 63) / 64 * 64, vectorsAt);
            float[][] vectors = SemanticIndexTest.vectors(20, 6, 1);
            int words = precision == Precision.F32 ? 6 : 2; // of a vector
            for (int i = 0; i < 20; i++) {
                for (int d = 0; d < 6; d++) {
                    int word = precision == Precision.F32 ? d : d / 4;
                    int at = vectorsAt + ((i / 16 * words + word) * 16 + i % 16) * 4;
                    float scale = precision == Precision.F32 ? 0 : bytes.getFloat(vectorsAt + (2 * words * 16 + i) * 4);
                    float value = precision == Precision.F32
                            ? bytes.getFloat(at)
                            : (bytes.getInt(at) << 8 * (d % 4)) * scale;
                    assertEquals(vectors[i][d], value, precision == Precision.F32 ? 0 : 0.004, i + " " + d);
                }
            }
        }
    }

    private void assertRefused(byte[] bytes, String... parts) throws IOException {
        Files.write(file(), bytes);
        List<Consumer<Path>> readers = List.of(file -> SemanticIndex.load(file, TestPictures.SCALAR).close(),
                file -> SemanticIndex.map(file, TestPictures.SCALAR).close());
        for (Consumer<Path> reader : readers) {
            String message = assertThrows(IndexFileException.class, () -> reader.accept(file())).getMessage();
            assertTrue(message.startsWith(file().toString()), message);
            for (String part : parts) assertTrue(message.contains(part), message + "\nlacks " + part);
        }
    }

    private static byte[] with(byte[] good, int at, int width, long value) {
        ByteBuffer bytes = ByteBuffer.wrap(good.clone()).order(ByteOrder.LITTLE_ENDIAN);
        if (width == 4) bytes.putInt(at, (int) value);
        if (width == 8) bytes.putLong(at, value);
        if (width == 1) bytes.put(at, (byte) value);
        return Checksums.ofIndex(bytes.array());
    }

    @Test
    void refusesFilesThatAreNoWholeIndex() throws IOException {
        byte[] good = written(file(), Precision.INT8, 20, 6);
        int vectorsAt = good.length - (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong(32);
        assertRefused(new byte[0], "found 0 bytes");
        assertRefused("no index at all ".repeat(9).getBytes(StandardCharsets.US_ASCII), "another kind of file");
        assertRefused(with(good, 8, 4, 2), "version 1", "found 2");
        assertRefused(with(good, 12, 4, 2), "precision 0 or 1, found 2");
        assertRefused(with(good, 16, 4, 0), "1 to 8192 numbers", "found 0");
        assertRefused(with(good, 16, 4, 7000), "bytes of vectors");
        assertRefused(with(good, 20, 4, Integer.MAX_VALUE), "0 to 67108864 vectors");
        assertRefused(with(good, 20, 4, 21), "text");
        assertRefused(with(good, 20, 4, 19), "no text after the last");
        assertRefused(with(good, 24, 8, Long.MAX_VALUE), "bytes of texts");
        assertRefused(with(good, 24, 8, 1 << 20), "bytes of the file");
        assertRefused(with(good, 32, 8, 1L << 40), "bytes of vectors");
        assertRefused(with(good, 50, 1, 1), "zeros");
        assertRefused(with(good, vectorsAt - 1, 1, 1), "zeros between");
        assertRefused(with(good, 64, 4, -1), "text of at most");
        assertRefused(with(good, 68, 1, 0xff), "UTF-8");
        assertRefused(with(good, good.length - 4, 4, 1), "zeros after them", "found another one at 31");
        assertRefused(with(good, good.length - 64, 4, 0x7fc00000), "length 1", "at 16");
        assertRefused(java.util.Arrays.copyOf(good, good.length - 1), "bytes of the file");
        assertRefused(java.util.Arrays.copyOf(good, good.length + 1), "bytes of the file");
        for (int at : new int[]{20, 70, vectorsAt + 5}) {
            byte[] flipped = good.clone();
            flipped[at] ^= 4;
            assertRefused(flipped, "checksum", "damaged", "anew");
        }
        Path none = folder.resolve("none.index");
        String missing = assertThrows(IndexFileException.class, () -> SemanticIndex.load(none, TestPictures.SCALAR))
                .getMessage();
        assertEquals(none + ": no such file", missing);
        assertThrows(IndexFileException.class, () -> SemanticIndex.load(folder, TestPictures.SCALAR));
    }

    @Test
    void aFileThatCannotBeWrittenLeavesTheOldOneAndNothingElse() throws IOException {
        byte[] good = written(file(), Precision.F32, 3, 6);
        try (var index = SemanticIndex.load(file(), TestPictures.SCALAR)) {
            Path nowhere = folder.resolve("no/such/folder/x.index");
            String message = assertThrows(IndexFileException.class, () -> index.save(nowhere)).getMessage();
            assertTrue(message.contains("there is no such folder"), message);
            Path full = Files.createDirectories(folder.resolve("full"));
            Files.write(full.resolve("inside"), new byte[1]);
            assertThrows(IndexFileException.class, () -> index.save(full));
        }
        assertArrayEquals(good, Files.readAllBytes(file()));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of("full", "some.index"), files.map(f -> f.getFileName().toString()).sorted().toList());
        }
    }
}
