package io.github.smalti.weights.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Headers as the three dialects of tar write them, and each way in which one can be wrong.
class TarReaderTest {
    private static final int SIZE_AT = 124;
    private static final int SUM_AT = 148;
    private static final int PREFIX_AT = 345;

    private final ByteArrayOutputStream archive = new ByteArrayOutputStream();

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }

    private TarReaderTest add(String name, char type, String content, Consumer<byte[]> change) {
        byte[] header = new byte[512];
        put(header, 0, name);
        put(header, SIZE_AT, String.format(Locale.ROOT, "%011o\0", content.length()));
        header[156] = (byte) type;
        put(header, 257, "ustar\00000");
        change.accept(header);
        Arrays.fill(header, SUM_AT, SUM_AT + 8, (byte) ' ');
        int sum = 0;
        for (byte b : header) sum += b & 0xff;
        put(header, SUM_AT, String.format(Locale.ROOT, "%06o\0", sum));
        archive.writeBytes(header);
        byte[] bytes = content.getBytes(StandardCharsets.ISO_8859_1);
        archive.writeBytes(Arrays.copyOf(bytes, (bytes.length + 511) / 512 * 512));
        return this;
    }

    private TarReaderTest add(String name, char type, String content) { return add(name, type, content, _ -> {}); }

    private TarReader reader() {
        archive.writeBytes(new byte[1024]);
        return new TarReader("a.tar", new ByteArrayInputStream(archive.toByteArray()), ReadLimits.DEFAULT);
    }

    private void refuses(String mention) {
        String message = assertThrows(WeightsException.class, reader()::next).getMessage();
        assertTrue(message.startsWith("a.tar") && message.contains(mention), message);
    }

    private void reads(String name, long size) throws IOException {
        assertEquals(new TarReader.Entry(name, false, size), reader().next());
    }

    @Test
    void joinsThePrefixOfLongNames() throws IOException {
        add("config.yaml", '0', "a: 1", header -> put(header, PREFIX_AT, "model/deep"));
        reads("model/deep/config.yaml", 4);
    }

    @Test
    void passesOverThePrefixOfGnuHeaders() throws IOException {
        add("config.yaml", '0', "a: 1", header -> {
            put(header, 257, "ustar  \0");
            put(header, PREFIX_AT, "12345670123");
        });
        reads("config.yaml", 4);
    }

    @Test
    void readsNamesThatFillTheirField() throws IOException {
        add("n".repeat(100), '0', "");
        reads("n".repeat(100), 0);
    }

    @ParameterizedTest
    @ValueSource(chars = {'0', '7', '\0'})
    void readsRegularFilesOfEveryAge(char type) throws IOException {
        add("x", type, "abc");
        TarReader reader = reader();
        assertEquals(3, reader.next().size());
        var out = new ByteArrayOutputStream();
        reader.copyTo(out);
        assertArrayEquals("abc".getBytes(StandardCharsets.US_ASCII), out.toByteArray());
        assertNull(reader.next());
    }

    @Test
    void passesOverGlobalAndOtherPaxRecords() throws IOException {
        add("global", 'g', "18 comment=abc=de\n").add("pax", 'x', "12 mtime=12\n").add("kept", '0', "");
        reads("kept", 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"x", "=", "12", "0 \n", "2 \n", "99 path=a\n", "1234567 path=a\n", "11path=ab\n", "12/path=a\n",
                    ":2 path=a\n"})
    void refusesDamagedPaxRecords(String records) {
        add("pax", 'x', records).add("kept", '0', "");
        refuses("a damaged pax header");
    }

    @ParameterizedTest
    @ValueSource(strings = {"11 size=77\n", "21 GNU.sparse.map=1,2\n"})
    void refusesSizesAndHolesInPaxForm(String records) {
        add("pax", 'x', records).add("kept", '0', "");
        refuses("in pax form or a sparse one, which is not supported");
    }

    @ParameterizedTest
    @ValueSource(chars = {'L', 'x', 'g'})
    void boundsHeadersThatStandForOthers(char type) {
        add("long", type, "", header -> put(header, SIZE_AT, "00000200001\0"));
        refuses("a header of 65537 bytes, at most 65536");
    }

    @ParameterizedTest
    @ValueSource(chars = {'L', 'x', 'g'})
    void refusesHeadersThatAreCutOff(char type) {
        add("long", type, "", header -> put(header, SIZE_AT, "00000020000\0"));
        refuses("the archive is cut off");
    }

    /// GNU tar writes sizes of 8 GiB and more as big-endian bytes behind a marked one.
    @Test
    void readsSizesInBase256() throws IOException {
        add("x", '0', "abc", header -> put(header, SIZE_AT, "\u0080\0\0\0\0\0\0\0\0\0\0\u0003"));
        reads("x", 3);
    }

    @Test
    void refusesHugeSizesInBase256() {
        add("x", '0', "", header -> put(header, SIZE_AT, "\u0080\u007f\0\0\0\0\0\0\0\0\0\0"));
        refuses("an entry of more than 2^62 bytes");
    }

    @Test
    void endsWhenALargeEntryIsNotThere() throws IOException {
        add("x", '0', "", header -> put(header, SIZE_AT, "\u0080\0\0\0\u003f\0\0\0\0\0\0\0"));
        TarReader reader = reader();
        assertEquals(0x3f00_0000_0000_0000L, reader.next().size());
        assertThrows(EOFException.class, reader::next);
        var again = new TarReader("a.tar", new ByteArrayInputStream(archive.toByteArray(), 0, 512), ReadLimits.DEFAULT);
        again.next();
        String message = assertThrows(WeightsException.class, () -> again.copyTo(new ByteArrayOutputStream()))
                .getMessage();
        assertTrue(message.contains("the archive is cut off"), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0000000009\0", "/0000000001", "zzzzzzzzzzz"})
    void refusesSizesThatAreNoOctalNumbers(String size) {
        add("x", '0', "", header -> put(header, SIZE_AT, size));
        refuses("a damaged header of an entry");
    }

    @Test
    void readsSizesThatEndWithASpaceOrFillTheirField() throws IOException {
        add("x", '0', "abc", header -> put(header, SIZE_AT, "3          \0"));
        reads("x", 3);
        archive.reset();
        add("x", '0', "abc", header -> put(header, SIZE_AT, "000000000003"));
        reads("x", 3);
    }

    @Test
    void refusesNamesThatContradictTheType() {
        add("folder", '5', "abc");
        refuses("folder \"folder\" with content");
        archive.reset();
        add("file/", '0', "abc");
        refuses("file \"file\" with the name of a folder");
        archive.reset();
        add("", '0', "abc");
        refuses("archive entry \"\", expected a plain path");
    }

    @Test
    void readsFoldersAndTheRoot() throws IOException {
        add("./", '5', "").add("./model/", '5', "").add("plain", '5', "");
        TarReader reader = reader();
        assertEquals(new TarReader.Entry("", true, 0), reader.next());
        assertEquals(new TarReader.Entry("model", true, 0), reader.next());
        assertEquals(new TarReader.Entry("plain", true, 0), reader.next());
    }
}
