package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Raster;
import io.github.smalti.pipeline.internal.MemoryLimits;
import io.github.smalti.pipeline.internal.Resources;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// What cannot fit is refused before anything is allocated, and the message says what would fit.
class MemoryRefusalTest {
    private final FaultyMemory memory = new FaultyMemory();
    private final AtomicReference<MemoryLimits> limits = new AtomicReference<>(MemoryLimits.NONE);
    private final Resources resources = new Resources(memory.memory(), limits::get);

    private TextToImage load(Precision precision) {
        return TextToImage.load(ModelPaths.embedded(), new LoadOptions(precision, 2), new Cancellation(), resources);
    }

    private static MemoryPlan plan(Precision precision) {
        return TextToImage.plan(ModelPaths.embedded(), new LoadOptions(precision, 2), 1, true);
    }

    @Test
    void refusesWeightsThatCannotFitAndNamesThePrecisionThatDoes() {
        long exact = plan(Precision.F32).weightBytes();
        long rounded = plan(Precision.INT8).weightBytes();
        limits.set(new MemoryLimits((exact + rounded) / 2 - (exact - rounded) / 4, "the control group", 1L << 40));
        var e = assertThrows(NotEnoughMemoryException.class, () -> load(Precision.F32));
        assertTrue(
                e.getMessage().matches("the model's weights in F32: needs [0-9.]+ MB, but the control group has only "
                        + "[0-9.]+ MB; load it with --precision (bf16|int8), which needs [0-9.]+ MB"),
                e.getMessage());
        assertTrue(e.needed() > e.available());
        assertEquals(limits.get().nativeBytes(), e.available());
        assertEquals(0, memory.allocations(), "nothing was allocated");
        limits.set(new MemoryLimits(1000, "the machine", 1L << 40));
        assertTrue(assertThrows(NotEnoughMemoryException.class, () -> load(Precision.INT8)).getMessage()
                .endsWith("the machine has only 1000 bytes; end other programs or take a smaller model"));
        assertEquals(0, memory.allocations());
    }

    @Test
    void refusesBatchesThatCannotFitAndNamesOneThatDoes() {
        try (var model = load(Precision.BF16)) {
            memory.failAt(-1);
            MemoryPlan four = model.plan(4, true);
            long available = four.cacheBytes() + four.scratchBytes() + (64 << 20);
            limits.set(new MemoryLimits(available, "the machine", 1L << 40));
            var e = assertThrows(NotEnoughMemoryException.class,
                    () -> model.generate("a cat", options -> options.images(512).batch(512)));
            assertTrue(
                    e.getMessage().matches("drawing 512 images at once: needs [0-9.]+ [MG]B, but the machine has only "
                            + "[0-9.]+ MB; .*"),
                    e.getMessage());
            assertEquals(available, e.available());
            assertTrue(e.needed() > available);
            assertEquals(0, memory.allocations(), "nothing was allocated");
            limits.set(new MemoryLimits(1L << 40, "the machine", 1 << 20));
            assertTrue(assertThrows(NotEnoughMemoryException.class,
                    () -> model.generate("a cat", options -> options.images(4096))).getMessage()
                    .contains("the Java heap has only 1.0 MB; draw fewer images a call, such as --images "));
            assertEquals(0, memory.allocations());
            limits.set(MemoryLimits.NONE);
            assertEquals(1, model.generate("a cat", options -> options.images(1)).size());
        }
    }

    @Test
    void theAdviceHelps() {
        try (var model = load(Precision.BF16)) {
            Raster picture = model.generate("a cat", options -> options.images(1)).getFirst().toRaster();
            long pictures = 4L * 3 * Float.BYTES * picture.rows() * picture.cols();
            MemoryPlan two = model.plan(2, true);
            limits.set(new MemoryLimits(two.cacheBytes() + two.scratchBytes() + pictures, "the machine", 1L << 40));
            var e = assertThrows(NotEnoughMemoryException.class,
                    () -> model.generate("a cat", options -> options.images(4).batch(4).temperature(0)));
            String advised = e.getMessage().replaceAll("(?s).*such as --batch ([0-9]+).*", "$1");
            int batch = Integer.parseInt(advised);
            assertTrue(batch >= 1 && batch < 4, e.getMessage());
            assertEquals(4, model.generate("a cat", options -> options.images(4).batch(batch).temperature(0)).size());
            assertEquals(4, model.generate("a cat", options -> options.images(4).temperature(0)).size());
        }
    }
}
