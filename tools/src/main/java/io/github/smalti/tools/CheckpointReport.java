package io.github.smalti.tools;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.CheckpointDescription;
import io.github.smalti.weights.CheckpointFamily;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.PackedTensors;
import io.github.smalti.weights.TensorStatistics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// What `smalti inspect` says of a checkpoint.
final class CheckpointReport {
    private CheckpointReport() {}

    /// Describes a checkpoint.
    ///
    /// @param report    where to put it
    /// @param file      the checkpoint
    /// @param withStats whether to read all values
    static void fill(Map<String, Object> report, Path file, boolean withStats) {
        CheckpointDescription found = Checkpoints.describe(file);
        report.put("format", found.format());
        CheckpointFamily family = CheckpointFamily
                .of(found.tensors().stream().map(CheckpointDescription.Tensor::name).toList());
        report.put("family", family.name());
        report.put("family_reason", family.reason());
        List<TensorStatistics> stats = withStats && found.refusal().isEmpty() ? statistics(file) : List.of();
        List<Object> tensors = new ArrayList<>();
        long values = 0;
        for (CheckpointDescription.Tensor tensor : found.tensors()) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("name", tensor.name());
            json.put("dtype", tensor.dtype().name().toLowerCase(Locale.ROOT));
            json.put("shape", LongStream.of(tensor.shape()).boxed().toList());
            json.put("bytes", tensor.elementCount() * tensor.dtype().bytes());
            if (!stats.isEmpty()) json.put("stats", stats(stats.get(tensors.size())));
            tensors.add(json);
            values += tensor.elementCount();
        }
        report.put("tensors", tensors);
        report.put("tensor_count", tensors.size());
        report.put("values", values);
        report.put("bytes", found.byteSize());
        var matrices = new ModelMatrices(family);
        Map<String, Object> memory = new LinkedHashMap<>();
        for (Precision each : Precision.values()) {
            memory.put(each.name().toLowerCase(Locale.ROOT),
                    found.tensors().stream().mapToLong(tensor -> matrices.packedBytes(tensor, each)).sum());
        }
        report.put("weights_by_precision", memory);
        List<Object> globals = new ArrayList<>();
        for (CheckpointDescription.Global global : found.globals()) {
            globals.add(Map.of("name", global.name(), "verdict", global.verdict()));
        }
        report.put("globals", globals);
        report.put("refusal", found.refusal());
    }

    /// Reads every tensor once, several at a time.
    private static List<TensorStatistics> statistics(Path file) {
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            List<String> names = checkpoint.names();
            var stats = new AtomicReferenceArray<TensorStatistics>(names.size());
            Compute.shared().team().run(names.size(),
                    (i, _) -> stats.set(i, statistics(checkpoint, names.get(i))));
            return IntStream.range(0, names.size()).mapToObj(stats::get).toList();
        }
    }

    private static TensorStatistics statistics(Checkpoint checkpoint, String name) {
        TensorView tensor = checkpoint.tensor(name);
        boolean hasNumbers = !PackedTensors.isShapeOnly(checkpoint, tensor);
        return TensorStatistics.of(hasNumbers ? tensor : tensor.slice(0, 0, 0), checkpoint.file());
    }

    /// JSON has no NaN and no infinities: such values are texts.
    private static Map<String, Object> stats(TensorStatistics stats) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("min", number(stats.min()));
        json.put("max", number(stats.max()));
        json.put("mean", number(stats.mean()));
        json.put("nan", stats.nanCount());
        return json;
    }

    private static Object number(double value) { return Double.isFinite(value) ? value : Double.toString(value); }

    /// Prints a report of [#fill].
    ///
    /// @param report   the report
    /// @param terminal where
    static void print(Map<String, Object> report, Terminal terminal) {
        terminal.print(report.get("file") + ": " + report.get("format") + ", " + report.get("tensor_count")
                + " tensors, " + String.format(Locale.ROOT, "%,d", report.get("values")) + " values, "
                + Bytes.text((long) report.get("bytes")));
        String family = report.get("family").toString();
        String reason = report.get("family_reason").toString();
        if (report.get("refusal").toString().isEmpty()) {
            terminal.print("family: " + (family.isEmpty() ? "unknown" : family) + ", since " + reason);
            boolean isPacked = report.get("format").toString().contains(", packed for ");
            if (isPacked) {
                terminal.print("in memory: next to nothing, matrices are used where they lie in the file");
            } else if (!family.isEmpty()) { terminal.print(memory((Map<?, ?>) report.get("weights_by_precision"))); }
        }
        boolean hasStats = ((List<?>) report.get("tensors")).stream()
                .anyMatch(t -> ((Map<?, ?>) t).containsKey("stats"));
        var table = hasStats
                ? new Table("dtype", "shape", "size", "min", "max", "mean", "NaN", "tensor")
                : new Table("dtype", "shape", "size", "tensor");
        for (Object entry : (List<?>) report.get("tensors")) {
            Map<?, ?> tensor = (Map<?, ?>) entry;
            String shape = tensor.get("shape").toString();
            String type = tensor.get("dtype").toString();
            String axes = "(" + shape.substring(1, shape.length() - 1) + ")";
            String size = Bytes.text((long) tensor.get("bytes"));
            String name = Sentence.line(tensor.get("name").toString());
            if (hasStats) {
                Map<?, ?> stats = (Map<?, ?>) tensor.get("stats");
                table.add(type, axes, size, short4(stats.get("min")), short4(stats.get("max")),
                        short4(stats.get("mean")),
                        stats.get("nan").toString(), name);
            } else {
                table.add(type, axes, size, name);
            }
        }
        if (!((List<?>) report.get("tensors")).isEmpty()) table.print(terminal);
        for (Object entry : (List<?>) report.get("globals")) {
            Map<?, ?> global = (Map<?, ?>) entry;
            terminal.print("mentions " + Sentence.line(global.get("name").toString()) + ": " + global.get("verdict"));
        }
        String refusal = report.get("refusal").toString();
        if (!refusal.isEmpty()) terminal.print("would not be loaded: " + Sentence.line(refusal));
    }

    private static String memory(Map<?, ?> byPrecision) {
        List<String> each = new ArrayList<>();
        byPrecision.forEach((precision, bytes) -> each.add(Bytes.text((long) bytes) + " at " + precision));
        return "in memory: about " + String.join(", ", each) + ", embeddings stay in the file";
    }

    private static String short4(Object value) {
        return value instanceof Double number ? String.format(Locale.ROOT, "%.4g", number) : value.toString();
    }
}
