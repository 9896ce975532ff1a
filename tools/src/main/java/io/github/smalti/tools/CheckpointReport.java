package io.github.smalti.tools;

import io.github.smalti.weights.CheckpointDescription;
import io.github.smalti.weights.Checkpoints;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;

/// What `smalti inspect` says of a checkpoint.
final class CheckpointReport {
    private CheckpointReport() {}

    /// Describes a checkpoint.
    ///
    /// @param report where to put it
    /// @param file   the checkpoint
    static void fill(Map<String, Object> report, Path file) {
        CheckpointDescription found = Checkpoints.describe(file);
        report.put("format", found.format());
        List<Object> tensors = new ArrayList<>();
        long values = 0;
        for (CheckpointDescription.Tensor tensor : found.tensors()) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("name", tensor.name());
            json.put("dtype", tensor.dtype().name().toLowerCase(Locale.ROOT));
            json.put("shape", LongStream.of(tensor.shape()).boxed().toList());
            tensors.add(json);
            values += tensor.elementCount();
        }
        report.put("tensors", tensors);
        report.put("tensor_count", tensors.size());
        report.put("values", values);
        report.put("bytes", found.byteSize());
        List<Object> globals = new ArrayList<>();
        for (CheckpointDescription.Global global : found.globals()) {
            globals.add(Map.of("name", global.name(), "verdict", global.verdict()));
        }
        report.put("globals", globals);
        report.put("refusal", found.refusal());
    }

    /// Prints a report of [#fill].
    ///
    /// @param report   the report
    /// @param terminal where
    static void print(Map<String, Object> report, Terminal terminal) {
        terminal.print(report.get("file") + ": " + report.get("format") + ", " + report.get("tensor_count")
                + " tensors, " + String.format(Locale.ROOT, "%,d", report.get("values")) + " values, "
                + Bytes.text((long) report.get("bytes")));
        var table = new Table("dtype", "shape", "tensor");
        for (Object entry : (List<?>) report.get("tensors")) {
            Map<?, ?> tensor = (Map<?, ?>) entry;
            String shape = tensor.get("shape").toString();
            table.add(tensor.get("dtype").toString(), "(" + shape.substring(1, shape.length() - 1) + ")",
                    Sentence.line(tensor.get("name").toString()));
        }
        if (!((List<?>) report.get("tensors")).isEmpty()) table.print(terminal);
        for (Object entry : (List<?>) report.get("globals")) {
            Map<?, ?> global = (Map<?, ?>) entry;
            terminal.print("mentions " + Sentence.line(global.get("name").toString()) + ": " + global.get("verdict"));
        }
        String refusal = report.get("refusal").toString();
        if (!refusal.isEmpty()) terminal.print("would not be loaded: " + Sentence.line(refusal));
    }
}
