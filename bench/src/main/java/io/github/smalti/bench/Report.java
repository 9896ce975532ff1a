package io.github.smalti.bench;

import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A measurement for people and for machines.
///
/// @param title       the command
/// @param facts       about the machine
/// @param measurement what was found
record Report(String title, Map<String, String> facts, Measurement measurement) {
    /// The tables as Markdown.
    String text() {
        MachineLimits limits = measurement.probe().median();
        var out = new StringBuilder(title).append("\n\n");
        out.append(Machine.text(facts)).append('\n');
        out.append(String.format(Locale.ROOT, "limits, median (least to most) of %d probes between the stages: %s%n",
                measurement.probe().flops().size(),
                limits("%.0f GFLOP/s (%.0f to %.0f) FMA, ", measurement.probe().flops())
                        + limits("%.1f GB/s (%.1f to %.1f) read from memory", measurement.probe().bytes())));
        out.append('\n').append(stages(limits));
        double[] plain = plainSteps();
        for (StepParts parts : measurement.parts()) {
            out.append("\nWhere the time of a step goes, share of the step:\n\n").append(parts.table(plain));
        }
        long resident = MemoryWatch.peakResident();
        out.append("\nlargest resident memory of the process, mapped files and the probe's 1 GB included: ")
                .append(Table.megabytes(resident)).append(resident < 0 ? "\n" : " MB\n");
        return out.toString();
    }

    private static String limits(String format, Series series) {
        return String.format(Locale.ROOT, format, series.median(), series.min(), series.max());
    }

    private Table stages(MachineLimits limits) {
        var table = new Table("stage", "ms", "10% to 90%", "GFLOP/s", "GB/s", "least ms", "limit", "share",
                "rounds", "planned MB", "anonymous MB", "heap MB");
        for (Measurement.Result result : measurement.results()) {
            double seconds = result.seconds().median();
            Work work = result.line().total();
            table.add(result.line().name(), Table.number(seconds * 1e3),
                    Table.number(result.seconds().quantile(0.1) * 1e3) + " to "
                            + Table.number(result.seconds().quantile(0.9) * 1e3),
                    Table.number(work.flop() / seconds * 1e-9), Table.number(work.bytes() / seconds * 1e-9),
                    Table.number(result.line().leastSeconds(limits) * 1e3), result.line().nearerLimit(limits),
                    Table.percent(result.shares().median()), result.kept(),
                    result.planned() < 0 ? "-" : Table.megabytes(result.planned()),
                    Table.megabytes(result.anonymous().bytes()),
                    Table.megabytes(result.heap().bytes()));
        }
        return table;
    }

    /// Median seconds of the steps that [StepParts] divides, from the runs without notes.
    private double[] plainSteps() {
        double[] seconds = {Double.NaN, Double.NaN, Double.NaN};
        int next = 0;
        for (Measurement.Result result : measurement.results()) {
            boolean isStep = result.line().name().startsWith("one step");
            if (isStep && next < seconds.length) seconds[next++] = result.seconds().median();
        }
        return seconds;
    }

    /// The same as JSON.
    String json() {
        MachineLimits limits = measurement.probe().median();
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("title", title);
        root.put("machine", facts);
        root.put("limits",
                Map.of("gflops", spread(measurement.probe().flops()), "gbytes", spread(measurement.probe().bytes())));
        List<Object> stages = new ArrayList<>();
        for (Measurement.Result result : measurement.results()) {
            Map<String, Object> stage = new LinkedHashMap<>();
            stage.put("stage", result.line().name());
            stage.put("seconds", spread(result.seconds()));
            stage.put("flop", result.line().total().flop());
            stage.put("bytes", result.line().total().bytes());
            stage.put("least_seconds", result.line().leastSeconds(limits));
            stage.put("limit", result.line().nearerLimit(limits));
            stage.put("share", spread(result.shares()));
            stage.put("planned_bytes", known(result.planned()));
            stage.put("anonymous_bytes", known(result.anonymous().bytes()));
            stage.put("heap_bytes", known(result.heap().bytes()));
            stages.add(stage);
        }
        root.put("stages", stages);
        root.put("parts", measurement.parts().stream().map(StepParts::json).toList());
        root.put("resident_bytes", known(MemoryWatch.peakResident()));
        root.put("warning", measurement.warning());
        return Json.writePretty(JsonValue.of(root));
    }

    private static Object known(long bytes) { return bytes < 0 ? "unknown" : bytes; }

    private static Map<String, Object> spread(Series series) {
        if (series.size() == 0) return Map.of("rounds", 0);
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("median", series.median());
        out.put("p10", series.quantile(0.1));
        out.put("p90", series.quantile(0.9));
        out.put("min", series.min());
        out.put("max", series.max());
        out.put("rounds", series.size());
        return out;
    }
}
