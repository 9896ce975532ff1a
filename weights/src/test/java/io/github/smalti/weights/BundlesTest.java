package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BundlesTest {
    private static final byte[] DATA = "abc".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    private Path folder;
    private final ByteArrayOutputStream tar = new ByteArrayOutputStream();

    private BundlesTest add(String name, char type, byte[] data) {
        byte[] header = new byte[512];
        byte[] raw = name.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(raw, 0, header, 0, Math.min(100, raw.length));
        text(header, 100, "0000644");
        text(header, 124, String.format(Locale.ROOT, "%011o", data.length));
        header[156] = (byte) type;
        text(header, 257, "ustar");
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : header) sum += b & 0xff;
        text(header, 148, String.format(Locale.ROOT, "%06o", sum));
        header[154] = 0;
        tar.writeBytes(header);
        tar.writeBytes(Arrays.copyOf(data, (data.length + 511) / 512 * 512));
        return this;
    }

    private static void text(byte[] out, int at, String text) {
        byte[] raw = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(raw, 0, out, at, raw.length);
    }

    private Path file(boolean isGzip) throws IOException {
        tar.writeBytes(new byte[1024]);
        var out = new ByteArrayOutputStream();
        if (isGzip) {
            try (var gzip = new GZIPOutputStream(out)) {
                tar.writeTo(gzip);
            }
        } else {
            tar.writeTo(out);
        }
        return Files.write(folder.resolve("bundle.tar.gz"), out.toByteArray());
    }

    private void assertRefused(String mention, ReadLimits limits) throws IOException {
        Path file = file(true);
        Path out = folder.resolve("out");
        String message = assertThrows(WeightsException.class, () -> Bundles.unpack(file, out, limits)).getMessage();
        assertTrue(message.contains(mention), message);
        assertTrue(message.contains("bundle.tar.gz"), message);
        assertOnlyTheArchive();
    }

    private void assertOnlyTheArchive() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of("bundle.tar.gz"), files.map(f -> f.getFileName().toString()).toList());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void unpacksFilesAndFoldersWithLongNames(boolean isGzip) throws IOException {
        String longName = "1.3B/" + "n".repeat(150);
        byte[] large = new byte[200_000];
        new Random(1).nextBytes(large);
        add("./", '5', new byte[0]).add("1.3B/", '5', new byte[0]).add("./1.3B/config.yaml", '0', DATA);
        add("1.3B/stage2_last.ckpt", '0', large);
        add("././@LongLink", 'L', (longName + "\0").getBytes(StandardCharsets.UTF_8)).add("cut", '0', DATA);
        add("pax", 'x', "20 mtime=1234567890\n17 path=1.3B/pax\n".getBytes(StandardCharsets.UTF_8)).add("cut", '0',
                DATA);
        Path out = folder.resolve("out");
        List<Path> files = Bundles.unpack(file(isGzip), out, ReadLimits.DEFAULT);
        assertEquals(List.of(out.resolve("1.3B/config.yaml"), out.resolve("1.3B/stage2_last.ckpt"),
                out.resolve(longName), out.resolve("1.3B/pax")), files);
        assertArrayEquals(DATA, Files.readAllBytes(files.getFirst()));
        assertArrayEquals(large, Files.readAllBytes(files.get(1)));
        assertArrayEquals(DATA, Files.readAllBytes(files.get(3)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "a/../../x", "/etc/passwd", "a\\..\\x", "C:/x", "a//x", ".."})
    void refusesNamesThatLeadOut(String name) throws IOException {
        add("good", '0', DATA).add(name, '0', DATA);
        assertRefused("expected a plain path", ReadLimits.DEFAULT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a/NUL", "con.txt", "COM1/x", "lpt9 .pt", "model:stream", "x/a. ", "dot./x", "model.\u202etp",
                    "zero\u200bwidth", "line\u2028", "what?"})
    void refusesNamesThatSomeSystemTakesForOthers(String name) throws IOException {
        add("good", '0', DATA).add(name, '0', DATA);
        assertRefused("expected a plain path that every system can write", ReadLimits.DEFAULT);
    }

    @Test
    void refusesNamesWithAZeroByte() throws IOException {
        add("pax", 'x', "12 path=a\0b\n".getBytes(StandardCharsets.US_ASCII)).add("cut", '0', DATA);
        assertRefused("expected a plain path", ReadLimits.DEFAULT);
    }

    @Test
    void refusesNamesOfTenThousandCharacters() throws IOException {
        byte[] name = ("n/".repeat(5_000) + "x\0").getBytes(StandardCharsets.US_ASCII);
        add("././@LongLink", 'L', name).add("cut", '0', DATA);
        assertRefused("name of more than 1024 bytes", ReadLimits.DEFAULT);
    }

    @ParameterizedTest
    @ValueSource(chars = {'1', '2', '3', '4', '6', 'S', 'K'})
    void refusesLinksAndDevices(char type) throws IOException {
        add("good", '0', DATA).add("link", type, new byte[0]);
        assertRefused("\"link\" is ", ReadLimits.DEFAULT);
    }

    @Test
    void refusesNamesThatComeTwice() throws IOException {
        add("a/x", '0', DATA).add("A/X", '0', DATA);
        assertRefused("two entries", ReadLimits.DEFAULT);
    }

    @Test
    void obeysTheLimits() throws IOException {
        add("a", '0', DATA).add("b", '0', DATA);
        assertRefused("more than 1 entries", ReadLimits.DEFAULT.withEntries(1));
        assertRefused("more than 600 bytes", ReadLimits.DEFAULT.withInflatedBytes(600));
    }

    @Test
    void refusesLongNames() throws IOException {
        add("long", '0', DATA);
        assertRefused("name of more than 3 bytes", ReadLimits.DEFAULT.withNameBytes(3));
    }

    @Test
    void refusesBombs() throws IOException {
        add("zeros", '0', new byte[30 << 20]);
        assertRefused("inflates more than it may", ReadLimits.DEFAULT);
    }

    @Test
    void refusesWhatIsCutOffOrDamaged() throws IOException {
        add("good", '0', new byte[5000]);
        byte[] good = Files.readAllBytes(file(false));
        Path out = folder.resolve("out");
        Path file = folder.resolve("bundle.tar.gz");
        for (int length : new int[]{100, 512, 3000}) {
            Files.write(file, Arrays.copyOf(good, length));
            assertThrows(WeightsException.class, () -> Bundles.unpack(file, out, ReadLimits.DEFAULT), "" + length);
        }
        good[3] ^= 1;
        Files.write(file, good);
        assertThrows(WeightsException.class, () -> Bundles.unpack(file, out, ReadLimits.DEFAULT));
        assertOnlyTheArchive();
    }

    /// gzip's checksum stands behind the end of the tar, so it is read up to there.
    @Test
    void refusesGzipsThatAreCutOffOrDamaged() throws IOException {
        byte[] content = new byte[20_000];
        new Random(3).nextBytes(content);
        add("good", '0', content);
        Path file = file(true);
        byte[] good = Files.readAllBytes(file);
        for (int length : new int[]{3, 12, 5_000, good.length - 8, good.length - 1}) {
            assertDamaged(file, Arrays.copyOf(good, length));
        }
        for (int at : new int[]{2, 10_000, good.length - 7, good.length - 1}) { // method, content, checksum, length
            byte[] bad = good.clone();
            bad[at] ^= 4;
            assertDamaged(file, bad);
        }
        Files.write(file, good);
        assertEquals(1, Bundles.unpack(file, folder.resolve("out"), ReadLimits.DEFAULT).size());
    }

    private void assertDamaged(Path file, byte[] bytes) throws IOException {
        Files.write(file, bytes);
        String message = assertThrows(WeightsException.class,
                () -> Bundles.unpack(file, folder.resolve("out"), ReadLimits.DEFAULT)).getMessage();
        assertEquals("bundle.tar.gz: the archive is cut off or damaged; download it again", message);
        assertOnlyTheArchive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a a/b", "a a/", "a/b a"})
    void refusesNamesThatAreFileAndFolder(String names) throws IOException {
        for (String name : names.split(" ")) {
            boolean isFolder = name.endsWith("/");
            add(name, isFolder ? '5' : '0', isFolder ? new byte[0] : DATA);
        }
        assertRefused("one name stands for a file and for a folder", ReadLimits.DEFAULT);
    }

    @Test
    void refusesWhatHoldsNothing() throws IOException {
        add("folder/", '5', new byte[0]);
        assertRefused("expected files in this archive, found none", ReadLimits.DEFAULT);
    }

    @Test
    void refusesFoldersThatExistAndFilesThatCannotFit() throws IOException {
        add("a", '0', DATA);
        Path file = file(true);
        String message = assertThrows(WeightsException.class, () -> Bundles.unpack(file, folder, ReadLimits.DEFAULT))
                .getMessage();
        assertTrue(message.endsWith("exists already; name a new folder"), message);
        tar.reset();
        add("huge", '0', DATA);
        byte[] huge = tar.toByteArray();
        text(huge, 124, "77777777777");
        Arrays.fill(huge, 148, 156, (byte) ' ');
        int sum = 0;
        for (int i = 0; i < 512; i++) sum += huge[i] & 0xff;
        text(huge, 148, String.format(Locale.ROOT, "%06o", sum));
        tar.reset();
        tar.writeBytes(huge);
        Path other = file(false);
        long free = Files.getFileStore(folder).getUsableSpace();
        message = assertThrows(WeightsException.class,
                () -> Bundles.unpack(other, folder.resolve("out"), ReadLimits.DEFAULT)).getMessage();
        boolean isTold = message.contains("huge in bundle.tar.gz: needs 8589934591 bytes, but the disk has ");
        assertTrue(free > 8589934591L ? message.contains("cut off") : isTold, message);
    }

    @Test
    void recognisesArchivesByTheirFirstBytes() throws IOException {
        add("a", '0', DATA);
        assertTrue(Bundles.recognises(file(true)));
        assertTrue(Bundles.recognises(file(false)));
        for (byte[] other : new byte[][]{{}, {0x1f}, {0x1f, 0x1f}, {'P', 'K', 3, 4}, new byte[300]}) {
            assertTrue(!Bundles.recognises(Files.write(folder.resolve("other"), other)));
        }
    }
}
