package io.github.smalti.bench;

import java.util.List;

/// Something that is run once a round and timed by itself.
interface Stage {
    /// What [#run] times, in its order.
    List<Line> lines();

    /// Runs once.
    ///
    /// @return seconds of each line
    double[] run();

    /// Runs once and compares each line with the limits just before and after; long stages look in between as well.
    ///
    /// @param probe the limits; its last measurement is fresh, and so it is left
    /// @return what was found of each line
    default Sample[] run(MachineProbe probe) {
        MachineLimits before = probe.last();
        double[] seconds = run();
        MachineLimits after = probe.take();
        List<Line> lines = lines();
        var samples = new Sample[lines.size()];
        for (int i = 0; i < samples.length; i++) samples[i] = Sample.of(lines.get(i), seconds[i], before, after);
        return samples;
    }

    /// Word of `--stages`.
    String word();

    /// Anonymous memory that the model says it needs for [#run], in bytes, or [MemoryWatch#UNKNOWN].
    default long plannedBytes() { return MemoryWatch.UNKNOWN; }

    /// Forgets what was gathered beside [#run]'s result, after a round for warming up.
    default void forget() {}
}
