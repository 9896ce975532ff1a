package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.clip.Clip;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.dvae.Vqgan;
import io.github.smalti.dvae.CodecOptions;
import io.github.smalti.pipeline.internal.Stages;
import io.github.smalti.tokenizer.BartTokenizer;
import io.github.smalti.transformer.DalleBart;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/// A kernel throws on one thread of the team, in any stage: one exception, and model and team go on.
class WorkerFaultsTest {
    private final long seed = Long.getLong("tests.seed", System.nanoTime());
    private final FaultyMemory memory = new FaultyMemory();
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicReference<Throwable> fault = new AtomicReference<>();
    private volatile int failing = Integer.MAX_VALUE;

    /// The machine's kernels; from a certain call on, the first one on a worker throws.
    private Kernels faulty() {
        Kernels best = Kernels.best();
        return (Kernels) Proxy.newProxyInstance(Kernels.class.getClassLoader(), new Class<?>[]{Kernels.class},
                (_, method, arguments) -> {
                    boolean isWorker = Thread.currentThread().getName().startsWith("smalti-");
                    if (calls.incrementAndGet() >= failing && isWorker) {
                        Throwable thrown = fault.getAndSet(null);
                        if (thrown != null) throw thrown;
                    }
                    try {
                        return method.invoke(best, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private TextToImage model(Team team) {
        var compute = new Compute(faulty(), team, memory.memory());
        ModelPaths paths = ModelPaths.embedded();
        var bart = DalleBart.load(paths.dalle(), compute, Precision.BF16);
        var codec = Vqgan.load(paths.vqgan(), compute, CodecOptions.DECODER_ONLY);
        var clip = Clip.load(paths.clip(), compute, Precision.BF16);
        Runnable release = () -> {
            bart.close();
            codec.close();
            clip.close();
        };
        return new TextToImage(new Stages(BartTokenizer.read(paths.dalle()), bart, codec, clip,
                Preset.DALLE_MINI.settings(), release), FakeStages.INFO);
    }

    private static String draw(TextToImage model) {
        return Pictures.hash(model.generate("a cat", options -> options.images(1).seed(7)));
    }

    @Test
    void everyThrowableOfAWorkerReachesTheCaller() {
        var random = new Random(seed);
        List<Supplier<Throwable>> kinds = List.of(() -> new IllegalStateException("injected"),
                () -> new OutOfMemoryError("injected"), StackOverflowError::new, () -> new InternalError("injected"),
                () -> new AssertionError("injected"));
        try (var team = new Team(3); var model = model(team)) {
            calls.set(0);
            String expected = draw(model);
            int all = calls.get();
            long open = memory.openArenas();
            for (int round = 0; round < 40; round++) {
                Throwable thrown = kinds.get(round % kinds.size()).get();
                calls.set(0);
                fault.set(thrown);
                failing = random.nextInt(all * 9 / 10);
                Throwable caught = assertThrows(Throwable.class, () -> draw(model), "-Dtests.seed=" + seed);
                if (thrown instanceof OutOfMemoryError) {
                    assertEquals(NotEnoughMemoryException.class, caught.getClass());
                    assertTrue(caught.getMessage().contains("-Xmx"), caught.getMessage());
                    caught = caught.getCause();
                }
                assertSame(thrown, caught);
                assertEquals(open, memory.openArenas());
                failing = Integer.MAX_VALUE;
                if (round % 8 == 0) assertEquals(expected, draw(model));
            }
            assertEquals(expected, draw(model));
        }
        assertEquals(0, memory.openArenas());
    }
}
