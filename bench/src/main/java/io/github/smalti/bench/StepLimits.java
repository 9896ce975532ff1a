package io.github.smalti.bench;

import java.util.List;
import java.util.function.IntFunction;

/// The machine's limits during a loop, measured between its steps: around every window and else every quarter of a second.
///
/// So a loop of many seconds is compared with the limits of each of its parts, not with those of its two ends.
final class StepLimits implements Drawing.StepListener {
    private static final double PACE_SECONDS = 0.25;

    private final MachineProbe probe;
    private final List<Window> windows;
    private final MachineLimits[] before;
    private final MachineLimits[] after;
    private int first;
    private double seconds;

    /// Prepares for a loop.
    ///
    /// @param probe   the limits
    /// @param steps   steps of the loop
    /// @param windows steps that are looked at one by one
    StepLimits(MachineProbe probe, int steps, List<Window> windows) {
        this.probe = probe;
        this.windows = windows;
        before = new MachineLimits[steps];
        after = new MachineLimits[steps];
    }

    @Override
    public void stepDone(int position, long startNanos, long endNanos) {
        seconds += (endNanos - startNanos) * 1e-9;
        if (!isBorder(position)) return;
        MachineLimits last = probe.last();
        MachineLimits now = probe.take();
        for (int step = first; step <= position; step++) {
            before[step] = last;
            after[step] = now;
        }
        first = position + 1;
        seconds = 0;
    }

    private boolean isBorder(int position) {
        if (position == 0 || position == before.length - 1) return true;
        boolean isInside = false;
        for (Window window : windows) {
            if (position == window.to() || position + 1 == window.from()) return true;
            isInside |= window.contains(position);
        }
        return !isInside && seconds > PACE_SECONDS;
    }

    /// Compares all steps but the first, which has the prefill in front, each with the limits around it.
    ///
    /// @param drawing the loop that this listened to
    /// @param work    of each step
    Sample loop(Drawing drawing, IntFunction<Work> work) {
        Sample sum = Sample.NONE;
        for (int step = 1; step < before.length; step++) {
            Line line = new Line("step", work.apply(step));
            sum = sum.plus(Sample.of(line, drawing.seconds(step), before[step], after[step]));
        }
        return sum;
    }

    /// Compares a window's median step with the limits around the window.
    ///
    /// @param line   the work of its middle step
    /// @param window the steps
    /// @param took   median seconds of a step
    Sample window(Line line, Window window, double took) {
        return Sample.of(line, took, before[window.from()], after[window.to()]);
    }
}
