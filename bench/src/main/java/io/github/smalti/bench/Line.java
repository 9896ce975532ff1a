package io.github.smalti.bench;

import java.util.List;

/// A line of the report: what is timed, and the least that it must do.
///
/// @param name  the stage in a few words
/// @param works what must be done, one after another
record Line(String name, List<Work> works) {
    Line(String name, Work work) { this(name, List.of(work)); }

    /// The least seconds: each part against its own nearer limit.
    double leastSeconds(MachineLimits limits) { return works.stream().mapToDouble(work -> work.seconds(limits)).sum(); }

    /// All of it.
    Work total() { return works.stream().reduce(Work.NONE, Work::plus); }

    /// Which limit takes most of the least time: `FMA` or `memory`.
    String nearerLimit(MachineLimits limits) {
        double arithmetic = works.stream().filter(work -> work.isBoundByArithmetic(limits))
                .mapToDouble(work -> work.seconds(limits)).sum();
        return 2 * arithmetic >= leastSeconds(limits) ? "FMA" : "memory";
    }
}
