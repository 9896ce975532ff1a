import io.github.smalti.core.Compute;
import io.github.smalti.core.NativeMemory;
import io.github.smalti.core.Precision;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.DalleBart;
import io.github.smalti.transformer.Sampling;
import io.github.smalti.transformer.TextIds;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;

/// Whether a file of packed weights would start a model sooner: time to the first token and of a whole drawing with the
/// weights packed from two checkpoints, with packed weights used where they lie in a mapped file, and with packed weights
/// copied out of it. Linux; after `./smalti --version`, from the project's root:
///
/// ```
/// ./smalti bench random-model mini /tmp/mini && ./smalti convert /tmp/mini /tmp/mini-bf16 --dtype bf16
/// java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -Xmx2g -cp 'tools/target/lib/*' \
///     docs/examples/PackedForm.java /tmp/mini /tmp/mini-bf16 /tmp/packed 5
/// ```
class PackedForm {
    private static final long ROOM = 1L << 30;
    private static final int DONT_NEED = 4;

    /// Gives out a mapped file's bytes one after another; keys, values and scratch of drawings stay native.
    private static final class MappedArena implements Arena {
        final Arena arena = Arena.ofShared();
        final MemorySegment file;
        private long used;

        MappedArena(Path path) throws Exception {
            try (var channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ,
                    StandardOpenOption.WRITE)) {
                file = channel.map(FileChannel.MapMode.READ_WRITE, 0, ROOM, arena);
            }
        }

        @Override
        public synchronized MemorySegment allocate(long byteSize, long byteAlignment) {
            long at = (used + byteAlignment - 1) / byteAlignment * byteAlignment;
            used = at + byteSize;
            return file.asSlice(at, byteSize);
        }

        @Override
        public MemorySegment.Scope scope() { return arena.scope(); }

        @Override
        public void close() { arena.close(); }

        /// Writes the pages to the disk and forgets where they are in memory: they stay in the system's cache of files,
        /// and the next use of each finds it there, as after mapping the file anew.
        void forget() throws Throwable {
            file.force();
            var madvise = Linker.nativeLinker().downcallHandle(Linker.nativeLinker().defaultLookup().findOrThrow(
                    "madvise"), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_INT));
            if ((int) madvise.invokeExact(file, ROOM, DONT_NEED) != 0) throw new AssertionError("madvise");
        }
    }

    /// Milliseconds to the first token and of all tokens, from `start`.
    private static double[] draw(DalleBart model, long start) {
        int length = model.textLength();
        int[] ids = new int[length];
        for (int i = 0; i < length; i++) ids[i] = 3 + 31 * i % 1000;
        var request = new CodeRequest(new TextIds(ids, length), new TextIds(new int[] {0, 2}, 2), Sampling.of(1, 0, 1),
                10, 7, new int[] {0});
        double[] millis = new double[2];
        model.generate(request, (done, _) -> {
            if (done == 1) millis[0] = (System.nanoTime() - start) / 1e6;
            return true;
        });
        millis[1] = (System.nanoTime() - start) / 1e6;
        return millis;
    }

    private static double[] packed(Path folder, Compute compute) {
        long start = System.nanoTime();
        try (var model = DalleBart.load(folder, compute, Precision.BF16)) {
            double open = (System.nanoTime() - start) / 1e6;
            double[] drawn = draw(model, start);
            return new double[] {open, drawn[0], drawn[1]};
        }
    }

    /// Maps the file anew and copies its bytes to native memory with all threads, a part of each 64 KiB at a time.
    private static double copied(Path file, long bytes, Compute compute) throws Exception {
        long start = System.nanoTime();
        try (Arena arena = Arena.ofShared(); var channel = FileChannel.open(file)) {
            MemorySegment from = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
            MemorySegment to = arena.allocate(bytes, 64);
            compute.team().run((part, parts) -> {
                long begin = bytes / parts * part;
                long end = part == parts - 1 ? bytes : bytes / parts * (part + 1);
                MemorySegment.copy(from, begin, to, begin, end - begin);
            });
            return (System.nanoTime() - start) / 1e6;
        }
    }

    public static void main(String[] args) throws Throwable {
        Compute compute = Compute.shared();
        int rounds = Integer.parseInt(args[3]);
        var mapped = new MappedArena(Path.of(args[2]));
        boolean[] loading = {true};
        Compute inFile = compute.withMemory(new NativeMemory(() -> loading[0] ? mapped : Arena.ofShared()));
        double[][][] times = new double[4][3][rounds];
        try (var model = DalleBart.load(Path.of(args[1]), inFile, Precision.BF16)) {
            loading[0] = false;
            System.out.printf(Locale.ROOT, "%.0f MB of packed weights%n", mapped.used / 1e6);
            for (int round = -1; round < rounds; round++) { // the first one warms up
                double[] flax = packed(Path.of(args[0]), compute);
                double[] safetensors = packed(Path.of(args[1]), compute);
                mapped.forget();
                double[] place = draw(model, System.nanoTime());
                double copy = copied(Path.of(args[2]), mapped.used, compute);
                double[][] found = {flax, safetensors, {0, place[0], place[1]}, {copy, 0, 0}};
                System.out.println("round " + round + " " + Arrays.deepToString(found));
                for (int way = 0; way < found.length && round >= 0; way++) {
                    for (int i = 0; i < 3; i++) times[way][i][round] = found[way][i];
                }
            }
        }
        String[] ways = {"packed from f16 msgpack", "packed from bf16 safetensors", "used in place",
                "copied out of the mapping"};
        System.out.println("medians in ms | ready | first token | 256 tokens");
        for (int way = 0; way < ways.length; way++) {
            System.out.print(ways[way]);
            for (double[] each : times[way]) {
                Arrays.sort(each);
                System.out.printf(Locale.ROOT, " | %.0f (%.0f to %.0f)", each[rounds / 2], each[0], each[rounds - 1]);
            }
            System.out.println();
        }
    }
}
