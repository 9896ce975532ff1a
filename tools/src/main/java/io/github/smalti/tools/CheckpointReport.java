package io.github.smalti.tools;

import io.github.smalti.core.TensorView;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What `smalti inspect` says of a checkpoint.
final class CheckpointReport {
    private static final int HEAD = 9;

    private CheckpointReport() {}

    /// The format by the first bytes of a file.
    ///
    /// @param file the file
    static String format(Path file) throws IOException {
        byte[] head;
        try (var in = Files.newInputStream(file)) {
            head = in.readNBytes(HEAD);
        }
        String text = new String(head, StandardCharsets.ISO_8859_1);
        if (text.startsWith("\u0089PNG")) return "PNG";
        if (text.startsWith("PK")) return "PyTorch archive";
        if (text.length() == HEAD && text.endsWith("{")) return "safetensors";
        return text.startsWith("\u0080") && text.length() > 1 && text.charAt(1) <= 5 ? "PyTorch pickle" : "Flax msgpack";
    }

    /// Describes a checkpoint.
    ///
    /// @param report where to put it
    /// @param file   the checkpoint
    static void fill(Map<String, Object> report, Path file) throws IOException {
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            report.put("format", format(file));
            List<Object> tensors = new ArrayList<>();
            long values = 0;
            long bytes = 0;
            for (String name : checkpoint.names()) {
                TensorView view = checkpoint.tensor(name);
                Map<String, Object> tensor = new LinkedHashMap<>();
                tensor.put("name", name);
                tensor.put("dtype", view.dtype().name().toLowerCase(Locale.ROOT));
                List<Long> shape = new ArrayList<>();
                for (long size : view.shape()) shape.add(size);
                tensor.put("shape", shape);
                tensors.add(tensor);
                values += view.elementCount();
                bytes += view.elementCount() * view.dtype().bytes();
            }
            report.put("tensors", tensors);
            report.put("tensor_count", tensors.size());
            report.put("values", values);
            report.put("bytes", bytes);
        }
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
        table.print(terminal);
    }
}
