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

    /// Word of `--stages`.
    String word();

    /// Anonymous memory that the model says it needs for [#run], in bytes, or [MemoryWatch#UNKNOWN].
    default long plannedBytes() { return MemoryWatch.UNKNOWN; }

    /// Forgets what was gathered beside [#run]'s result, after a round for warming up.
    default void forget() {}
}
