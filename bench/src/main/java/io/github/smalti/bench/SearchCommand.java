package io.github.smalti.bench;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `smalti bench search`: exact search in a semantic index beside the rate at which memory is read.
@Command(name = "search", sortOptions = false, description = {
        "Searches an index of random unit vectors, in float32 and in 8 bits, in native memory and in a mapped file; the "
                + "limit is to read all vectors once. Every search is checked to find the item that its query lies near."})
final class SearchCommand implements Callable<Integer> {
    @ParentCommand
    private Bench bench;

    @Spec
    private CommandSpec spec;

    @Option(names = "--count", paramLabel = "N", defaultValue = "100000",
            description = "Vectors, 1 to 10000000. Default: ${DEFAULT-VALUE}.")
    private int count;

    @Option(names = "--width", paramLabel = "N", defaultValue = "512",
            description = "Numbers of a vector, 8 to 8192; CLIP ViT-B/32 has 512. Default: ${DEFAULT-VALUE}.")
    private int width;

    @Option(names = "--top", paramLabel = "N", defaultValue = "10",
            description = "Items to find, 1 to 100000. Default: ${DEFAULT-VALUE}.")
    private int top;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "0",
            description = "Threads that compute, 1 to 1024, or 0 for all processors. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "15",
            description = "Rounds of 20 searches each, 1 to 1000, after warming up. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(names = "--warm-up", paramLabel = "S", defaultValue = "2",
            description = "Seconds that each search runs before its rounds, at least once, 0 to 60. Default: "
                    + "${DEFAULT-VALUE}.")
    private int warmUp;

    @Option(names = "--json", paramLabel = "FILE",
            description = "Write all numbers as JSON to this file, or with - to standard output instead of the table. "
                    + "Default: none.")
    private String json;

    @Override
    public Integer call() throws IOException {
        range("--count", count, 1, 10_000_000);
        range("--width", width, 8, 8192);
        range("--top", top, 1, 100_000);
        range("--threads", threads, 0, 1024);
        range("--rounds", rounds, 1, 1000);
        range("--warm-up", warmUp, 0, 60);
        int used = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
        try (Team team = new Team(used);
                var probe = new MachineProbe(team);
                var memory = MemoryWatch.start(MachineProbe.READ_BYTES)) {
            var compute = new Compute(Kernels.best(), team);
            var sizes = new SearchStages.Sizes(count, width, top);
            List<StageGroup> groups = new ArrayList<>();
            for (Precision precision : List.of(Precision.F32, Precision.INT8)) {
                groups.add(new SearchStages(compute, precision, sizes));
            }
            var measurement = new Measurement(probe, warmUp, rounds, bench.console(), memory);
            measurement.run(groups);
            write(new Report("smalti bench search --count " + count + " --width " + width + " --top " + top
                    + " --rounds " + rounds, Machine.facts(compute.kernels().name(), used), measurement));
            if (!measurement.warning().isEmpty()) bench.console().say(measurement.warning());
        }
        return 0;
    }

    private void write(Report report) throws IOException {
        boolean isPiped = "-".equals(json);
        bench.console().print((isPiped ? report.json() : report.text()).stripTrailing());
        if (json != null && !isPiped) Files.writeString(Path.of(json), report.json(), StandardCharsets.UTF_8);
    }

    private void range(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ParameterException(spec.commandLine(),
                    name + ": expected " + least + " to " + most + ", found " + value);
        }
    }
}
