package io.github.smalti.weights.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Each error of the pickle machine, its calls and its tensors, by a pickle that makes it, and the sentence for it.
class HostilePicklesTest {
    private static final byte[] EIGHT_BYTES = new byte[8];

    @TempDir
    private Path folder;

    private List<String> names(byte[] pickle, ReadLimits limits) {
        try {
            Path file = Files.write(folder.resolve("made.pt"), TorchZip.of(pickle, EIGHT_BYTES));
            try (MappedFile mapped = MappedFile.open(file, limits); TensorTable table = TorchReader.read(mapped)) {
                return table.names();
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static PickleBytes pickle() { return new PickleBytes(); }

    /// A dictionary whose tensor `w` lacks its value.
    private static PickleBytes named() { return pickle().op('}').text("w"); }

    private static Arguments pair(String message, PickleBytes pickle) { return Arguments.of(message, pickle.stop()); }

    static Stream<Arguments> machineFaults() {
        return Stream.of(pair("STACK_GLOBAL of something that is no text", pickle().op('N').text("x").op(0x93)),
                pair("STACK_GLOBAL of something that is no text", pickle().text("x").op('N', 0x93)),
                pair("OBJ without a class", pickle().op('(', 'o')),
                pair("a new object of something that is no class", pickle().op('N', ')', 0x81)),
                pair("a new object of something that is no class", pickle().op('N', ')', '}', 0x92)),
                pair("a key without a value", pickle().op('}', '(').text("x").op('u')),
                pair("appends to a tuple, expected a list", pickle().op(')', 'N', 'a')),
                pair("appends to None, expected a list", pickle().op('N', 'N', 'a')),
                pair("sets the state of True, expected an object", pickle().op(0x88, 'N', 'b')),
                pair("sets the state of False, expected an object", pickle().op(0x89, 'N', 'b')),
                pair("sets the state of a huge number", pickle()
                        .op(0x8b, 9, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 'N', 'b')),
                pair("sets the state of the number 0, expected", pickle().op(0x8b, 0, 0, 0, 0, 'N', 'b')),
                pair("sets the state of the number 1.0", pickle().op('G', 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 'N', 'b')),
                pair("sets the state of the text \"ab\"",
                        pickle().op(0x8d, 2, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 'N', 'b')),
                pair("sets the state of the text \"ab\"", pickle().op('T', 2, 0, 0, 0, 'a', 'b', 'N', 'b')),
                pair("sets the state of bytes", pickle().op('B', 1, 0, 0, 0, 'x', 'N', 'b')),
                pair("sets the state of bytes", pickle().op(0x8e, 1, 0, 0, 0, 0, 0, 0, 0, 'x', 'N', 'b')),
                pair("sets the state of bytes", pickle().op(0x96, 0, 0, 0, 0, 0, 0, 0, 0, 'N', 'b')),
                pair("sets the state of the name a.b", pickle().global("a", "b").op('N', 'b')),
                pair("sets the state of a list", pickle().op(0x8f, '(', 'N', 0x90, 'N', 'b')),
                pair("sets the state of a tuple", pickle().op('(', 'N', 0x91, 'N', 'b')),
                pair("sets the state of a storage", pickle().storage("FloatStorage", "0", 2).op('t', 'Q', 'N', 'b')),
                pair("needs 18446744073709551615 bytes", pickle()
                        .op(0x8d, 255, 255, 255, 255, 255, 255, 255, 255)),
                pair("needs 18446744073709551615 bytes", pickle().op('T', 255, 255, 255, 255)),
                pair("a text that is no valid UTF-8", pickle().op(0x8c, 1, 0xc3)),
                pair("a line of more than 1024 bytes", pickle().op('c').line("x".repeat(1025)).line("y")),
                pair("a name of more than 1024 characters", pickle().text("m").text("n".repeat(1025)).op(0x93)),
                pair("takes a value from an empty stack", pickle().op('N', '(', 'a')),
                pair("needs a mark, but there is none", pickle().op('N', 't')),
                pair("reads memo 7, which was never written", pickle().op('h', 7)),
                pair("reads memo 0, which was never written", pickle().op('N', 'q', 1, 'h', 0)));
    }

    static Stream<Arguments> persistentIds() {
        String noStorage = "a persistent id that is no storage";
        return Stream.of(pair(noStorage, pickle().op('N', 'Q')), pair(noStorage, pickle().op(')', 'Q')),
                pair(noStorage, pickle().op('N', 0x85, 'Q')),
                pair(noStorage, pickle().text("module").op(0x85, 'Q')),
                pair(noStorage, pickle().text("module").text("x").op(0x86, 'Q')),
                pair(noStorage, pickle().storage("FloatStorage", "0", 2).op('N', 'N', 't', 'Q')),
                pair("a storage of None, the text \"0\", the number 2",
                        pickle().op('(').text("storage").op('N').text("0")
                                .text("cpu").number(2).op('t', 'Q')),
                pair("a storage of the name a.b, None, the number 2", pickle().op('(').text("storage").global("a", "b")
                        .op('N').text("cpu").number(2).op('t', 'Q')),
                pair("a storage of the name a.b, the text \"0\", a dictionary", pickle().op('(').text("storage")
                        .global("a", "b").text("0").text("cpu").op('}', 't', 'Q')),
                pair("a view of an unknown form", pickle().storage("FloatStorage", "0", 2).op(0x88, 't', 'Q')),
                pair("a view of an unknown form", pickle().storage("FloatStorage", "0", 2).op(')', 't', 'Q')),
                pair("a view of an unknown form", pickle().storage("FloatStorage", "0", 2)
                        .op('N', 'N', 'N', 0x87, 't', 'Q')),
                pair("a view of an unknown form", pickle().storage("FloatStorage", "0", 2).op('N').number(0)
                        .op('N', 0x87, 't', 'Q')),
                pair("storage 0 is described in two ways", pickle().storage("FloatStorage", "0", 2).op('t', 'Q')
                        .storage("FloatStorage", "0", 1).op('t', 'Q')));
    }

    static Stream<Arguments> calls() {
        return Stream.of(
                pair("calls torch.Size with None, expected a tuple of arguments", pickle().global("torch", "Size")
                        .op('N', 'R')),
                pair("a size made of None, expected a tuple", pickle().global("torch", "Size").op('N', 0x85, 'R')),
                pair("calls torch.Size with 0 arguments", pickle().global("torch", "Size").op(')', 'R')),
                pair("calls torch.Size with 2 arguments", pickle().global("torch", "Size").op(')', ')', 0x86, 'R')),
                pair("a parameter made of None, expected a tensor", pickle().global("torch._utils",
                        "_rebuild_parameter").op('N', 'N', 'N', 0x87, 'R')),
                pair("calls collections.OrderedDict with None, expected pairs", pickle().global("collections",
                        "OrderedDict").op('N', 0x85, 'R')),
                pair("expected a pair", pickle().global("collections", "Counter").op('N', 0x85, 0x85, 'R')),
                pair("expected a pair", pickle().global("collections", "Counter").op('N', 0x85, 0x85, 0x85, 'R')),
                pair("calls collections.defaultdict with 3 arguments", pickle().global("collections", "defaultdict")
                        .op('N', 'N', 'N', 0x87, 'R')),
                pair("calls torch._utils._rebuild_tensor_v3 with 1 arguments, expected 7 to 8", pickle().global(
                        "torch._utils", "_rebuild_tensor_v3").op('N', 0x85, 'R')),
                pair("calls an object of torch.device, which is not allowed", pickle().global("torch", "device")
                        .op(')', 'R', ')', 'R')));
    }

    /// A tensor of `_rebuild_tensor_v2` whose arguments after the storage are given.
    private static PickleBytes tensor(PickleBytes arguments) { return arguments.op(0x89, 'N', 't', 'R', 's'); }

    private static PickleBytes stored(String type, String key, int count) {
        return named().global("torch._utils", "_rebuild_tensor_v2").op('(').storage(type, key, count).op('t', 'Q');
    }

    /// A float vector in a view of its storage.
    private static PickleBytes viewed(int begin, int count) {
        PickleBytes p = named().global("torch._utils", "_rebuild_tensor_v2").op('(').storage("FloatStorage", "0", 2);
        p.op('(').text("v").number(begin).number(count).op('t', 't', 'Q').number(0).number(1).op(0x85).number(1);
        return tensor(p.op(0x85));
    }

    static Stream<Arguments> tensors() {
        PickleBytes untyped = named().global("torch._utils", "_rebuild_tensor_v3").op('(');
        untyped.storage("FloatStorage", "0", 2).op('t', 'Q').number(0).op(')', ')', 0x89, 'N');
        return Stream.of(
                pair("begins at None, expected a number", tensor(stored("FloatStorage", "0", 2).op('N', ')', ')'))),
                pair("its size is None, expected a tuple", tensor(stored("FloatStorage", "0", 2).number(0)
                        .op('N', ')'))),
                pair("its stride holds None, expected numbers",
                        tensor(stored("FloatStorage", "0", 2).number(0).number(1)
                                .op(0x85, 'N', 0x85))),
                pair("1 sizes and 0 strides", tensor(stored("FloatStorage", "0", 2).number(0).number(1)
                        .op(0x85, ')'))),
                pair("() with strides () from element 3 does not lie in a storage of 2", tensor(stored("FloatStorage",
                        "0", 2).number(3).op(')', ')'))),
                pair("(0) with strides (1) from element 3 does not lie in", tensor(stored("FloatStorage", "0", 2)
                        .number(3).number(0).op(0x85).number(1).op(0x85))),
                pair("storage 0 should have -1 elements", tensor(stored("FloatStorage", "0", -1).number(0)
                        .op(')', ')'))),
                pair("storage 0 should have 1 elements", tensor(stored("FloatStorage", "0", 1).number(0).op(')', ')'))),
                pair("the file has no data for its storage 1", tensor(stored("FloatStorage", "1", 2).number(0)
                        .op(')', ')'))),
                pair("storage class torch.Storage is not supported", tensor(stored("Storage", "0", 2).number(0)
                        .op(')', ')'))),
                pair("an untyped storage with None for an element type", tensor(stored("UntypedStorage", "0", 8)
                        .number(0).op(')', ')'))),
                pair("an untyped storage with True for an element type", untyped.op(0x88, 't', 'R', 's')),
                pair("a view of elements -1 and 1 more in a storage of 2", viewed(-1, 1)),
                pair("a view of elements 0 and -1 more in a storage of 2", viewed(0, -1)),
                pair("a view of elements 3 and 0 more in a storage of 2", viewed(3, 0)),
                pair("a view of elements 1 and 2 more in a storage of 2", viewed(1, 2)),
                pair("expected a state dict, found None without tensors", pickle().op('N')),
                pair("two tensors of this name", twice()));
    }

    /// Two modules can give two tensors one name, a dictionary cannot.
    private static PickleBytes twice() {
        PickleBytes p = pickle().global("m", "C").op(')', 0x81, '}', '(').text("_modules").op('N');
        p.text("_parameters").op('}').text("w").vector("0", 2).op('s');
        return p.text("_buffers").op('}').text("w").vector("0", 2).op('s', 'u', 'b');
    }

    static Stream<Arguments> allFaults() {
        return Stream.of(machineFaults(), persistentIds(), calls(), tensors()).flatMap(s -> s);
    }

    @ParameterizedTest
    @MethodSource("allFaults")
    void refuses(String mention, byte[] pickle) {
        String message = assertThrows(WeightsException.class, () -> names(pickle, ReadLimits.DEFAULT)).getMessage();
        assertTrue(message.startsWith("made.pt") || message.startsWith("w in made.pt"), message);
        assertTrue(message.contains(mention), message);
    }

    @Test
    void readsDictionariesThatAreCalled() {
        for (String name : List.of("OrderedDict", "Counter")) {
            PickleBytes pairs = pickle().global("collections", name).op(']').text("w").vector("0", 2).op(0x86, 'a');
            pairs.op('N', 'N', 0x86, 'a', 0x85, 'R'); // a key that is no text
            assertEquals(List.of("w"), names(pairs.stop(), ReadLimits.DEFAULT), name);
        }
        PickleBytes given = pickle().global("collections", "OrderedDict").op('}').text("w").vector("0", 2);
        assertEquals(List.of("w"), names(given.op('s', 0x85, 'R').stop(), ReadLimits.DEFAULT));
        PickleBytes byDefault = pickle().global("collections", "defaultdict").op('N', '}').text("w").vector("0", 2);
        assertEquals(List.of("w"), names(byDefault.op('s', 0x86, 'R').stop(), ReadLimits.DEFAULT));
        PickleBytes empty = pickle().global("collections", "defaultdict").op(')', 'R').text("w").vector("0", 2).op('s');
        assertEquals(List.of("w"), names(empty.stop(), ReadLimits.DEFAULT));
    }

    @Test
    void readsParametersAndSizesThatAreCalled() {
        PickleBytes p = named().global("torch._utils", "_rebuild_parameter").vector("0", 2).op(0x88, '}', 0x87, 'R',
                's');
        assertEquals(List.of("w"), names(p.stop(), ReadLimits.DEFAULT));
        PickleBytes size = stored("FloatStorage", "0", 2).number(0).global("torch", "Size").number(2).op(0x85, 0x85,
                'R');
        assertEquals(List.of("w"), names(tensor(size.number(1).op(0x85)).stop(), ReadLimits.DEFAULT));
    }

    /// TorchScript sets a tuple of attributes and a module's source; BUILD of a dictionary or tensor says nothing of it.
    @Test
    void readsStatesOfEveryForm() {
        PickleBytes tuple = pickle().global("m", "C").op(')', 0x81, '}').text("w").vector("0", 2).op('s', 'N', 0x86,
                'b');
        assertEquals(List.of("w"), names(tuple.stop(), ReadLimits.DEFAULT));
        PickleBytes built = named().vector("0", 2).op('}', 'b', 's', '}', 'b');
        assertEquals(List.of("w"), names(built.stop(), ReadLimits.DEFAULT));
        PickleBytes triple = named().vector("0", 2).op('s').text("o").global("m", "C").op(')', 0x81, 'N', 'N', 'N',
                0x87);
        assertEquals(List.of("w"), names(triple.op('b', 's').stop(), ReadLimits.DEFAULT));
        PickleBytes none = named().vector("0", 2).op('s').text("o").global("m", "C").op(')', 0x81, ']', 'b', 's');
        assertEquals(List.of("w"), names(none.stop(), ReadLimits.DEFAULT));
    }

    @Test
    void popsMarksAndReadsModulesByName() {
        PickleBytes p = named().vector("0", 2).op('s', '(', '0', '(', 'N', '0', '1');
        assertEquals(List.of("w"), names(p.stop(), ReadLimits.DEFAULT));
        PickleBytes module = pickle().text("module").global("m", "C").op(0x86, 'Q', ')', 0x81, '}');
        module.text("w").vector("0", 2).op('s', 'b');
        assertEquals(List.of("w"), names(module.stop(), ReadLimits.DEFAULT));
        PickleBytes extended = pickle().global("m", "C").op(')', '}', 0x92, '}').text("w").vector("0", 2).op('s', 'b');
        assertEquals(List.of("w"), names(extended.stop(), ReadLimits.DEFAULT));
    }

    @Test
    void obeysTheLimits() {
        PickleBytes pairs = pickle().global("collections", "OrderedDict").op('(');
        for (int i = 0; i < 30; i++) pairs.op(')');
        byte[] many = pairs.op('t', 0x85, 'R').stop();
        assertLimit("more than 40 pairs", pickle().op('(').global("collections", "OrderedDict").op(']')
                .op(0x94, 'N', 'N', 0x86, 0x94, '0').op('(').op(repeated(20, 'h', 1)).op('e', 0x85, 0x94, 'R')
                .global("collections", "OrderedDict").op('h', 2, 'R').global("collections", "OrderedDict")
                .op('h', 2, 'R').stop(), ReadLimits.DEFAULT.withPickleStack(40));
        assertLimit("more than 20 values on the stack", many, ReadLimits.DEFAULT.withPickleStack(20));
        assertLimit("more than 9 opcodes", many, ReadLimits.DEFAULT.withPickleOpcodes(9));
        assertLimit("more than 1 names of classes", pickle().global("a", "b").global("c", "d").stop(),
                ReadLimits.DEFAULT.withPickleGlobals(1));
        assertLimit("more than 5 bytes of text", pickle().text("abc").text("abc").stop(),
                ReadLimits.DEFAULT.withPickleText(5));
        assertLimit("data.pkl of ", many, ReadLimits.DEFAULT.withPickleBytes(10));
        assertLimit("more than 1 tensors", named().vector("0", 2).op('s').text("v").vector("0", 2).op('s').stop(),
                ReadLimits.DEFAULT.withTensors(1));
        assertLimit("rank 2, at most 1", tensor(stored("FloatStorage", "0", 2).number(0).number(1).number(1)
                .op(0x86).number(1).op(0x85)).stop(), ReadLimits.DEFAULT.withRank(1));
    }

    private static int[] repeated(int times, int... codes) {
        int[] all = new int[times * codes.length];
        for (int i = 0; i < all.length; i++) all[i] = codes[i % codes.length];
        return all;
    }

    private void assertLimit(String mention, byte[] pickle, ReadLimits limits) {
        String message = assertThrows(WeightsException.class, () -> names(pickle, limits)).getMessage();
        assertTrue(message.contains(mention), message);
    }
}
