package io.github.smalti.weights.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Zips that a library would not write.
class TorchArchiveTest {
    private static final byte[] PICKLE = {'N', '.'};
    private static final byte[] DATA = {1, 2, 3};

    @TempDir
    Path folder;

    private MappedFile map(byte[] bytes) {
        try {
            return MappedFile.open(Files.write(folder.resolve("made.pt"), bytes), ReadLimits.DEFAULT);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void refuses(byte[] bytes, String word) {
        try (MappedFile mapped = map(bytes)) {
            String message = assertThrows(WeightsException.class, () -> new TorchArchive(mapped)).getMessage();
            assertTrue(message.contains(word), message);
        }
    }

    @Test
    void findsRecordsBelowTheRoot() {
        try (MappedFile mapped = map(TorchZip.of(PICKLE, DATA))) {
            TorchArchive archive = new TorchArchive(mapped);
            assertArrayEquals(DATA, archive.record("data/0").toArray(ValueLayout.JAVA_BYTE));
            assertArrayEquals(PICKLE, archive.checkedRecord("data.pkl").toArray(ValueLayout.JAVA_BYTE));
            assertFalse(archive.has("data/1"));
            assertThrows(WeightsException.class, () -> archive.record("data/1"));
        }
    }

    @Test
    void readsSizesOfZip64Entries() {
        TorchZip zip = new TorchZip().add("r/data.pkl", PICKLE)
                .add(new TorchZip.Entry("r/data/0", "r/data/0", 0, true, DATA));
        try (MappedFile mapped = map(zip.bytes())) {
            assertArrayEquals(DATA, new TorchArchive(mapped).record("data/0").toArray(ValueLayout.JAVA_BYTE));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"../data.pkl", "r/../../x", "r/./x", "/etc/passwd", "r//x", "r/..", "r\\..\\x", "C:/data.pkl",
                    "r/x\0y"})
    void refusesNamesThatLeadOutOfTheArchive(String name) {
        refuses(new TorchZip().add("r/data.pkl", PICKLE).add(name, DATA).bytes(), "expected a plain path");
    }

    @Test
    void refusesLinks() {
        byte[] zip = new TorchZip().add("r/data.pkl", PICKLE).bytes();
        int directory = zip.length - 22 - 46 - "r/data.pkl".length();
        zip[directory + 5] = 3; // made on Unix
        zip[directory + 41] = (byte) 0xa1; // mode 0120777
        refuses(zip, "is a link");
    }

    @Test
    void toleratesCompressedEntriesUntilAskedForThem() {
        TorchZip zip = new TorchZip().add("r/data.pkl", PICKLE)
                .add(new TorchZip.Entry("r/code/x.py", "r/code/x.py", 8, false, DATA));
        try (MappedFile mapped = map(zip.bytes())) {
            TorchArchive archive = new TorchArchive(mapped);
            String message = assertThrows(WeightsException.class, () -> archive.record("code/x.py")).getMessage();
            assertTrue(message.contains("compressed"), message);
        }
    }

    @Test
    void refusesNamesThatDifferBetweenDirectoryAndEntry() {
        refuses(new TorchZip().add("r/data.pkl", PICKLE)
                .add(new TorchZip.Entry("r/data/0", "r/data/1", 0, false, DATA)).bytes(), "two ways");
        refuses(new TorchZip().add("r/data.pkl", PICKLE)
                .add(new TorchZip.Entry("r/data/0", "r/data/0".repeat(9), 0, false, DATA)).bytes(), "r/data/0");
    }

    @Test
    void refusesEntriesOutsideTheRoot() {
        refuses(new TorchZip().add("r/data.pkl", PICKLE).add("other/data/0", DATA).bytes(), "outside");
        refuses(new TorchZip().add("data.pkl", PICKLE).bytes(), "data.pkl");
    }

    @Test
    void refusesBytesAfterTheEnd() {
        byte[] good = TorchZip.of(PICKLE, DATA);
        refuses(Arrays.copyOf(good, good.length + 1), "end of the zip directory");
    }

    @Test
    void refusesAGapBeforeTheEndRecord() {
        byte[] good = TorchZip.of(PICKLE, DATA);
        byte[] gap = new byte[good.length + 4];
        System.arraycopy(good, 0, gap, 0, good.length - 22);
        System.arraycopy(good, good.length - 22, gap, gap.length - 22, 22);
        refuses(gap, "directory");
    }

    @Test
    void refusesDamagedPickle() {
        byte[] bad = TorchZip.of(PICKLE, DATA);
        int at = 30 + "archive/data.pkl".length();
        assertEquals('N', bad[at]);
        bad[at] = '}';
        try (MappedFile mapped = map(bad)) {
            TorchArchive archive = new TorchArchive(mapped);
            String message = assertThrows(WeightsException.class, () -> archive.checkedRecord("data.pkl")).getMessage();
            assertTrue(message.contains("checksum"), message);
        }
    }
}
