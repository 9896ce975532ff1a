package io.github.smalti.weights.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.DType;
import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Pickles written opcode by opcode, read through [TorchReader].
class PickleMachineTest {
    private static final byte[] ONE_TWO = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putFloat(1).putFloat(2)
            .array();

    @TempDir
    Path folder;

    private void read(byte[] file, Consumer<TensorTable> test) {
        Path path = folder.resolve("made.pt");
        try {
            Files.write(path, file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        try (MappedFile mapped = MappedFile.open(path, ReadLimits.DEFAULT);
                TensorTable table = TorchReader.read(mapped)) {
            test.accept(table);
        }
    }

    private void refuses(byte[] pickle, String... words) {
        byte[] file = TorchZip.of(pickle, ONE_TWO);
        String message = assertTimeout(Duration.ofSeconds(5),
                () -> assertThrows(WeightsException.class, () -> read(file, _ -> {}))).getMessage();
        for (String word : words) assertTrue(message.contains(word), message);
    }

    @Test
    void readsPickledModules() {
        PickleBytes p = new PickleBytes().global("dall_e.encoder", "Encoder").op(')', 0x81, '}', '(');
        p.text("post_gain").op('G', 0x3f, 0xf0, 0, 0, 0, 0, 0, 0);
        p.text("_non_persistent_buffers_set").global("__builtin__", "set").op(']', 0x85, 'R');
        p.text("_parameters").op('}', '(').text("w").vector("0", 2).text("b").op('N', 'u');
        p.text("_buffers").op('}', '(').text("scale").vector("0", 2).op('u');
        p.text("_modules").global("collections", "OrderedDict").op(')', 'R', '(');
        p.text("blocks").global("torch.nn.modules.container", "Sequential").op(')', 0x81, '}', '(');
        p.text("_parameters").op('}').text("_modules").op('}').text("_buffers").op('}', '(').text("n").vector("0", 2)
                .op('u');
        p.op('u', 'b').op('u').op('u', 'b');
        read(TorchZip.of(p.stop(), ONE_TWO), table -> {
            assertEquals(List.of("w", "scale", "blocks.n"), table.names());
            assertArrayEquals(new float[]{1, 2}, table.tensor("blocks.n").toFloats());
        });
    }

    @Test
    void readsUntypedStorageWithElementType() {
        PickleBytes p = new PickleBytes().op('}').text("w").global("torch._utils", "_rebuild_tensor_v3").op('(');
        p.storage("UntypedStorage", "0", 8).op('t', 'Q').number(1).number(1).op(0x85).number(1).op(0x85);
        p.op(0x89, 'N').global("torch", "float32").op('t', 'R', 's');
        read(TorchZip.of(p.stop(), ONE_TWO), table -> {
            assertEquals(DType.F32, table.tensor("w").dtype());
            assertArrayEquals(new float[]{2}, table.tensor("w").toFloats());
        });
    }

    @Test
    void readsViewsOfStoragesInTheOlderForm() throws IOException {
        var file = new java.io.ByteArrayOutputStream();
        file.writeBytes(new PickleBytes()
                .op(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19).stop());
        file.writeBytes(new PickleBytes().number(1001).stop());
        file.writeBytes(new PickleBytes().op('}').text("little_endian").op(0x88, 's').stop());
        PickleBytes p = new PickleBytes().op('}').text("w").global("torch._utils", "_rebuild_tensor").op('(');
        p.storage("FloatStorage", "7", 2).op('(').text("v").number(1).number(1).op('t', 't', 'Q');
        p.number(0).number(1).op(0x85).number(1).op(0x85, 't', 'R', 's');
        file.writeBytes(p.stop());
        file.writeBytes(new PickleBytes().op(']').text("7").op('a').stop());
        file.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(2).array());
        file.writeBytes(ONE_TWO);
        read(file.toByteArray(), table -> assertArrayEquals(new float[]{2}, table.tensor("w").toFloats()));
        file.write(0);
        assertThrows(WeightsException.class, () -> read(file.toByteArray(), _ -> {}));
    }

    @Test
    void readsEveryWayToWriteNumbersTextsAndContainers() {
        PickleBytes p = new PickleBytes().op('(').text("a").op(0x8a, 1, 0xff).text("b").op('M', 1, 2, 'd');
        p.text("c").op('(', 'K', 1, 'l').op('s').op('U', 1, 'w').vector("0", 2).op(0x94, 's');
        p.op(0x8c, 2, 'w', '2', 'h', 0, 's').op('C', 2, 'x', 'y').op('2', '0', '0').op('(', 'N', '1');
        read(TorchZip.of(p.stop(), ONE_TWO), table -> assertEquals(List.of("w", "w2"), table.names()));
    }

    @Test
    void refusesItemsOfAnythingButListsAndDictionaries() {
        PickleBytes object = new PickleBytes().global("m", "C").op(')', 0x81);
        refuses(object.text("w").op('N', 's').stop(), "expected a dictionary", "m.C");
        refuses(new PickleBytes().vector("0", 2).text("w").op('N', 's').stop(), "expected a dictionary");
        refuses(new PickleBytes().op(')', 'N', 'a').stop(), "expected a list");
        refuses(new PickleBytes().op(']', 'N', 'b').stop(), "expected an object");
    }

    @Test
    void refusesCallsThatOnlyLookAllowed() {
        refuses(new PickleBytes().global("torch._utils", "_rebuild_tensor_v2.__globals__").op(')', 'R').stop(),
                "_rebuild_tensor_v2.__globals__");
        refuses(new PickleBytes().global("torch", "FloatStorage").op(')', 'R').stop(), "torch.FloatStorage");
        refuses(new PickleBytes().global("torch", "load").op(')', 'R').stop(), "torch.load");
        refuses(new PickleBytes().text("os.system").op(')', 'R').stop(), "os.system");
        refuses(new PickleBytes().global("torch", "Size").op(']', 'R').stop(), "expected a tuple");
    }

    @Test
    void refusesStorageDescribedTwice() {
        PickleBytes p = new PickleBytes().op('}').text("a").vector("0", 2).op('s').text("b");
        refuses(p.vector("IntStorage", "0", 2, 2, 1).op('s').stop(), "two ways");
    }

    @Test
    void refusesExpandedTensor() {
        refuses(new PickleBytes().op('}').text("w").vector("FloatStorage", "0", 2, 3, 0).op('s').stop(), "w in",
                "repeats");
    }

    @Test
    void boundsNestingDictionariesAndCycles() {
        PickleBytes cycle = new PickleBytes().op('}', 0x94).text("x").op('h', 0, 's');
        refuses(cycle.stop(), "deeper than 64");
        PickleBytes laughs = new PickleBytes().op('}', 0x94);
        for (int i = 0; i < 40; i++) { laughs.op('}', '(').text("a").op('h', i).text("b").op('h', i, 'u', 0x94); }
        refuses(laughs.stop(), "more than 1000000");
    }

    @Test
    void boundsStackMarksAndValues() {
        PickleBytes marks = new PickleBytes();
        PickleBytes copies = new PickleBytes().op('N');
        PickleBytes lists = new PickleBytes().op(']');
        for (int i = 0; i <= ReadLimits.DEFAULT.pickleStack(); i++) {
            marks.op('(');
            copies.op('2');
        }
        for (int i = 0; i <= ReadLimits.DEFAULT.pickleValues() / 2; i++) lists.op(']', 'a');
        refuses(marks.stop(), "open marks");
        refuses(copies.stop(), "on the stack");
        refuses(lists.stop(), "values");
    }

    @Test
    void boundsWorkOnWideDictionariesAndLongNames() {
        PickleBytes wide = new PickleBytes().op('}', '(');
        for (int i = 0; i < 20_000; i++) wide.text("k" + i).op('N');
        wide.op('u', 0x94, '}', '(');
        for (int i = 0; i < 20_000; i++) wide.text("k" + i).op('h', 0);
        refuses(wide.op('u').stop(), "attributes");
        refuses(new PickleBytes().text("a".repeat(2000)).op(0x94, '2', 0x93).stop(), "name");
        refuses(new PickleBytes().op('}').text("a".repeat(2000)).vector("0", 2).op('s').stop(), "name");
    }

    @Test
    void sharesLongNamesBetweenObjects() {
        PickleBytes objects = new PickleBytes().op(']').global("m", "C".repeat(1000)).op(0x94, '0');
        for (int i = 0; i < 500_000; i++) objects.op('h', 0, ')', 0x81, 'a');
        refuses(objects.stop(), "without tensors");
    }

    @Test
    void listsGlobalsOfMalformedPickles() throws IOException {
        Path path = folder.resolve("made.pt");
        Files.write(path, TorchZip.of(new PickleBytes().global("os", "system").op(')', 'R').global("a.b", "c")
                .op(0xff).stop()));
        try (MappedFile mapped = MappedFile.open(path, ReadLimits.DEFAULT)) {
            assertEquals(List.of(new GlobalUse("os.system", "refused"), new GlobalUse("a.b.c", "inert")),
                    TorchReader.globals(mapped));
        }
    }
}
