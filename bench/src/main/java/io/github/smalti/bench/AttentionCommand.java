package io.github.smalti.bench;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `smalti bench attention`: sparse attention with a cache beside dense attention on the same shapes.
@Command(name = "attention", sortOptions = false, description = {
        "Measures the attention of a decoder step of ruDALL-E XL (24 layers of 16 heads of 128, 128 text tokens, "
                + "32 x 32 image tokens; row, column and convolutional layers) over caches that keep and read what the "
                + "layers need, and over caches that keep and read every token; and prints the memory of both."},
        footer = {"\"in a step\": before each layer as many bytes are read as its weights have, so that caches",
                "are as cold as in a decoder; \"alone\": layer after layer with nothing between.",
                "keys: tokens that one token attends to, text included, mean of the layers."})
final class AttentionCommand implements Callable<Integer> {
    private static final int MOST_IMAGES = 8;

    @ParentCommand
    private Bench bench;

    @Spec
    private CommandSpec spec;

    @Option(names = "--precision", paramLabel = "P", defaultValue = "f32",
            description = "Keys and values in memory: f32 or bf16. Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(names = "--images", paramLabel = "N", defaultValue = "1",
            description = "Images of one text drawn together, 1 to 8. Default: ${DEFAULT-VALUE}.")
    private int images;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "5",
            description = "Drawings of each kind, 1 to 100; the median counts. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Override
    public Integer call() {
        if (precision == Precision.INT8) throw wrong("--precision: expected f32 or bf16, found int8");
        if (images < 1 || images > MOST_IMAGES) throw wrong("--images: expected 1 to 8, found " + images);
        if (rounds < 1 || rounds > 100) throw wrong("--rounds: expected 1 to 100, found " + rounds);
        int threads = Runtime.getRuntime().availableProcessors();
        Table times;
        try (Team team = new Team(threads)) {
            times = times(new Compute(Kernels.best(), team), SparseShape.RUDALLE_XL, precision, images, rounds,
                    bench.console());
        }
        bench.console().print("smalti bench attention --precision " + precision.name().toLowerCase(Locale.ROOT)
                + " --images " + images + " --rounds " + rounds + "\n\n"
                + Machine.text(Machine.facts(Kernels.best().name(), threads)) + "\n\n" + times + "\n"
                + memory(SparseShape.RUDALLE_XL).toString().stripTrailing());
        return 0;
    }

    /// What a step's attention takes, sparse and dense.
    static Table times(Compute compute, SparseShape shape, Precision precision, int images, int rounds,
            Console console) {
        var table = new Table("image positions", "", "sparse ms", "dense ms", "times as fast", "sparse keys",
                "dense keys", "times as few");
        List<Window> windows = SparseSteps.windows(shape);
        try (var steps = new SparseSteps(compute, shape, precision, images)) {
            for (boolean isAfterWeights : new boolean[]{true, false}) {
                double[][] medians = medians(steps, isAfterWeights, rounds, console);
                for (int i = 0; i < windows.size(); i++) {
                    int middle = windows.get(i).middle();
                    double sparseKeys = shape.keys(middle);
                    double denseKeys = shape.textLength() + middle + 1.0;
                    double sparse = medians[0][i];
                    double dense = medians[1][i];
                    table.add(windows.get(i).toString(), isAfterWeights ? "in a step" : "alone",
                            Table.number(1e3 * sparse), Table.number(1e3 * dense), Table.number(dense / sparse),
                            Table.number(sparseKeys), Table.number(denseKeys), Table.number(denseKeys / sparseKeys));
                }
            }
        }
        return table;
    }

    /// For sparse and dense caches a step's seconds in each window; the kinds take turns, after one round that warms up.
    private static double[][] medians(SparseSteps steps, boolean isAfterWeights, int rounds, Console console) {
        double[][] medians = new double[2][];
        Series[][] series = new Series[2][];
        for (int round = 0; round <= rounds; round++) {
            console.progress((double) round / (rounds + 1), isAfterWeights ? "in a step" : "alone");
            double[][] seconds = {steps.drawSparse(isAfterWeights), steps.drawDense(isAfterWeights)};
            for (int kind = 0; kind < 2; kind++) {
                if (round == 0) {
                    series[kind] = new Series[seconds[kind].length];
                    for (int i = 0; i < seconds[kind].length; i++) series[kind][i] = new Series();
                } else {
                    for (int i = 0; i < seconds[kind].length; i++) series[kind][i].add(seconds[kind][i]);
                }
            }
        }
        for (int kind = 0; kind < 2; kind++) {
            medians[kind] = new double[series[kind].length];
            for (int i = 0; i < medians[kind].length; i++) medians[kind][i] = series[kind][i].median();
        }
        return medians;
    }

    /// The bytes of both caches.
    static Table memory(SparseShape shape) {
        var table = new Table("cache", "images", "sparse MB", "dense MB", "times as small");
        for (Precision stored : new Precision[]{Precision.F32, Precision.BF16}) {
            for (int count : new int[]{1, MOST_IMAGES}) {
                long sparse = shape.sparseBytes(stored, count);
                long dense = shape.denseBytes(stored, count);
                table.add(stored.name().toLowerCase(Locale.ROOT), Integer.toString(count), Table.megabytes(sparse),
                        Table.megabytes(dense), Table.number((double) dense / sparse));
            }
        }
        return table;
    }

    private ParameterException wrong(String sentence) { return new ParameterException(spec.commandLine(), sentence); }
}
