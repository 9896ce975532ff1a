package io.github.smalti.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Team;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A share is that of the machine as it was at the time, or none.
class SampleTest {
    /// A second of arithmetic at 100 GFLOP/s.
    private static final Line LINE = new Line("x", new Work(100e9, 1));

    private static MachineLimits flops(double giga) { return new MachineLimits(giga, 10); }

    @Test
    void shareIsOfTheMeanOfBothProbes() {
        Sample sample = Sample.of(LINE, 2, flops(95), flops(105));
        assertTrue(sample.isKept());
        assertEquals(0.5, sample.share(), 1e-12);
    }

    @Test
    void roundIsDroppedWhenItsOwnLimitMoved() {
        assertFalse(Sample.of(LINE, 2, flops(100), flops(116)).isKept());
        assertTrue(Sample.of(LINE, 2, flops(100), flops(114)).isKept());
        Sample memoryMoved = Sample.of(LINE, 2, new MachineLimits(100, 10), new MachineLimits(100, 20));
        assertTrue(memoryMoved.isKept(), "memory is not the limit of this line");
    }

    @Test
    void longWorkKeepsTheParts() {
        Sample kept = Sample.of(LINE, 2, flops(100), flops(100));
        Sample dropped = Sample.of(LINE, 1, flops(100), flops(200));
        Sample both = kept.plus(dropped);
        assertEquals(3, both.seconds());
        assertEquals(0.5, both.share(), 1e-12);
        assertTrue(both.isKept());
        assertFalse(dropped.plus(dropped).plus(kept).plus(dropped).isKept(), "less than half of it is left");
    }

    @Test
    void everyStepOfALoopGetsTheProbesAroundIt() {
        try (Team team = new Team(1); var probe = new MachineProbe(team)) {
            var limits = new StepLimits(probe, 20, List.of(new Window(5, 8)));
            for (int p = 0; p < 20; p++) limits.stepDone(p, 0, 1_000_000);
            assertEquals(5, probe.flops().size(), "before, and after steps 0, 4, 8 and 19");
            assertEquals(3, limits.window(LINE, new Window(5, 8), 3).seconds());
        }
    }
}
