package io.github.smalti.weights.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.weights.CheckpointDescription;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Pickles that run code under Python, or passed a scanner with a list of forbidden names: each is refused with the
/// callable named, and `describe` lists it as refused.
///
/// Names: the analyses of picklescan, fickling and modelscan, and what Python's standard library offers to start code.
class EvilPicklesTest {
    private static final byte[] ONE_TWO = {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, 0x40};
    /// Every callable is called by REDUCE; each tries to make a file of this name.
    private static final String MARK = "SMALTI_PICKLE_EXECUTED";
    private static final String[][] CALLABLES = {
            // commands
            {"os", "system"}, {"posix", "system"}, {"nt", "system"}, {"os", "popen"}, {"os", "execv"}, {"os", "spawnl"},
            {"os", "startfile"}, {"subprocess", "Popen"}, {"subprocess", "check_output"}, {"subprocess", "run"},
            {"subprocess", "getoutput"}, {"commands", "getoutput"}, {"pty", "spawn"}, {"pexpect", "run"},
            {"asyncio", "create_subprocess_shell"}, {"asyncio.unix_events", "_UnixSubprocessTransport._start"},
            {"multiprocessing.util", "spawnv_passfds"}, {"_posixsubprocess", "fork_exec"},
            // code in texts
            {"builtins", "eval"}, {"builtins", "exec"}, {"builtins", "compile"}, {"__builtin__", "eval"},
            {"__builtin__", "execfile"}, {"builtins", "__import__"}, {"builtins", "getattr"}, {"builtins", "apply"},
            {"builtins", "open"}, {"builtins", "breakpoint"}, {"code", "interact"},
            {"code", "InteractiveInterpreter.runcode"},
            {"codeop", "compile_command"}, {"timeit", "timeit"}, {"profile", "run"}, {"cProfile", "run"},
            {"trace", "Trace.run"}, {"bdb", "Bdb.run"}, {"pdb", "run"}, {"doctest", "debug_script"},
            {"lib2to3.pgen2.pgen", "ParserGenerator.make_label"}, {"idlelib.run", "Executive.runcode"},
            {"numpy.testing._private.utils", "runstring"}, {"numpy.f2py.crackfortran", "myeval"},
            // what finds or wraps a callable
            {"pkgutil", "resolve_name"}, {"importlib", "import_module"}, {"imp", "load_source"},
            {"importlib.machinery", "SourceFileLoader"}, {"zipimport", "zipimporter"}, {"runpy", "run_path"},
            {"runpy", "_run_code"}, {"operator", "attrgetter"}, {"operator", "methodcaller"},
            {"operator", "itemgetter"},
            {"_operator", "methodcaller"}, {"functools", "partial"}, {"functools", "reduce"}, {"itertools", "starmap"},
            {"types", "FunctionType"}, {"types", "CodeType"}, {"marshal", "loads"}, {"pickle", "loads"},
            {"_pickle", "loads"}, {"dill", "loads"}, {"cloudpickle", "loads"}, {"joblib", "load"}, {"shelve", "open"},
            {"copyreg", "__newobj__"}, {"copyreg", "_reconstructor"}, {"copyreg", "add_extension"},
            {"torch", "load"}, {"torch.serialization", "load"}, {"torch.hub", "load"},
            {"torch._utils", "_import_dotted_name"},
            {"torch.jit", "load"}, {"torch.utils.collect_env", "run"}, {"torch.utils._config_module", "load_config"},
            {"torch._dynamo.guards", "GuardBuilder.get"}, {"torch.utils.bottleneck.__main__", "run_cprofile"},
            {"torch.fx.experimental.symbolic_shapes", "ShapeEnv.evaluate_guards_expression"},
            // packages, native code, network, files, windows
            {"pip", "main"}, {"pip._internal", "main"}, {"setuptools", "setup"}, {"ensurepip", "_run_pip"},
            {"venv", "create"}, {"ctypes", "CDLL"}, {"ctypes", "WinDLL"}, {"cffi", "FFI"}, {"_ctypes", "dlopen"},
            {"webbrowser", "open"}, {"urllib.request", "urlopen"}, {"urllib.request", "urlretrieve"},
            {"requests.api", "get"}, {"http.client", "HTTPSConnection"}, {"socket", "create_connection"},
            {"ftplib", "FTP"}, {"smtplib", "SMTP"}, {"shutil", "rmtree"}, {"os", "remove"}, {"pathlib", "Path.unlink"},
            {"io", "FileIO"}, {"sqlite3", "connect"}, {"logging.config", "fileConfig"}, {"linecache", "getlines"},
            {"winreg", "SetValue"}, {"ssl", "get_server_certificate"}, {"signal", "raise_signal"}, {"sys", "exit"},
            {"uuid", "_get_command_stdout"}, {"antigravity", "fly"}, {"threading", "Thread.run"},
            {"distutils.file_util", "write_file"}, {"distutils.spawn", "spawn"},
            {"test.support.script_helper", "assert_python_ok"}};

    @TempDir
    Path folder;

    /// A pickle, and the callable that its refusal must name.
    record Evil(String what, String named, byte[] pickle) {
        @Override
        public String toString() { return what; }
    }

    static List<Evil> evils() {
        List<Evil> evils = new ArrayList<>();
        for (String[] callable : CALLABLES) {
            String name = callable[0] + "." + callable[1];
            evils.add(new Evil("REDUCE " + name, name, pickle(p -> p.global(callable[0], callable[1]).op('(')
                    .text("touch " + MARK).op('t', 'R'))));
        }
        opcodes(evils);
        confusions(evils);
        return evils;
    }

    private static void evil(List<Evil> evils, String what, String named, Consumer<PickleBytes> code) {
        evils.add(new Evil(what, named, pickle(code)));
    }

    /// A good tensor, and beside it what the code leaves on the stack.
    private static byte[] pickle(Consumer<PickleBytes> code) {
        PickleBytes p = new PickleBytes().op('}').text("w").vector("0", 2).op('s').text("x");
        code.accept(p);
        return p.op('s').stop();
    }

    /// Every opcode that calls.
    private static void opcodes(List<Evil> evils) {
        evil(evils, "INST", "os.system", p -> p.op('(').text("touch " + MARK).op('i').line("os").line("system"));
        evil(evils, "OBJ", "os.system", p -> p.op('(').global("os", "system").text("touch " + MARK).op('o'));
        evil(evils, "STACK_GLOBAL", "os.system",
                p -> p.text("os").text("system").op(0x93).text("touch " + MARK).op(0x85, 'R'));
        evil(evils, "short texts and STACK_GLOBAL", "os.system",
                p -> p.op(0x8c, 2, 'o', 's', 0x8c, 6).op('s', 'y', 's', 't', 'e', 'm').op(0x93, 'N', 0x85, 'R'));
        evil(evils, "NEWOBJ, then its instance is called", "an object of subprocess.Popen",
                p -> p.global("subprocess", "Popen").text("touch " + MARK).op(0x85, 0x81, ')', 'R'));
        evil(evils, "NEWOBJ_EX, then its instance is called", "an object of functools.partial",
                p -> p.global("functools", "partial").op(')', '}', 0x92, ')', 'R'));
        evil(evils, "BUILD, then its instance is called", "an object of functools.partial",
                p -> p.global("functools", "partial").op(')', 0x81).global("os", "system").op(0x85, 'b', ')', 'R'));
        evil(evils, "EXT1", "EXT1", p -> p.op(0x82, 1, ')', 'R'));
        evil(evils, "EXT2", "EXT2", p -> p.op(0x83, 1, 0, ')', 'R'));
        evil(evils, "EXT4", "EXT4", p -> p.op(0x84, 1, 0, 0, 0, ')', 'R'));
        evil(evils, "a persistent id in text", "PERSID", p -> p.op('P').line("os.system"));
        evil(evils, "a persistent id that is a module", "os.system",
                p -> p.op('(').text("module").global("os", "system").op('t', 'Q', ')', 'R'));
    }

    /// Names and calls behind detours.
    private static void confusions(List<Evil> evils) {
        evil(evils, "memo written twice", "os.system", p -> p.global("collections", "OrderedDict").op('q', 9, '0')
                .global("os", "system").op('q', 9, '0', 'h', 9).text("touch " + MARK).op(0x85, 'R'));
        evil(evils, "memo of the name's parts", "os.system",
                p -> p.text("os").op(0x94, '0').text("system").op(0x94, '0')
                        .op('h', 0, 'h', 1, 0x93, 'N', 0x85, 'R'));
        evil(evils, "a module with dots in its name", "os.path.os.system", p -> p.global("os.path", "os.system")
                .op(')', 'R'));
        evil(evils, "an attribute of an allowed callable", "collections.OrderedDict.fromkeys",
                p -> p.global("collections", "OrderedDict.fromkeys").op(')', 'R'));
        evil(evils, "globals of an allowed callable", "torch._utils._rebuild_tensor_v2.__globals__",
                p -> p.global("torch._utils", "_rebuild_tensor_v2.__globals__").op(')', 'R'));
        evil(evils, "an allowed name in another module", "evil._rebuild_tensor_v2",
                p -> p.global("evil", "_rebuild_tensor_v2").op(')', 'R'));
        evil(evils, "an allowed name with other capitals", "Torch.size", p -> p.global("Torch", "size").op(')', 'R'));
        evil(evils, "a letter that looks like another", "c\u043ellections.OrderedDict",
                p -> p.global("c\u043ellections", "OrderedDict").op(')', 'R'));
        evil(evils, "a name with a zero", "os\\u0000.system", p -> p.text("os\0").text("system").op(0x93, ')', 'R'));
        evil(evils, "a name with a line end", "os\\u000a.system",
                p -> p.text("os\n").text("system").op(0x93, ')', 'R'));
        evil(evils, "a name with a blank", "os .system", p -> p.global("os ", "system").op(')', 'R'));
        evil(evils, "a name that is empty", "os.", p -> p.global("os", "").op(')', 'R'));
        evil(evils, "the result popped", "os.system", p -> p.global("os", "system").text("touch " + MARK)
                .op(0x85, 'R', '0', 'N'));
        evil(evils, "as a key", "os.system", p -> p.op('}').global("os", "system").op(')', 'R', 'N', 's'));
        evil(evils, "as an argument of an allowed callable", "os.system", p -> p.global("collections", "OrderedDict")
                .global("os", "system").op(')', 'R', 0x85, 'R'));
        evil(evils, "as a storage", "os.system", p -> p.global("torch._utils", "_rebuild_tensor_v2").op('(')
                .global("os", "system").op(')', 'R'));
        evil(evils, "a storage class called", "torch.FloatStorage",
                p -> p.global("torch", "FloatStorage").op(')', 'R'));
        evil(evils, "an element type called", "torch.float32", p -> p.global("torch", "float32").op(')', 'R'));
        evil(evils, "a text called", "the text \"os.system\"", p -> p.text("os.system").op(')', 'R'));
        evil(evils, "a result called", "an object of torch.device",
                p -> p.global("torch", "device").text("cpu").op(0x85, 'R', ')', 'R'));
        evil(evils, "after a second protocol mark", "os.system",
                p -> p.op(0x80, 5).global("os", "system").op(')', 'R'));
        evil(evils, "below a frame", "os.system", p -> p.op(0x95, 1, 0, 0, 0, 0, 0, 0, 0).global("os", "system")
                .op(')', 'R'));
    }

    @Test
    void thereAreMoreThanSixtyAndNoneTwice() {
        Set<String> different = new HashSet<>();
        evils().forEach(evil -> different.add(evil.what));
        assertEquals(evils().size(), different.size());
        assertTrue(different.size() >= 60, different.size() + " pickles");
    }

    @ParameterizedTest
    @MethodSource("evils")
    void isRefusedWithTheCallableNamed(Evil evil) throws IOException {
        Path file = folder.resolve("evil.pt");
        Files.write(file, TorchZip.of(evil.pickle, ONE_TWO));
        WeightsException refusal = assertThrows(WeightsException.class, () -> Checkpoints.open(file));
        assertTrue(refusal.getMessage().contains(evil.named), refusal.getMessage());
        assertTrue(refusal.getMessage().length() < 2_000);
        assertFalse(refusal.getMessage().chars().anyMatch(Character::isISOControl));
        CheckpointDescription description = Checkpoints.describe(file);
        assertFalse(description.refusal().isEmpty());
        assertTrue(description.tensors().isEmpty());
        assertFalse(Files.exists(Path.of(MARK)));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }
}
