package io.github.smalti.pipeline;

import io.github.smalti.core.Precision;
import io.github.smalti.pipeline.internal.MemoryLimits;
import io.github.smalti.pipeline.internal.Resources;
import io.github.smalti.transformer.GenerationCancelledException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/// Many threads generate, cancel and fail at random on one model; between rounds, when nothing runs, memory, threads,
/// arenas and descriptors are counted. Run by [SoakTest] in a JVM of its own.
public final class SoakMain {
    private static final int THREADS = 8;
    private static final int ROUNDS = 12;
    /// Rounds in which the JVM compiles, and the system's allocator finds its size.
    private static final int WARM_UP = 4;
    private static final long MEBIBYTE = 1 << 20;
    /// What the native memory may seem to grow in the rounds that count: compiled code, and what malloc keeps.
    private static final long NATIVE_GROWTH = 24 * MEBIBYTE;
    private static final long HEAP_GROWTH = 4 * MEBIBYTE;

    /// One of the drawings: what is asked for, and its bits.
    private record Drawing(String prompt, int images, int batch, float guidance, long seed) {
        GeneratedImages by(TextToImage model, Cancellation end, ProgressListener listener) {
            return model.generate(prompt, options -> options.images(images).batch(batch).guidanceScale(guidance)
                    .seed(seed).previews(8).cancellation(end).progress(listener));
        }
    }

    private static final List<Drawing> DRAWINGS = List.of(new Drawing("a cat with a hat", 1, 1, 2, 1),
            new Drawing("a red car", 2, 2, 2, 2), new Drawing("", 1, 1, 1, 3),
            new Drawing("two birds over the sea at night", 3, 2, 3, 4), new Drawing("猫 🐱 and a dog", 1, 0, 1, 5));

    private enum Fate {
        FINISHES, CANCELLED, INTERRUPTED, LISTENER_FAILS, ALLOCATION_FAILS, REFUSED, DISK_FULL
    }

    private record Sample(long nativeBytes, long heapBytes, int threads, long descriptors, long arenas) {}

    private final long seed;
    private final long nanos;
    private final Path folder;
    private final FaultyMemory memory = new FaultyMemory();
    private final ThreadLocal<MemoryLimits> limits = ThreadLocal.withInitial(() -> MemoryLimits.NONE);
    private final List<String> expected = new ArrayList<>();
    private final AtomicIntegerArray fates = new AtomicIntegerArray(Fate.values().length);
    private final ConcurrentLinkedQueue<Throwable> faults = new ConcurrentLinkedQueue<>();

    private SoakMain(long seed, double seconds, Path folder) {
        this.seed = seed;
        this.nanos = (long) (seconds * 1e9);
        this.folder = folder;
    }

    /// @param arguments seed, seconds, folder for pictures
    public static void main(String[] arguments) throws Exception {
        new SoakMain(Long.parseLong(arguments[0]), Double.parseDouble(arguments[1]), Path.of(arguments[2])).run();
    }

    private TextToImage load(int threads) {
        return TextToImage.load(ModelPaths.embedded(), new LoadOptions(Precision.BF16, threads), new Cancellation(),
                new Resources(memory.memory(), limits::get));
    }

    private void run() throws Exception {
        try (var single = load(1)) {
            for (Drawing drawing : DRAWINGS) {
                expected.add(Pictures.hash(drawing.by(single, new Cancellation(), _ -> true)));
            }
        }
        List<Sample> samples = new ArrayList<>();
        try (var model = load(2)) {
            for (int round = 0; round < ROUNDS; round++) {
                round(model, round);
                load(2).close();
                samples.add(sample());
                System.out.println("round " + round + ": " + samples.getLast());
                if (!faults.isEmpty()) throw new AssertionError("round " + round, faults.peek());
            }
        }
        System.out.println("seed " + seed + ", requests " + counts());
        check(samples);
    }

    private String counts() {
        List<String> counts = new ArrayList<>();
        for (Fate fate : Fate.values()) counts.add(fate + " " + fates.get(fate.ordinal()));
        return String.join(", ", counts);
    }

    private void round(TextToImage model, int round) throws InterruptedException {
        long end = System.nanoTime() + nanos / ROUNDS;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            var random = new Random(seed + 1000L * round + i);
            threads.add(Thread.ofPlatform().name("caller-" + i).start(() -> {
                try {
                    while (System.nanoTime() < end && faults.isEmpty()) request(model, random);
                } catch (Throwable e) {
                    faults.add(e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join(120_000);
            if (thread.isAlive())
                throw new AssertionError("a caller hangs: " + Arrays.toString(thread.getStackTrace()));
        }
    }

    private void request(TextToImage model, Random random) throws IOException {
        int chosen = random.nextInt(DRAWINGS.size());
        Drawing drawing = DRAWINGS.get(chosen);
        Fate fate = random.nextInt(2) == 0 ? Fate.FINISHES : Fate.values()[random.nextInt(Fate.values().length)];
        int moment = random.nextInt(300);
        fates.incrementAndGet(fate.ordinal());
        try {
            GeneratedImages images = fail(model, drawing, fate, moment, random);
            require(Pictures.hash(images).equals(expected.get(chosen)), drawing + ": other bits");
            if (fate == Fate.FINISHES || fate == Fate.DISK_FULL) write(images, fate, random);
        } catch (GenerationCancelledException e) {
            require(fate == Fate.CANCELLED || fate == Fate.INTERRUPTED, fate + ": " + e);
        } catch (IllegalStateException e) {
            require(fate == Fate.LISTENER_FAILS && e.getMessage().equals("listener"), fate + ": " + e);
        } catch (NotEnoughMemoryException e) {
            require(fate == Fate.ALLOCATION_FAILS || fate == Fate.REFUSED, fate + ": " + e);
        } finally {
            limits.remove();
            memory.failMineAt(-1);
            boolean wasInterrupted = Thread.interrupted();
            require(fate == Fate.INTERRUPTED || !wasInterrupted, fate + ": interrupted");
        }
    }

    private GeneratedImages fail(TextToImage model, Drawing drawing, Fate fate, int moment, Random random) {
        if (fate == Fate.ALLOCATION_FAILS) memory.failMineAt(random.nextInt(14));
        if (fate == Fate.REFUSED) limits.set(new MemoryLimits(random.nextInt(100_000), "the machine", 1L << 40));
        var end = new Cancellation();
        var told = new AtomicInteger();
        return drawing.by(model, end, _ -> {
            if (told.getAndIncrement() != moment) return true;
            switch (fate) {
                case CANCELLED -> end.cancel();
                case INTERRUPTED -> Thread.currentThread().interrupt();
                case LISTENER_FAILS -> throw new IllegalStateException("listener");
                default -> {}
            }
            return true;
        });
    }

    private void write(GeneratedImages images, Fate fate, Random random) throws IOException {
        RankedImage image = images.getFirst();
        Path file = folder.resolve(Thread.currentThread().getName() + ".png");
        if (fate == Fate.FINISHES) {
            image.replacePng(file);
            require(Arrays.equals(image.toRaster().samples(), ImageFiles.read(file).samples()),
                    file + ": other pixels");
            return;
        }
        try {
            ImageFiles.write(new FullDisk(random.nextInt(1000)), file, image.toRaster(), image.record().pngTexts(),
                    true);
            throw new AssertionError("written to a full disk");
        } catch (ImageFileException e) {
            try (var files = Files.list(folder)) {
                require(files.filter(f -> f.toString().endsWith(".tmp")).count() < THREADS, "temporary files stay");
            }
        }
    }

    private static void require(boolean holds, String what) { if (!holds) throw new AssertionError(what); }

    /// Counts when nothing runs.
    private Sample sample() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(50);
        }
        Runtime jvm = Runtime.getRuntime();
        return new Sample(anonymousBytes(), jvm.totalMemory() - jvm.freeMemory(), Thread.getAllStackTraces().size(),
                descriptors(), memory.openArenas());
    }

    private static long anonymousBytes() {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("RssAnon:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024).sum();
        } catch (IOException _) {
            return 0; // not Linux
        }
    }

    private static long descriptors() {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        } catch (IOException _) {
            return 0; // not Linux
        }
    }

    private void check(List<Sample> samples) throws IOException {
        List<Sample> counted = samples.subList(WARM_UP, samples.size());
        double nativeGrowth = growth(counted.stream().mapToLong(Sample::nativeBytes).toArray());
        double heapGrowth = growth(counted.stream().mapToLong(Sample::heapBytes).toArray());
        System.out.printf("growth: native %.1f MiB, heap %.1f MiB%n", nativeGrowth / MEBIBYTE, heapGrowth / MEBIBYTE);
        require(nativeGrowth < NATIVE_GROWTH, "native memory grows");
        require(heapGrowth < HEAP_GROWTH, "the heap grows");
        Sample first = counted.getFirst();
        Sample last = counted.getLast();
        require(last.threads <= first.threads, "threads were gained");
        require(last.descriptors <= first.descriptors, "descriptors were gained");
        require(last.arenas == first.arenas, "arenas were gained");
        require(memory.openArenas() == 0, "arenas stay open: " + memory.openArenas());
        try (var files = Files.list(folder)) {
            require(files.noneMatch(f -> f.toString().endsWith(".tmp")), "temporary files stay");
        }
        require(fates.get(Fate.FINISHES.ordinal()) > 2 * THREADS, "too few pictures");
    }

    /// What the least of the later half has gained over the least of the earlier one: garbage that a round leaves for a
    /// moment does not count, what is never freed does.
    private static double growth(long[] values) {
        int half = values.length / 2;
        return Arrays.stream(values, half, values.length).min().orElseThrow()
                - (double) Arrays.stream(values, 0, half).min().orElseThrow();
    }
}
