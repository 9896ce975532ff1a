package io.github.smalti.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Runs stages in rounds, with the machine's limits measured between any two runs.
///
/// A share of the limit compares a run with the mean of the probes just before and after it; where these differ by more
/// than 15%, the machine changed its speed and the share is dropped. Before the rounds each
/// stage warms up.
final class Measurement {
    private static final double MOVED = 0.1;
    private static final long SECOND_NANOS = 1_000_000_000L;

    /// What was found of one line.
    ///
    /// @param group    stages that share a model, from 0
    /// @param line     what was timed
    /// @param seconds  of each round
    /// @param shares   of the limit, of each round that is kept
    /// @param planned  anonymous memory that the model itself predicts, bytes
    /// @param anonymous peak of anonymous memory while it ran, bytes
    /// @param heap     peak of the Java heap while it ran, bytes
    record Result(int group, Line line, Series seconds, Series shares, long planned, Peak anonymous,
            Peak heap) {
        /// Rounds with a share, of all: `4 of 5`.
        String kept() { return shares.size() + " of " + seconds.size(); }
    }

    /// The largest of some numbers.
    static final class Peak {
        private long bytes = MemoryWatch.UNKNOWN;

        void add(long value) { bytes = Math.max(bytes, value); }

        long bytes() { return bytes; }
    }

    private final MachineProbe probe;
    private final int warmUp;
    private final int rounds;
    private final Console console;
    private final MemoryWatch memory;
    private final List<Result> results = new ArrayList<>();
    private final List<StepParts> parts = new ArrayList<>();
    private int group;

    /// Prepares a measurement.
    ///
    /// @param probe   the machine's limits, warmed up
    /// @param warmUp  seconds that each stage runs first, at least once
    /// @param rounds  rounds to count
    /// @param console where progress is shown
    /// @param memory  what watches the peaks
    Measurement(MachineProbe probe, int warmUp, int rounds, Console console, MemoryWatch memory) {
        this.probe = probe;
        this.warmUp = warmUp;
        this.rounds = rounds;
        this.console = console;
        this.memory = memory;
    }

    /// Measures all stages of all groups, one group in memory at a time.
    void run(List<StageGroup> groups) {
        for (StageGroup each : groups) {
            try (each) {
                run(each.beforeLoading(), groups.size());
                console.progress((double) group / groups.size(), "loading");
                run(each.open(), groups.size());
            }
            group++;
        }
        console.clear();
    }

    private void run(List<Stage> stages, int groups) {
        List<Result[]> found = new ArrayList<>();
        for (Stage stage : stages) {
            found.add(stage.lines().stream().map(line -> new Result(group, line, new Series(), new Series(),
                    stage.plannedBytes(), new Peak(), new Peak())).toArray(Result[]::new));
            if (stage instanceof StepParts breakdown) parts.add(breakdown);
        }
        for (int i = 0; i < stages.size(); i++) warmUp(stages.get(i), (group + (double) i / stages.size()) / groups);
        probe.take();
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < stages.size(); i++) {
                double done = (group + (double) (round * stages.size() + i) / (stages.size() * rounds)) / groups;
                console.progress(done, stages.get(i).word() + ", round " + (round + 1) + " of " + rounds);
                memory.reset();
                add(found.get(i), stages.get(i).run(probe));
            }
        }
        for (Result[] lines : found) results.addAll(Arrays.asList(lines));
    }

    /// Runs a stage once, and a short one until the JVM has had time to compile it.
    private void warmUp(Stage stage, double done) {
        console.progress(done, stage.word() + ", warming up");
        long start = System.nanoTime();
        do
            stage.run();
        while (System.nanoTime() - start < warmUp * SECOND_NANOS);
        stage.forget();
    }

    private void add(Result[] lines, Sample[] samples) {
        for (int i = 0; i < lines.length; i++) {
            lines[i].seconds.add(samples[i].seconds());
            if (samples[i].isKept()) lines[i].shares.add(samples[i].share());
            lines[i].anonymous.add(memory.peakAnonymous());
            lines[i].heap.add(MemoryWatch.peakHeap());
        }
    }

    List<Result> results() { return results; }

    /// Where the time of steps goes, if that was asked for.
    List<StepParts> parts() { return parts.stream().filter(StepParts::isMeasured).toList(); }

    /// The limits of the whole run.
    MachineProbe probe() { return probe; }

    /// A warning if the machine was not the same all the time, else `""`.
    String warning() {
        boolean moved = probe.flops().max() > probe.flops().min() * (1 + MOVED)
                || probe.bytes().max() > probe.bytes().min() * (1 + MOVED);
        if (!moved) return "";
        return String.format(Locale.ROOT,
                "the machine's limits moved by more than %.0f%% during the run; something else"
                        + " was running, or the processor changed its clock: trust shares, not times, and repeat",
                100 * MOVED);
    }
}
