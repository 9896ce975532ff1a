package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Precision;
import io.github.smalti.pipeline.internal.MemoryLimits;
import io.github.smalti.pipeline.internal.Resources;
import io.github.smalti.transformer.GenerationCancelledException;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Faults while the embedded model draws: one clear exception, nothing leaked, the next drawing has its bits.
class GenerationFaultsTest {
    private static final String SAID = "a cat with a hat";

    @TempDir
    Path folder;

    private final long seed = Long.getLong("tests.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final FaultyMemory memory = new FaultyMemory();

    private TextToImage load(ModelPaths paths) {
        return TextToImage.load(paths, new LoadOptions(Precision.BF16, 2), new Cancellation(),
                new Resources(memory.memory(), () -> MemoryLimits.NONE));
    }

    private static GeneratedImages draw(TextToImage model, Consumer<GenerationOptions.Builder> more) {
        return model.generate(SAID, options -> more.accept(options.images(2).batch(1).previews(8).seed(7)));
    }

    private String repeat() { return "-Dtests.seed=" + seed; }

    /// Which events of a drawing to try: all that are no tokens, the first and last ones, and some by chance.
    private int[] moments(List<Progress> events) {
        IntPredicate isChosen = i -> !(events.get(i) instanceof Progress.TokensDone) || i < 4
                || random.nextInt(40) == 0;
        return IntStream.range(0, events.size()).filter(isChosen).toArray();
    }

    @Test
    void mayBeCancelledAtEveryEvent() {
        try (var model = load(ModelPaths.embedded())) {
            List<Progress> events = new ArrayList<>();
            String expected = Pictures.hash(draw(model, options -> options.progress(events::add)));
            long open = memory.openArenas();
            for (int moment : moments(events)) {
                for (int way = 0; way < 3; way++) {
                    var end = new Cancellation();
                    var told = new AtomicInteger();
                    int how = way;
                    ProgressListener stop = _ -> {
                        if (told.getAndIncrement() != moment) return true;
                        if (how == 1) end.cancel();
                        if (how == 2) Thread.currentThread().interrupt();
                        return how != 0;
                    };
                    boolean isDone = moment >= events.size() - 2 && how != 0; // all work is done before
                    if (!isDone) {
                        assertThrows(GenerationCancelledException.class,
                                () -> draw(model, options -> options.progress(stop).cancellation(end)),
                                events.get(moment) + ", way " + how + ", " + repeat());
                        assertTrue(told.get() <= moment + 2, "events after " + events.get(moment) + ", way " + how);
                        assertEquals(how == 2, Thread.interrupted(), "interrupt status, " + events.get(moment));
                    }
                    assertEquals(open, memory.openArenas());
                }
            }
            assertEquals(expected, Pictures.hash(draw(model, _ -> {})));
        }
        assertEquals(0, memory.openArenas());
    }

    @Test
    void loadingMayBeCancelledAtAnyTime() throws InterruptedException {
        Thread.currentThread().interrupt();
        assertThrows(GenerationCancelledException.class, () -> load(ModelPaths.embedded()));
        assertTrue(Thread.interrupted(), "the interrupt is kept");
        var before = new Cancellation();
        before.cancel();
        assertThrows(GenerationCancelledException.class,
                () -> TextToImage.load(ModelPaths.embedded(), LoadOptions.DEFAULT, before));
        int cancelled = 0;
        for (int round = 0; round < 40; round++) {
            var end = new Cancellation();
            Thread loader = Thread.currentThread();
            boolean isInterrupt = round % 2 == 0;
            int micros = random.nextInt(60_000);
            Thread stopper = Thread.ofPlatform().start(() -> {
                long start = System.nanoTime();
                while (System.nanoTime() - start < micros * 1000L) Thread.onSpinWait();
                if (isInterrupt) {
                    loader.interrupt();
                } else {
                    end.cancel();
                }
            });
            try (var model = TextToImage.load(ModelPaths.embedded(), new LoadOptions(Precision.BF16, 2), end,
                    new Resources(memory.memory(), () -> MemoryLimits.NONE))) {
                assertEquals(Precision.BF16, model.info().precision());
            } catch (GenerationCancelledException e) {
                cancelled++;
            }
            if (isInterrupt) { while (!Thread.interrupted()) Thread.onSpinWait(); }
            stopper.join();
            assertEquals(0, memory.openArenas(), repeat());
        }
        assertTrue(cancelled > 0, "cancelled " + cancelled + ", " + repeat());
        load(ModelPaths.embedded()).close();
    }

    private ModelPaths copy(String name) throws IOException {
        Path to = folder.resolve(name);
        Path from = ModelPaths.embedded().dalle().getParent();
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return ModelPaths.of(to);
    }

    private static List<Path> weights(ModelPaths paths) {
        return List.of(paths.dalle().resolve("flax_model.msgpack"), paths.vqgan().resolve("flax_model.msgpack"),
                paths.clip().resolve("model.safetensors"));
    }

    @Test
    void filesMayBeDeletedOrReplacedWhileMapped() throws IOException {
        ModelPaths paths = copy("deleted");
        try (var model = load(paths)) {
            String expected = Pictures.hash(draw(model, _ -> {}));
            for (Path file : weights(paths)) {
                Path other = Files.writeString(folder.resolve("other"), "another model");
                Files.move(other, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            }
            assertEquals(expected, Pictures.hash(draw(model, _ -> {})));
            for (Path file : weights(paths)) Files.delete(file);
            assertEquals(expected, Pictures.hash(draw(model, _ -> {})));
        }
    }

    @Test
    void aFileThatIsCutWhileMappedGivesAnErrorAndNeverAPicture() throws IOException {
        var events = new AtomicInteger();
        try (var model = load(ModelPaths.embedded())) {
            draw(model, options -> options.progress(_ -> events.incrementAndGet() > 0));
        }
        for (int round = 0; round < 30; round++) {
            ModelPaths paths = copy("cut");
            Path file = weights(paths).get(round % 3);
            long left = random.nextInt((int) Files.size(file));
            int moment = random.nextInt(events.get()) - 1; // -1: before the call
            try (var model = load(paths)) {
                var told = new AtomicInteger();
                if (moment < 0) cut(file, left);
                var e = assertThrows(WeightsException.class, () -> draw(model, options -> options.progress(_ -> {
                    if (told.getAndIncrement() == moment) cut(file, left);
                    return true;
                })), file + " cut to " + left + " at event " + moment + ", " + repeat());
                assertTrue(e.getMessage().contains("changed by another process"), e.getMessage());
                assertThrows(ModelClosedException.class, () -> draw(model, _ -> {}));
            }
            assertEquals(0, memory.openArenas());
        }
    }

    private static void cut(Path file, long bytes) {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Calls and closings of a real model at random moments: right bits or the one exception, and all memory is freed.
    @Test
    void mayBeClosedAtAnyMoment() throws InterruptedException {
        String expected;
        try (var model = load(ModelPaths.embedded())) {
            expected = Pictures.hash(draw(model, options -> options.images(1)));
        }
        for (int round = 0; round < 150; round++) {
            closeDuring(load(ModelPaths.embedded()), expected, model -> draw(model, options -> options.images(1)),
                    60_000);
            assertEquals(0, memory.openArenas(), "round " + round + ", " + repeat());
        }
        assertFalse(mapsAnyModel(), "a checkpoint is still mapped");
    }

    @Test
    void stagesAreReleasedOnceWheneverTheModelIsClosed() throws InterruptedException {
        String expected = Pictures.hash(new FakeStages().model().generate(SAID, options -> options.seed(7)));
        for (int round = 0; round < 1000; round++) {
            var fake = new FakeStages();
            closeDuring(fake.model(), expected, model -> model.generate(SAID, options -> options.seed(7)), 300);
            assertEquals(1, fake.releases.get(), "round " + round + ", " + repeat());
        }
    }

    private interface Drawing { GeneratedImages by(TextToImage model); }

    private void closeDuring(TextToImage model, String expected, Drawing drawing, int mostMicros)
            throws InterruptedException {
        var faults = new ConcurrentLinkedQueue<Throwable>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            boolean closes = i < 2;
            int micros = random.nextInt(mostMicros);
            threads.add(Thread.ofPlatform().uncaughtExceptionHandler((_, e) -> faults.add(e)).start(() -> {
                long start = System.nanoTime();
                while (System.nanoTime() - start < micros * (closes ? 1000L : 200L)) Thread.onSpinWait();
                if (closes) {
                    model.close();
                } else {
                    try {
                        assertEquals(expected, Pictures.hash(drawing.by(model)));
                    } catch (ModelClosedException _) {
                        assertThrows(ModelClosedException.class, () -> drawing.by(model));
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join(20_000);
            assertFalse(thread.isAlive(), "a call hangs, " + repeat());
        }
        if (!faults.isEmpty()) throw new AssertionError(repeat(), faults.peek());
        model.close();
        assertInstanceOf(ModelClosedException.class,
                assertThrows(TextToImageException.class, () -> drawing.by(model)));
    }

    private static boolean mapsAnyModel() {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.anyMatch(line -> line.contains("flax_model.msgpack") || line.contains("model.safetensors"));
        } catch (IOException _) {
            return false; // not Linux
        }
    }
}
