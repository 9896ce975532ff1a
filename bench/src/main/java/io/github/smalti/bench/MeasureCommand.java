package io.github.smalti.bench;

import io.github.smalti.core.Precision;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `smalti bench SIZE`: every stage of a model beside the machine's own limits.
@Command(sortOptions = false, footer = {"Stages:",
        "  load     opening the checkpoint until the first token; the limit: reading the file once",
        "  prefill  the encoder over two full prompts, then cross-attention's keys and values; or one full text",
        "  loop     all decoder steps of --batch images (mini, mega: with guidance), and single steps of that run",
        "  parts    where the time of such a step goes, by kernels that note their calls",
        "  decode   image codes to pixels",
        "  encode   pixels to image codes",
        "  images   CLIP over 8 pictures",
        "  texts    CLIP over 8 texts that fill the context",
        "  whole    sentence to PNG file, no ranking; the limit: the sum of the stages' limits", "",
        "least ms is what the work takes at the nearer limit: float32 fused multiply-adds, or reads of",
        "memory. Limits are measured between any two runs, in long ones also within; share compares each",
        "run with the mean of the probes around it, and rounds says in how many of all these differed by",
        "at most 15%%, the others having no share. Work is that of the direct algorithm, bytes are those",
        "of the weights, each read once for all rows: Winograd, or weights that fit into the caches, may",
        "exceed 100%%.",
        "planned MB is what the model itself says it needs beside the JVM and its garbage; anonymous MB",
        "is what the system cannot drop (weights, heap, code), at its peak while the stage ran."})
final class MeasureCommand implements Callable<Integer> {
    private static final List<String> STAGES = List.of("load", "prefill", "loop", "parts", "decode", "encode", "images",
            "texts", "whole");

    private final Size size;

    @ParentCommand
    private Bench bench;

    @Spec
    private CommandSpec spec;

    @Option(names = "--precision", paramLabel = "P", defaultValue = "bf16",
            description = "Weights of matrices in memory: ${COMPLETION-CANDIDATES}; convolutions are always f32. "
                    + "Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "1",
            description = "Images drawn at once, 1 to 64; guidance makes two rows of each. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "0",
            description = "Threads that compute, 1 to 1024, or 0 for all processors. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(names = "--stages", paramLabel = "LIST", split = ",",
            description = "Which stages to run, such as load,loop; see below. Default: all.")
    private List<String> stages = STAGES;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "5",
            description = "Rounds of each stage, 1 to 1000, after warming up. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(names = "--warm-up", paramLabel = "S", defaultValue = "2",
            description = "Seconds that each stage runs before its rounds, at least once, 0 to 60. Default: "
                    + "${DEFAULT-VALUE}.")
    private int warmUp;

    @Option(names = "--model", paramLabel = "FOLDER",
            description = "Measure these files of the same layout. Default: random weights, written once to the cache"
                    + " folder ($SMALTI_CACHE/bench or ~/.cache/smalti/bench); the embedded model for emoji-scenes.")
    private Path model;

    @Option(names = "--json", paramLabel = "FILE",
            description = "Write all numbers as JSON to this file, or with - to standard output instead of the tables. "
                    + "Default: none.")
    private String json;

    MeasureCommand(Size size) { this.size = size; }

    @Override
    public Integer call() throws IOException {
        Set<String> wanted = checked();
        int used = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
        Setup setup = Setup.of(used, precision, batch, wanted);
        try (var _ = setup.team()) {
            List<StageGroup> groups = size.groups(setup, model, bench.console());
            bench.console().progress(0, "measuring the machine");
            measure(setup, groups, title(wanted), used);
        }
        return 0;
    }

    private void measure(Setup setup, List<StageGroup> groups, String title, int used) throws IOException {
        try (var probe = new MachineProbe(setup.team());
                var memory = MemoryWatch.start(MachineProbe.READ_BYTES)) {
            var measurement = new Measurement(probe, warmUp, rounds, bench.console(), memory);
            measurement.run(groups);
            var report = new Report(title, Machine.facts(setup.timing().name(), used), measurement);
            write(report);
            if (!measurement.warning().isEmpty()) bench.console().say(measurement.warning());
        }
    }

    private void write(Report report) throws IOException {
        boolean isPiped = "-".equals(json);
        bench.console().print((isPiped ? report.json() : report.text()).stripTrailing());
        if (json != null && !isPiped) Files.writeString(Path.of(json), report.json(), StandardCharsets.UTF_8);
    }

    private String title(Set<String> wanted) {
        String chosen = wanted.size() == STAGES.size() ? "" : " --stages " + String.join(",", wanted);
        return "smalti bench " + size.word() + " --precision " + precision.name().toLowerCase(Locale.ROOT) + " --batch "
                + batch + " --rounds " + rounds + chosen;
    }

    private Set<String> checked() {
        range("--batch", batch, 1, 64);
        range("--threads", threads, 0, 1024);
        range("--rounds", rounds, 1, 1000);
        range("--warm-up", warmUp, 0, 60);
        for (String stage : stages) {
            if (!STAGES.contains(stage)) {
                throw wrong("--stages: expected words of " + String.join(",", STAGES) + ", found " + stage);
            }
        }
        if (json != null && !json.equals("-")) {
            Path folder = Path.of(json).toAbsolutePath().getParent();
            if (!Files.isDirectory(folder)) throw wrong("--json: the folder " + folder + " does not exist");
        }
        return new LinkedHashSet<>(stages);
    }

    private void range(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw wrong(name + ": expected " + least + " to " + most + ", found " + value);
        }
    }

    private ParameterException wrong(String sentence) { return new ParameterException(spec.commandLine(), sentence); }
}
