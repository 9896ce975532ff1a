package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.NativeMemoryException;
import io.github.smalti.core.Precision;
import io.github.smalti.pipeline.internal.MemoryLimits;
import io.github.smalti.pipeline.internal.Resources;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// The n-th allocation of native memory fails, for every n: a typed error, nothing leaked, the next request works.
class AllocationFaultsTest {
    /// Loading the embedded model so often would take minutes: every allocation of the first ones, then ever fewer.
    private static final double SPARSER = Double.parseDouble(System.getProperty("smalti.faults.sparser", "1.02"));

    private final FaultyMemory memory = new FaultyMemory();
    private final Resources resources = new Resources(memory.memory(), () -> MemoryLimits.NONE);
    private final Consumer<GenerationOptions.Builder> small = options -> options.images(2).seed(7);

    private TextToImage load() {
        return TextToImage.load(ModelPaths.embedded(), new LoadOptions(Precision.BF16, 2),
                new Cancellation(), resources);
    }

    @Test
    void everyAllocationOfARequestMayFail() {
        try (var model = load()) {
            memory.failAt(-1);
            String expected = Pictures.hash(model.generate("a cat", small));
            long all = memory.allocations();
            assertTrue(all > 10, "allocations: " + all);
            long open = memory.openArenas();
            for (long n = 0; n < all; n++) {
                memory.failAt(n);
                var e = assertThrows(NotEnoughMemoryException.class, () -> model.generate("a cat", small));
                assertTrue(e.getCause() instanceof NativeMemoryException, "allocation " + n + ": " + e.getCause());
                assertTrue(e.getMessage().contains("--batch 1") && e.getMessage().contains("--precision int8"),
                        e.getMessage());
                assertEquals(open, memory.openArenas(), "arenas after the failure of allocation " + n);
            }
            memory.failAt(all);
            assertEquals(expected, Pictures.hash(model.generate("a cat", small)));
        }
        assertEquals(0, memory.openArenas());
    }

    @Test
    void everyAllocationOfLoadingMayFail() {
        memory.failAt(-1);
        load().close();
        long all = memory.allocations();
        assertTrue(all > 20, "allocations: " + all);
        int threads = Thread.activeCount();
        for (long n = 0; n < all; n = Math.max(n + 1, (long) (n * SPARSER))) {
            memory.failAt(n);
            assertThrows(NotEnoughMemoryException.class, this::load, "allocation " + n);
            assertEquals(0, memory.openArenas(), "arenas after the failure of allocation " + n);
        }
        memory.failAt(-1);
        try (var model = load()) {
            assertEquals(2, model.generate("a cat", small).size());
        }
        assertEquals(0, memory.openArenas());
        assertTrue(Thread.activeCount() <= threads + 2, "threads: " + threads + ", then " + Thread.activeCount());
    }
}
