package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Precision;
import io.github.smalti.pipeline.internal.MemoryLimits;
import io.github.smalti.pipeline.internal.Resources;
import io.github.smalti.transformer.GenerationCancelledException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Drawings that another thread cancels or interrupts at a random moment: 40, or 1,000 with `-Psoak`.
class RandomCancelTest {
    private static final int ROUNDS = Integer.getInteger("smalti.cancels", 40);
    /// Some milliseconds on a machine of one's own; here others may keep the processors busy.
    private static final long PROMPT = 1_000_000_000;

    private final long seed = Long.getLong("tests.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final FaultyMemory memory = new FaultyMemory();

    private static GeneratedImages draw(TextToImage model, Cancellation end, ProgressListener listener) {
        return model.generate("a cat with a hat",
                options -> options.images(1).seed(7).previews(8).cancellation(end).progress(listener));
    }

    @Test
    void endsAtOnceAndLeavesNothing() throws InterruptedException {
        try (var model = TextToImage.load(ModelPaths.embedded(), new LoadOptions(Precision.BF16, 2), new Cancellation(),
                new Resources(memory.memory(), () -> MemoryLimits.NONE))) {
            draw(model, new Cancellation(), _ -> true);
            long begun = System.nanoTime();
            String expected = Pictures.hash(draw(model, new Cancellation(), _ -> true));
            long whole = System.nanoTime() - begun;
            long open = memory.openArenas();
            long[] delays = new long[ROUNDS];
            int cancelled = 0;
            for (int round = 0; cancelled < ROUNDS; round++) { // a picture may be finished before the wish comes
                assertTrue(round < 10 * ROUNDS, "only " + cancelled + " cancelled, " + repeat());
                long delay = cancelAfter(model, random.nextLong(whole), round % 2 == 0, expected);
                if (delay >= 0) delays[cancelled++] = delay;
                assertEquals(open, memory.openArenas(), "round " + round + ", " + repeat());
            }
            Arrays.sort(delays);
            System.out.printf(Locale.ROOT, "%d cancelled, after %.1f ms (median), %.1f ms (longest)%n", cancelled,
                    delays[ROUNDS / 2] / 1e6, delays[ROUNDS - 1] / 1e6);
            assertTrue(delays[ROUNDS / 2] < PROMPT, delays[ROUNDS / 2] + " ns, " + repeat());
            assertEquals(expected, Pictures.hash(draw(model, new Cancellation(), _ -> true)), repeat());
        }
        assertEquals(0, memory.openArenas());
    }

    private String repeat() { return "-Dtests.seed=" + seed; }

    /// @return nanoseconds from the wish to the end, or -1 if the picture was finished before
    private long cancelAfter(TextToImage model, long nanos, boolean isInterrupt, String expected)
            throws InterruptedException {
        var end = new Cancellation();
        var wished = new AtomicLong();
        var eventsAfter = new AtomicInteger();
        Thread drawing = Thread.currentThread();
        Thread stopper = Thread.ofPlatform().start(() -> {
            long begun = System.nanoTime();
            while (System.nanoTime() - begun < nanos) Thread.onSpinWait();
            if (isInterrupt) {
                drawing.interrupt();
            } else {
                end.cancel();
            }
            wished.set(System.nanoTime());
        });
        long delay = -1;
        try { // a token that is being computed is still told, with its preview
            GeneratedImages images = draw(model, end, _ -> {
                if (wished.get() != 0) eventsAfter.incrementAndGet();
                return true;
            });
            assertEquals(expected, Pictures.hash(images), repeat());
        } catch (GenerationCancelledException _) {
            long ended = System.nanoTime();
            assertEquals(isInterrupt, drawing.isInterrupted(), "interrupt status, " + repeat());
            assertTrue(eventsAfter.get() <= 2, eventsAfter + " events after the wish, " + repeat());
            while (wished.get() == 0) Thread.onSpinWait();
            delay = Math.max(0, ended - wished.get());
        } finally {
            if (isInterrupt) { while (!Thread.interrupted()) Thread.onSpinWait(); }
            stopper.join();
        }
        return delay;
    }
}
