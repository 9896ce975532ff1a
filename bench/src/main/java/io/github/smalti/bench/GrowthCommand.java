package io.github.smalti.bench;

import io.github.smalti.bench.checkpoint.RandomDalleBart;
import io.github.smalti.bench.checkpoint.RandomVqgan;
import io.github.smalti.core.Precision;
import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.core.kernel.Kernels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `smalti bench growth`: cost as work grows, beside what the machine's limits allow.
@Command(name = "growth", sortOptions = false, description = {
        "Time per image against batch 1 to 32, threads, tokens 64 to 1024 and image size 64 to 512, beside the time at "
                + "the machine's limits; DALL·E mini's transformer (guidance, two rows an image) and VQGAN f16 with "
                + "random weights, which need 1 GB of disk for a while.",
        "Prints a Markdown table and draws an SVG."},
        footer = {"Example:", "  smalti bench growth --precision bf16 --svg growth.svg"})
final class GrowthCommand implements Callable<Integer> {
    @ParentCommand
    private Bench bench;

    @Spec
    private CommandSpec spec;

    @Option(names = "--precision", paramLabel = "P", defaultValue = "bf16",
            description = "Weights of the transformer in memory: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "1",
            description = "Rounds of each point, 1 to 100; the median counts. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(names = "--most", paramLabel = "N", defaultValue = "32",
            description = "Largest batch, 1 to 32. Default: ${DEFAULT-VALUE}.")
    private int most;

    @Option(names = "--svg", paramLabel = "FILE", defaultValue = "growth.svg",
            description = "Where the plot goes; replaced if it exists. Default: ${DEFAULT-VALUE}.")
    private Path svg;

    @Option(names = "--json", paramLabel = "FILE",
            description = "Write all numbers as JSON to this file. Default: none.")
    private Path json;

    @Override
    public Integer call() throws IOException {
        if (rounds < 1 || rounds > 100) throw wrong("--rounds: expected 1 to 100, found " + rounds);
        if (most < 1 || most > 32) throw wrong("--most: expected 1 to 32, found " + most);
        for (Path file : new Path[]{svg, json}) {
            if (file != null && !Files.isDirectory(file.toAbsolutePath().getParent())) {
                throw wrong(file + ": its folder does not exist");
            }
        }
        List<Integer> batches = new ArrayList<>();
        for (int batch = 1; batch <= most; batch *= 2) batches.add(batch);
        int processors = Runtime.getRuntime().availableProcessors();
        List<Integer> threads = new ArrayList<>();
        for (int count = 1; count < processors; count *= 2) threads.add(count);
        threads.add(processors);
        var plan = new Growth.Plan(RandomDalleBart.MINI, RandomVqgan.F16_16384, precision, rounds, ints(batches),
                ints(threads), new int[]{64, 256, 1024}, new int[]{64, 128, 256, 512});
        Path cache = Files.createDirectories(ModelCache.ofUser().folder());
        List<Growth.Column> columns = new Growth(plan, cache, bench.console()).run();
        Map<String, String> facts = Machine.facts(Kernels.best().name(), processors);
        bench.console().print(text(columns, facts).stripTrailing());
        Files.writeString(svg, plot(columns));
        if (json != null) Files.writeString(json, json(columns, facts));
        bench.console().say("the plot is " + svg);
        return 0;
    }

    private ParameterException wrong(String sentence) { return new ParameterException(spec.commandLine(), sentence); }

    private static int[] ints(List<Integer> values) { return values.stream().mapToInt(Integer::intValue).toArray(); }

    private String text(List<Growth.Column> columns, Map<String, String> facts) {
        var table = new Table("what grows", "to", "s an image", "at the limit", "share", "model");
        for (Growth.Column column : columns) {
            for (SvgPlot.Point point : column.points()) {
                table.add(column.title(), String.format(Locale.ROOT, "%.0f", point.x()), Table.number(point.measured()),
                        Table.number(point.predicted()), Table.percent(point.predicted() / point.measured()),
                        column.model());
            }
        }
        return "smalti bench growth --precision " + precision.name().toLowerCase(Locale.ROOT) + " --rounds " + rounds
                + "\n\n" + Machine.text(facts) + "\n\n" + table;
    }

    /// The plot of all columns.
    static String plot(List<Growth.Column> columns) {
        var plot = new SvgPlot("seconds an image");
        for (Growth.Column column : columns) plot.add(column.title(), column.xLabel(), column.points());
        return plot.svg();
    }

    private static String json(List<Growth.Column> columns, Map<String, String> facts) {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("machine", facts);
        List<Object> rows = new ArrayList<>();
        for (Growth.Column column : columns) {
            for (SvgPlot.Point point : column.points()) {
                rows.add(Map.of("grows", column.title(), "to", point.x(), "model", column.model(), "seconds",
                        point.measured(), "least_seconds", point.predicted()));
            }
        }
        root.put("points", rows);
        return Json.writePretty(JsonValue.of(root));
    }
}
