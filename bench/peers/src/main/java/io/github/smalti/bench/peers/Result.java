package io.github.smalti.bench.peers;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// What was measured of one workload.
final class Result {
    final String workload;
    /// Engine to nanoseconds, one per round.
    final Map<String, long[]> times = new LinkedHashMap<>();
    /// Engine to how near its results are.
    final Map<String, String> checks = new LinkedHashMap<>();
    /// Engine to the reason why it has no times.
    final Map<String, String> excluded = new LinkedHashMap<>();
    /// Engine to its most memory in megabytes, one per round; of workload H alone.
    final Map<String, double[]> peaks = new LinkedHashMap<>();
    /// Engine to its memory at the end that is no file's, in megabytes, likewise.
    final Map<String, double[]> anonymous = new LinkedHashMap<>();
    /// Probes before each round: GFLOP/s and GB/s.
    final double[] gigaFlops;
    final double[] gigaBytes;

    Result(String workload, int rounds) {
        this.workload = workload;
        this.gigaFlops = new double[rounds];
        this.gigaBytes = new double[rounds];
    }

    /// Ours by theirs of each round: below one we are faster.
    double[] ratios(String engine) {
        long[] ours = times.get("smalti");
        long[] theirs = times.get(engine);
        if (ours == null || theirs == null) return new double[0];
        double[] ratios = new double[ours.length];
        for (int i = 0; i < ratios.length; i++) ratios[i] = (double) ours[i] / theirs[i];
        return ratios;
    }

    /// The value that a share of all values does not exceed.
    static double quantile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double at = share * (sorted.length - 1);
        int low = (int) at;
        int high = Math.min(low + 1, sorted.length - 1);
        return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
    }

    static double[] milliseconds(long[] nanoseconds) {
        return Arrays.stream(nanoseconds).mapToDouble(n -> n / 1e6).toArray();
    }

    /// The row of the table; ONNX Runtime's better setting has the lower median.
    static String markdown(List<Result> results, List<String> all) {
        List<String> engines = all.stream()
                .filter(engine -> results.stream().anyMatch(result -> result.times.containsKey(engine))).toList();
        StringBuilder out = new StringBuilder("| workload | DRAM GB/s | FMA GFLOP/s |");
        for (String engine : engines) out.append(" ").append(engine).append(" |");
        out.append("\n|---|---|---|").append("---|".repeat(engines.size())).append("\n");
        for (Result result : results) {
            out.append("| %s | %s | %s |".formatted(result.workload, range(result.gigaBytes, "%.0f"),
                    range(result.gigaFlops, "%.0f")));
            for (String engine : engines) out.append(" ").append(result.cell(engine)).append(" |");
            out.append("\n");
        }
        return out.toString();
    }

    private String cell(String engine) {
        if (!times.containsKey(engine)) return "–";
        String cell = range(milliseconds(times.get(engine)), "%.2f") + " ms";
        if (peaks.containsKey(engine)) {
            cell += ", %.0f MB (%.0f anonymous)".formatted(quantile(peaks.get(engine), 0.5),
                    quantile(anonymous.get(engine), 0.5));
        }
        double[] ratios = ratios(engine);
        return engine.equals("smalti") || ratios.length == 0 ? cell : cell + ", **×" + range(ratios, "%.2f") + "**";
    }

    /// Median (10–90 %).
    private static String range(double[] values, String format) {
        String one = format + " (" + format + "–" + format + ")";
        return one.formatted(quantile(values, 0.5), quantile(values, 0.1), quantile(values, 0.9));
    }

    /// Reasons of all dashes.
    static String exclusions(List<Result> results) {
        Map<String, List<String>> byReason = new LinkedHashMap<>();
        for (Result result : results) {
            result.excluded.forEach((engine, reason) -> byReason
                    .computeIfAbsent(engine + ": " + reason, _ -> new java.util.ArrayList<>()).add(result.workload));
        }
        StringBuilder out = new StringBuilder();
        byReason.forEach((reason, workloads) -> out.append("- ").append(reason).append(" (")
                .append(String.join(", ", workloads)).append(")\n"));
        return out.toString();
    }

    /// This result as JSON.
    String json() {
        StringBuilder out = new StringBuilder("{\"workload\": " + quote(workload));
        out.append(", \"gigaFlops\": ").append(rounded(gigaFlops)).append(", \"gigaBytes\": ")
                .append(rounded(gigaBytes));
        Map<String, String> nanoseconds = new LinkedHashMap<>();
        times.forEach((engine, values) -> nanoseconds.put(engine, Arrays.toString(values)));
        out.append(", \"nanoseconds\": ").append(arrays(nanoseconds));
        if (!peaks.isEmpty()) {
            out.append(", \"peakMegabytes\": ").append(arrays(rounded(peaks)));
            out.append(", \"anonymousMegabytes\": ").append(arrays(rounded(anonymous)));
        }
        return out.append(", \"checks\": ").append(texts(checks)).append(", \"excluded\": ").append(texts(excluded))
                .append("}").toString();
    }

    private static String rounded(double[] values) {
        return Arrays.toString(Arrays.stream(values).map(v -> Math.round(v * 10) / 10.0).toArray());
    }

    private static Map<String, String> rounded(Map<String, double[]> map) {
        Map<String, String> out = new LinkedHashMap<>();
        map.forEach((engine, values) -> out.put(engine, rounded(values)));
        return out;
    }

    private static String arrays(Map<String, String> map) {
        return map.entrySet().stream().map(entry -> quote(entry.getKey()) + ": " + entry.getValue())
                .collect(Collectors.joining(", ", "{", "}"));
    }

    /// A JSON object of texts.
    static String texts(Map<String, String> map) {
        StringBuilder out = new StringBuilder("{");
        for (var entry : map.entrySet()) {
            out.append(out.length() > 1 ? ", " : "").append(quote(entry.getKey())).append(": ")
                    .append(quote(entry.getValue()));
        }
        return out.append("}").toString();
    }

    private static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') out.append('\\');
            out.append(c < ' ' ? ' ' : c);
        }
        return out.append('"').toString();
    }
}
