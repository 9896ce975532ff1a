package io.github.smalti.weights.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// PyTorch's form before 1.6, one of its five pickles or its data wrong at a time.
class TorchLegacyTest {
    private static final byte[] MAGIC = pickle(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19);
    private static final byte[] PROTOCOL = new PickleBytes().number(1001).stop();
    private static final byte[] SYSTEM = new PickleBytes().op('}').text("little_endian").op(0x88, 's').stop();
    private static final byte[] OBJECT = new PickleBytes().op('}').text("w").vector("7", 2).op('s').stop();
    private static final byte[] KEYS = new PickleBytes().op(']').text("7").op('a').stop();
    private static final byte[] DATA = data(2, 1, 2);

    @TempDir
    private Path folder;

    private static byte[] pickle(int... codes) { return new PickleBytes().op(codes).stop(); }

    private static byte[] data(long count, float... values) {
        ByteBuffer out = ByteBuffer.allocate(8 + 4 * values.length).order(ByteOrder.LITTLE_ENDIAN).putLong(count);
        for (float value : values) out.putFloat(value);
        return out.array();
    }

    private void with(Consumer<TensorTable> use, byte[]... parts) throws IOException {
        var file = new ByteArrayOutputStream();
        for (byte[] part : parts) file.writeBytes(part);
        Path path = Files.write(folder.resolve("old.pt"), file.toByteArray());
        try (MappedFile mapped = MappedFile.open(path, ReadLimits.DEFAULT);
                TensorTable table = TorchReader.read(mapped)) {
            use.accept(table);
        }
    }

    private void refuses(String mention, byte[]... parts) {
        String message = assertThrows(WeightsException.class, () -> with(_ -> {}, parts)).getMessage();
        assertTrue(message.contains("old.pt") && message.contains(mention), message);
    }

    @Test
    void readsWhatIsWhole() throws IOException {
        with(table -> {
            assertEquals(List.of("w"), table.names());
            assertArrayEquals(new float[]{1, 2}, table.tensor("w").toFloats());
        }, MAGIC, PROTOCOL, SYSTEM, OBJECT, KEYS, DATA);
    }

    @Test
    void refusesOtherProtocolsAndSystems() {
        String protocol = "an unknown protocol of PyTorch's older form, expected 1001";
        refuses(protocol, MAGIC, pickle('N'));
        refuses(protocol, MAGIC, new PickleBytes().number(1002).stop());
        String system = "expected a file written on a little-endian machine";
        refuses(system, MAGIC, PROTOCOL, pickle('N'));
        refuses(system, MAGIC, PROTOCOL, pickle('}'));
        refuses(system, MAGIC, PROTOCOL, new PickleBytes().op('}').text("little_endian").op(0x89, 's').stop());
    }

    /// The first bytes are those of the magic number, but more follow before the end of its pickle.
    @Test
    void refusesMagicNumbersThatAreReplaced() {
        String mention = "the magic number of PyTorch's older form is missing";
        byte[] start = MAGIC.clone();
        start[start.length - 1] = 'N';
        refuses(mention, start, new byte[]{'.'});
        start[start.length - 1] = (byte) 0x8a;
        refuses(mention, start, new byte[]{9, 1, 2, 3, 4, 5, 6, 7, 8, 9, '.'});
    }

    @Test
    void refusesListsOfStoragesThatDoNotFit() {
        refuses("expected a list of storage keys after the object", MAGIC, PROTOCOL, SYSTEM, OBJECT, pickle('N'));
        refuses("the list of storages holds None", MAGIC, PROTOCOL, SYSTEM, OBJECT, pickle(']', 'N', 'a'));
        refuses("the list of storages holds the text \"8\", which no tensor uses", MAGIC, PROTOCOL, SYSTEM, OBJECT,
                new PickleBytes().op(']').text("8").op('a').stop());
        refuses("storage 7 comes twice", MAGIC, PROTOCOL, SYSTEM, OBJECT,
                new PickleBytes().op(']').text("7").op('a').text("7").op('a').stop(), DATA, DATA);
        refuses("w in old.pt", MAGIC, PROTOCOL, SYSTEM, OBJECT, pickle(']'));
    }

    @Test
    void refusesStoragesThatDoNotFit() {
        String mention = "storage 7 should have 2 elements, but has ";
        refuses(mention + "-1, and 0 bytes are left", MAGIC, PROTOCOL, SYSTEM, OBJECT, KEYS, new byte[7]);
        refuses(mention + "-1, and 8 bytes", MAGIC, PROTOCOL, SYSTEM, OBJECT, KEYS, data(-1, 1, 2));
        refuses(mention + "1, and 8 bytes", MAGIC, PROTOCOL, SYSTEM, OBJECT, KEYS, data(1, 1, 2));
        refuses(mention + "2, and 4 bytes", MAGIC, PROTOCOL, SYSTEM, OBJECT, KEYS, data(2, 1));
        refuses(mention + "4611686018427387905, and 8 bytes", MAGIC, PROTOCOL, SYSTEM, OBJECT, KEYS,
                data((1L << 62) + 1, 1, 2));
        refuses("4 bytes follow the last storage", MAGIC, PROTOCOL, SYSTEM, OBJECT, KEYS, data(2, 1, 2, 3));
        byte[] other = new PickleBytes().op('}').text("w").vector("Storage", "7", 2, 2, 1).op('s').stop();
        refuses("storage class torch.Storage is not supported", MAGIC, PROTOCOL, SYSTEM, other, KEYS, DATA);
    }

    @Test
    void recognisesTheWholeMagicNumber() {
        assertTrue(TorchLegacy.recognises(MemorySegment.ofArray(MAGIC)));
        for (int i = 0; i < MAGIC.length - 1; i++) {
            byte[] other = MAGIC.clone();
            other[i] ^= 1;
            assertFalse(TorchLegacy.recognises(MemorySegment.ofArray(other)), "byte " + i);
        }
        assertFalse(TorchLegacy.recognises(MemorySegment.ofArray(new byte[]{(byte) 0x80, 2})));
    }
}
