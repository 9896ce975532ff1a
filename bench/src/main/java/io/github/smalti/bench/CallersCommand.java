package io.github.smalti.bench;

import io.github.smalti.bench.checkpoint.RandomModel;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.transformer.DalleBart;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `smalti bench callers`: whether callers that share a model starve each other.
@Command(name = "callers", sortOptions = false, description = {
        "Lets 1, 2, 3 and 4 callers draw at the same time on one model and one team of threads, and counts the tokens of "
                + "each: a fair team gives all the same, a good one together as many as one caller alone."})
final class CallersCommand implements Callable<Integer> {
    private static final int MOST = 4;

    @ParentCommand
    private Bench bench;

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "SIZE", defaultValue = "emoji-scenes",
            description = "mini (random weights) or emoji-scenes. Default: ${DEFAULT-VALUE}.")
    private String size;

    @Option(names = "--precision", paramLabel = "P", defaultValue = "bf16",
            description = "Weights in memory: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "3",
            description = "How long each number of callers draws, 1 to 600. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Override
    public Integer call() throws IOException {
        if (seconds < 1 || seconds > 600) throw wrong("--seconds: expected 1 to 600, found " + seconds);
        int threads = Runtime.getRuntime().availableProcessors();
        var table = new Table("callers", "tokens/s together", "of one caller", "least caller/s", "most caller/s",
                "least to most");
        try (Team team = new Team(threads);
                DalleBart model = DalleBart.load(folder(), new Compute(Kernels.best(), team), precision)) {
            Callers.of(model, 1, 1); // warms up
            double alone = 0;
            for (int count = 1; count <= MOST; count++) {
                bench.console().progress((count - 1.0) / MOST, count + " callers");
                Callers found = Callers.of(model, count, seconds);
                double together = found.total() / found.seconds();
                if (count == 1) alone = together;
                table.add(Integer.toString(count), Table.number(together), Table.percent(together / alone),
                        Table.number(found.least() / found.seconds()), Table.number(found.most() / found.seconds()),
                        Table.percent((double) found.least() / found.most()));
            }
        }
        bench.console().print("smalti bench callers " + size + " --precision "
                + precision.name().toLowerCase(Locale.ROOT) + " --seconds " + seconds + "\n\n"
                + Machine.text(Machine.facts(Kernels.best().name(), threads)) + "\n\n"
                + table.toString().stripTrailing());
        return 0;
    }

    private Path folder() throws IOException {
        return switch (size) {
            case "emoji-scenes" -> ModelPaths.embedded().dalle();
            case "mini" -> ModelCache.ofUser()
                    .model(RandomModel.DALLE_MINI.word() + "-f16", RandomModel.DALLE_MINI.files(), bench.console())
                    .resolve("dalle");
            default -> throw wrong("SIZE: expected mini or emoji-scenes, found " + size);
        };
    }

    private ParameterException wrong(String sentence) { return new ParameterException(spec.commandLine(), sentence); }
}
