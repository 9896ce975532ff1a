package io.github.smalti.weights.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// One number of a good zip changed at a time: each contradiction is refused with its own sentence.
class HostileZipsTest {
    private static final byte[] PICKLE = {'N', '.'};
    private static final byte[] DATA = {1, 2, 3};
    private static final byte[] TEXT = "tensor ".repeat(20).getBytes(StandardCharsets.US_ASCII);
    private static final String NAME = "r/data.pkl";
    private static final int FIRST = 30 + NAME.length() + PICKLE.length;
    private static final int END = 22;

    @TempDir
    private Path folder;

    private void withArchive(byte[] bytes, ReadLimits limits, Consumer<TorchArchive> use) {
        try (MappedFile mapped = MappedFile.open(Files.write(folder.resolve("made.pt"), bytes), limits)) {
            use.accept(new TorchArchive(mapped));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void refuses(String mention, byte[] bytes, Consumer<TorchArchive> use) {
        String message = assertThrows(WeightsException.class, () -> withArchive(bytes, ReadLimits.DEFAULT, use))
                .getMessage();
        assertTrue(message.startsWith("made.pt") && message.contains(mention), message);
    }

    private static byte[] good() { return new TorchZip().add(NAME, PICKLE).add("r/data/0", DATA).bytes(); }

    private static int directory() { return FIRST + 30 + "r/data/0".length() + DATA.length; }

    /// Places: `E` counts from the end record, `D` from the first entry of the directory, `L` from the first header.
    @ParameterizedTest
    @CsvSource({"E4, 2, 1, a zip of several parts", "E6, 2, 1, a zip of several parts",
            "E8, 2, 1, a zip of several parts", "E12, 4, 7, the zip directory of 2 entries should take 7 bytes",
            "E16, 4, 99999, which is not before its end", "D0, 4, 7, a damaged entry in the zip directory at byte ",
            "D8, 2, 1, is encrypted", "D8, 2, 8, described in two ways", "D10, 2, 8, described in two ways",
            "D16, 4, 7, described in two ways", "D20, 4, 1, does not lie within the file",
            "D24, 4, 1, does not lie within the file", "D28, 2, 60000, reaches past its end",
            "D28, 2, 9, described in two ways", "D32, 2, 1, a damaged entry in the zip directory at byte ",
            "D42, 4, 1, where no entry is", "D42, 4, 99999, where no entry is",
            "L14, 4, 0, described in two ways", "L18, 4, 1, described in two ways",
            "L22, 4, 1, described in two ways", "L26, 2, 9, described in two ways"})
    void refusesContradictions(String place, int width, int value, String mention) {
        byte[] bytes = good();
        int base = switch (place.charAt(0)) {
            case 'E' -> bytes.length - END;
            case 'D' -> directory();
            default -> 0;
        };
        ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int at = base + Integer.parseInt(place.substring(1));
        if (width == 2) out.putShort(at, (short) value);
        else
            out.putInt(at, value);
        refuses(mention, bytes, _ -> {});
    }

    @Test
    void refusesSizesThatReachIntoTheNextEntry() {
        byte[] bytes = good();
        ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int at : new int[]{18, 22, directory() + 20, directory() + 24}) out.putInt(at, PICKLE.length + 1);
        refuses("overlaps another one", bytes, _ -> {});
    }

    @Test
    void refusesNamesInOtherEncodings() {
        byte[] bytes = good();
        bytes[30] = (byte) 0xff;
        bytes[directory() + 46] = (byte) 0xff;
        refuses("a zip entry whose name is no valid UTF-8", bytes, _ -> {});
    }

    @Test
    void refusesADirectoryWithMoreThanItsEntries() {
        byte[] bytes = good();
        ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.putShort(bytes.length - END + 8, (short) 1).putShort(bytes.length - END + 10, (short) 1);
        refuses("the zip directory does not end where it says", bytes, _ -> {});
    }

    /// A good zip with the end record and locator of zip64, as PyTorch writes it beyond 4 GiB.
    private static byte[] zip64(Consumer<ByteBuffer> damage) {
        byte[] good = good();
        int end = good.length - END;
        ByteBuffer out = ByteBuffer.allocate(good.length + 76).order(ByteOrder.LITTLE_ENDIAN);
        out.put(good, 0, end).putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45).putInt(0)
                .putInt(0);
        out.putLong(2).putLong(2).putLong(end - directory()).putLong(directory());
        out.putInt(0x07064b50).putInt(0).putLong(end).putInt(1).put(good, end, END);
        out.putShort(end + 76 + 8, (short) -1).putShort(end + 76 + 10, (short) -1).putInt(end + 76 + 12, -1);
        out.putInt(end + 76 + 16, -1);
        damage.accept(out);
        return out.array();
    }

    @Test
    void readsTheZip64EndRecordUnlessItContradicts() {
        int end = good().length - END;
        withArchive(zip64(_ -> {}), ReadLimits.DEFAULT,
                archive -> assertArrayEquals(DATA, archive.record("data/0").toArray(ValueLayout.JAVA_BYTE)));
        withArchive(zip64(out -> out.putShort(end + 84, (short) 2).putShort(end + 86, (short) 2)), ReadLimits.DEFAULT,
                archive -> assertTrue(archive.has("data/0")));
        String elsewhere = "the zip64 end record lies elsewhere";
        refuses(elsewhere, zip64(out -> out.putLong(end + 56 + 8, 0)), _ -> {});
        refuses(elsewhere, zip64(out -> out.putInt(end, 0)), _ -> {});
        refuses("zip and zip64 records contradict", zip64(out -> out.putInt(end + 76 + 12, 5)), _ -> {});
        refuses("which is not before its end", zip64(out -> out.putLong(end + 48, -1)), _ -> {});
        refuses("which is not before its end", zip64(out -> out.putLong(end + 40, -1)), _ -> {});
        refuses("a zip of -1 entries", zip64(out -> out.putLong(end + 32, -1)), _ -> {});
        refuses("a zip of 0 entries", zip64(out -> out.putLong(end + 32, 0)), _ -> {});
    }

    @Test
    void refusesZip64EntriesWithoutTheirSizes() {
        byte[] bytes = new TorchZip().add(NAME, PICKLE).add(new TorchZip.Entry("r/data/0", "r/data/0", 0, true, DATA))
                .bytes();
        ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int extra = bytes.length - END - 28;
        assertEquals(1, out.getShort(extra));
        out.putShort(extra, (short) 2);
        refuses("zip entry r/data/0 lacks its 64-bit sizes", bytes, _ -> {});
        out.putShort(extra, (short) 1).putShort(extra + 2, (short) 8);
        refuses("zip entry r/data/0 lacks its 64-bit sizes", bytes, _ -> {});
        out.putShort(extra + 2, (short) 24).putLong(extra + 4, -5).putLong(extra + 12, -5);
        refuses("zip entry r/data/0 of -5 bytes does not lie within", bytes, _ -> {});
        out.putLong(extra + 4, 3).putLong(extra + 12, 3).putLong(extra + 20, -1);
        refuses("zip entry r/data/0 points to byte -1", bytes, _ -> {});
    }

    /// `java.util.zip` writes sizes behind deflated entries; they stand as zeros in front of them.
    private static byte[] deflated(byte[] content) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(out)) {
            for (String name : new String[]{NAME, "r/code.py"}) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write(name.equals(NAME) ? PICKLE : content);
                zip.closeEntry();
            }
        }
        return out.toByteArray();
    }

    @Test
    void inflatesOnce() throws IOException {
        withArchive(deflated(TEXT), ReadLimits.DEFAULT, archive -> {
            MemorySegment code = archive.record("code.py");
            assertArrayEquals(TEXT, code.toArray(ValueLayout.JAVA_BYTE));
            assertSame(code, archive.record("code.py"));
        });
    }

    private static byte[] raw(byte[] content, byte[] dictionary) {
        Deflater deflater = new Deflater(9, dictionary.length == 0);
        if (dictionary.length > 0) deflater.setDictionary(dictionary);
        deflater.setInput(content);
        deflater.finish();
        byte[] out = new byte[1000];
        int length = deflater.deflate(out);
        deflater.end();
        return Arrays.copyOf(out, length);
    }

    private void inflate(String mention, byte[] packed, long size, ReadLimits limits) throws IOException {
        Path file = Files.write(folder.resolve("made.pt"), good());
        try (MappedFile mapped = MappedFile.open(file, limits)) {
            var entries = new InflatedEntries(mapped);
            String message = assertThrows(WeightsException.class,
                    () -> entries.inflate("x", MemorySegment.ofArray(packed), size, 0)).getMessage();
            assertTrue(message.contains(mention), message);
        }
    }

    @Test
    void refusesDeflatedEntriesThatAreNotWhatTheySay() throws IOException {
        byte[] packed = raw(TEXT, new byte[0]);
        ReadLimits limits = ReadLimits.DEFAULT;
        inflate("zip entry x has a wrong checksum", packed, TEXT.length, limits);
        inflate("zip entry x has a wrong length", packed, TEXT.length + 1, limits);
        inflate("zip entry x has a wrong length", packed, TEXT.length - 1, limits);
        inflate("zip entry x is cut off", Arrays.copyOf(packed, packed.length - 3), TEXT.length, limits);
        inflate("zip entry x is cut off", new byte[0], 1, limits);
        inflate("bytes follow the end of zip entry x", Arrays.copyOf(packed, packed.length + 1), TEXT.length, limits);
        inflate("zip entry x is damaged", new byte[]{6, 6, 6}, 3, limits);
        inflate("inflates from " + packed.length + " bytes to 99999999", packed, 99_999_999, limits);
        inflate("its entries inflate to more than 10 bytes", packed, TEXT.length, limits.withInflatedBytes(10));
    }

    @ParameterizedTest
    @CsvSource({"big, byte order \"big\" is not supported", "'', byte order \"\" is not supported",
            "little-endian-and-more, byte order \"little-endian-an\""})
    void refusesOtherByteOrders(String order, String mention) throws IOException {
        byte[] zip = new TorchZip().add(NAME, PICKLE).add("r/byteorder", order.getBytes(StandardCharsets.US_ASCII))
                .bytes();
        Path file = Files.write(folder.resolve("made.pt"), zip);
        try (MappedFile mapped = MappedFile.open(file, ReadLimits.DEFAULT)) {
            String message = assertThrows(WeightsException.class, () -> TorchReader.read(mapped)).getMessage();
            assertTrue(message.contains(mention), message);
        }
    }

    @ParameterizedTest
    @CsvSource({"80 75 3 4, true", "80 75 5 6, true", "80 76 3 4, false", "81 75 3 4, false", "80 75 3 5, false",
            "80 75 5 4, false", "80 75 7 8, false", "80 75 3, false"})
    void recognisesZipsByTheirFirstBytes(String bytes, boolean isZip) {
        String[] numbers = bytes.split(" ");
        byte[] start = new byte[numbers.length];
        for (int i = 0; i < start.length; i++) start[i] = Byte.parseByte(numbers[i]);
        assertEquals(isZip, TorchReader.recognises(MemorySegment.ofArray(start)));
    }
}
