package io.github.smalti.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Runs stages in rounds, with the machine's limits measured between any two runs.
///
/// A share of the limit compares a run with the mean of the probes just before and after it, so a machine that slows down
/// for a while does not decide it. Before the rounds each stage runs for a second or once, whichever is longer.
final class Measurement {
    private static final double MOVED = 0.1;
    private static final long WARM_UP_NANOS = 1_000_000_000;

    /// What was found of one line.
    ///
    /// @param group    stages that share a model, from 0
    /// @param line     what was timed
    /// @param seconds  of each round
    /// @param shares   of the limit, of each round
    /// @param planned  anonymous memory that the model itself predicts, bytes
    /// @param anonymous peak of anonymous memory while it ran, bytes
    /// @param heap     peak of the Java heap while it ran, bytes
    record Result(int group, Line line, Series seconds, Series shares, long planned, Peak anonymous,
            Peak heap) {}

    /// The largest of some numbers.
    static final class Peak {
        private long bytes = MemoryWatch.UNKNOWN;

        void add(long value) { bytes = Math.max(bytes, value); }

        long bytes() { return bytes; }
    }

    private final Setup setup;
    private final int rounds;
    private final Console console;
    private final MemoryWatch memory;
    private final List<Result> results = new ArrayList<>();
    private final List<StepParts> parts = new ArrayList<>();
    private final Series flops = new Series();
    private final Series bytes = new Series();
    private int group;

    Measurement(Setup setup, int rounds, Console console, MemoryWatch memory) {
        this.setup = setup;
        this.rounds = rounds;
        this.console = console;
        this.memory = memory;
    }

    /// Measures all stages of all groups, one group in memory at a time.
    void run(List<StageGroup> groups) {
        console.progress(0, "measuring the machine");
        probe(); // compiles the probes
        flops.clear();
        bytes.clear();
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
        if (stages.isEmpty()) return;
        List<Result[]> found = new ArrayList<>();
        for (Stage stage : stages) {
            found.add(stage.lines().stream().map(line -> new Result(group, line, new Series(), new Series(),
                    stage.plannedBytes(), new Peak(), new Peak())).toArray(Result[]::new));
            if (stage instanceof StepParts breakdown) parts.add(breakdown);
        }
        for (Stage stage : stages) warmUp(stage, groups);
        MachineLimits before = probe();
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < stages.size(); i++) {
                double done = (group + (double) (round * stages.size() + i) / (stages.size() * rounds)) / groups;
                console.progress(done, stages.get(i).word() + ", round " + (round + 1) + " of " + rounds);
                memory.reset();
                double[] seconds = stages.get(i).run();
                long anonymous = memory.peakAnonymous();
                long heap = MemoryWatch.peakHeap();
                MachineLimits after = probe();
                add(found.get(i), seconds, MachineLimits.mean(before, after), anonymous, heap);
                before = after;
            }
        }
        for (Result[] lines : found) results.addAll(Arrays.asList(lines));
    }

    private void warmUp(Stage stage, int groups) {
        console.progress((double) group / groups, stage.word() + ", warming up");
        long start = System.nanoTime();
        stage.run();
        while (System.nanoTime() - start < WARM_UP_NANOS) stage.run();
        stage.forget();
    }

    private static void add(Result[] lines, double[] seconds, MachineLimits limits, long anonymous, long heap) {
        for (int i = 0; i < lines.length; i++) {
            lines[i].seconds.add(seconds[i]);
            lines[i].shares.add(lines[i].line.leastSeconds(limits) / seconds[i]);
            lines[i].anonymous.add(anonymous);
            lines[i].heap.add(heap);
        }
    }

    private MachineLimits probe() {
        MachineLimits limits = MachineLimits.measure(setup.team());
        flops.add(limits.gigaFlops());
        bytes.add(limits.gigaBytes());
        return limits;
    }

    List<Result> results() { return results; }

    /// Where the time of steps goes, if that was asked for.
    List<StepParts> parts() { return parts.stream().filter(StepParts::isMeasured).toList(); }

    /// Median limits of the whole run.
    MachineLimits limits() { return new MachineLimits(flops.median(), bytes.median(), 0); }

    Series flops() { return flops; }

    Series bytes() { return bytes; }

    /// A warning if the machine was not the same all the time, else `""`.
    String warning() {
        boolean moved = flops.max() > flops.min() * (1 + MOVED) || bytes.max() > bytes.min() * (1 + MOVED);
        if (!moved) return "";
        return String.format(Locale.ROOT,
                "the machine's limits moved by more than %.0f%% during the run; something else"
                        + " was running, or the processor changed its clock: trust shares, not times, and repeat",
                100 * MOVED);
    }
}
