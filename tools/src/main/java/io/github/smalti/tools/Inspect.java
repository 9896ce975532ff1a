package io.github.smalti.tools;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonLimits;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.pipeline.ImageRecord;
import io.github.smalti.pipeline.LoadOptions;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.pipeline.TextToImage;
import io.github.smalti.weights.Bundles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `smalti inspect`: what lies in a checkpoint, a model's folder or a picture.
@Command(name = "inspect", sortOptions = false, description = {
        "Shows what lies in a checkpoint (tensors, types, shapes), in a folder (its checkpoints and "
                + "configurations, and for a whole model the memory that it needs) or in a picture (how it was made).",
        "Tells the family of a checkpoint by the names of its tensors. Nothing is loaded, and nothing in a "
                + "file is ever executed."},
        footer = {"Examples:",
                "  smalti inspect ~/models/dalle-mini", "  smalti inspect pytorch_model.bin --json",
                "  smalti inspect model.safetensors --stats", "",
                "--json prints {path, files [{file, format, family, family_reason, tensors [{name, dtype, shape,",
                "bytes, stats {min, max, mean, nan}}], tensor_count, values, bytes, weights_by_precision {f32, bf16,",
                "int8}, globals [{name, verdict}], refusal} or {file, config} or {file, record}], memory {weights, cache, scratch, mapped}",
                "or null, memory_by_precision {f32, bf16, int8} or null}. weights_by_precision is about what the",
                "checkpoint takes in memory. Globals are the names that a pickle mentions: allowed (built as plain",
                "data), inert (kept as a name) or refused."})
final class Inspect implements Callable<Integer> {
    private static final List<String> CHECKPOINTS = List.of(".safetensors", ".msgpack", ".bin", ".pt", ".pth", ".ckpt",
            ".pkl");
    private static final List<String> CONFIGS = List.of("config.json", "preprocessor_config.json", "sampling.json");
    private static final String INDEX = ".safetensors.index.json";
    private static final int MAX_CONFIG = 1 << 20;

    @ParentCommand
    private Smalti smalti;

    @Parameters(paramLabel = "FILE|FOLDER",
            description = "A checkpoint, a folder of a model or of a part, a tar or tar.gz "
                    + "of one (unpacked among the temporary files), or a PNG.")
    private Path path;

    @Option(names = "--images", paramLabel = "N", defaultValue = "8",
            description = "Pictures drawn at once, for the memory that is needed, 1 to 4096. Default: ${DEFAULT-VALUE}.")
    private int images;

    @Mixin
    private PrecisionOption precision;

    @Option(names = "--stats",
            description = "Read all values: smallest, largest, mean and number of NaN of each tensor. "
                    + "Default: names and shapes only.")
    private boolean stats;

    @Option(names = "--json", description = "Print one JSON document, see below. Default: tables.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (images < 1 || images > 4096) throw precision.wrong("--images: expected 1 to 4096, found " + images);
        if (!Files.exists(path)) throw new ToolException(path + ": no such file or folder");
        List<Map<String, Object>> reports = new ArrayList<>();
        Map<Precision, MemoryPlan> plans = new EnumMap<>(Precision.class);
        if (Files.isDirectory(path)) {
            addAll(path, reports);
            if (Files.isDirectory(path.resolve("dalle")) && Files.isDirectory(path.resolve("vqgan"))) {
                for (Precision each : Precision.values()) {
                    LoadOptions load = precision.load().withPrecision(each);
                    plans.put(each, TextToImage.plan(ModelPaths.of(path), load, images, true));
                }
            }
        } else if (Bundles.recognises(path)) {
            try (Unpacked unpacked = Unpacked.of(path, Path.of(System.getProperty("java.io.tmpdir")))) {
                Path root = unpacked.temporary().path();
                addAll(root, reports);
                for (Map<String, Object> report : reports) {
                    Path file = root.relativize(Path.of(report.get("file").toString()));
                    report.put("file", path.resolve(file).toString());
                }
            }
        } else {
            reports.add(report(path));
        }
        if (json) smalti.terminal().print(document(reports, plans));
        else
            print(reports, plans);
        return 0;
    }

    private void addAll(Path folder, List<Map<String, Object>> reports) throws IOException {
        for (Path file : files(folder)) reports.add(report(file));
        if (reports.isEmpty()) throw new ToolException(path + ": expected checkpoints or a config.json, found none");
    }

    /// Checkpoints and configurations of a folder and of the folders in it.
    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder, 2)) {
            return all.filter(Files::isRegularFile).filter(file -> isConfig(file) || isCheckpoint(file)).sorted()
                    .toList();
        }
    }

    private static boolean isConfig(Path file) { return CONFIGS.contains(file.getFileName().toString()); }

    private static boolean isCheckpoint(Path file) {
        return file.toString().endsWith(INDEX)
                || CHECKPOINTS.stream().anyMatch(file.getFileName().toString()::endsWith);
    }

    private Map<String, Object> report(Path file) throws IOException {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("file", file.toString());
        if (file.toString().endsWith(".json") && !file.toString().endsWith(INDEX)) {
            report.put("config", config(file));
        } else if (isPng(file)) {
            report.put("record", ImageRecord.read(file).toJson());
        } else {
            CheckpointReport.fill(report, file, stats);
        }
        return report;
    }

    private static boolean isPng(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            byte[] start = in.readNBytes(4);
            return start.length == 4 && start[0] == (byte) 0x89 && start[1] == 'P' && start[2] == 'N'
                    && start[3] == 'G';
        }
    }

    private static JsonValue config(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_CONFIG + 1);
            if (bytes.length > MAX_CONFIG)
                throw new ToolException(file + ": expected at most 1 MiB of JSON, found more");
            return Json.parse(bytes, JsonLimits.DEFAULT);
        } catch (JsonException e) {
            throw new ToolException(file + ": not valid JSON: " + e.getMessage(), e);
        }
    }

    private JsonValue document(List<Map<String, Object>> reports, Map<Precision, MemoryPlan> plans) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("path", path.toString());
        document.put("files", reports);
        Map<String, Object> all = new LinkedHashMap<>();
        plans.forEach((each, plan) -> all.put(each.name().toLowerCase(Locale.ROOT), json(plan)));
        document.put("memory", plans.isEmpty() ? null : json(plans.get(precision.load().precision())));
        document.put("memory_by_precision", plans.isEmpty() ? null : all);
        return JsonValue.of(document);
    }

    private static Map<String, Object> json(MemoryPlan plan) {
        Map<String, Object> memory = new LinkedHashMap<>();
        memory.put("weights", plan.weightBytes());
        memory.put("cache", plan.cacheBytes());
        memory.put("scratch", plan.scratchBytes());
        memory.put("mapped", plan.mappedBytes());
        return memory;
    }

    private void print(List<Map<String, Object>> reports, Map<Precision, MemoryPlan> plans) {
        Terminal terminal = smalti.terminal();
        for (Map<String, Object> report : reports) {
            if (report != reports.getFirst()) terminal.print("");
            if (report.containsKey("format")) {
                CheckpointReport.print(report, terminal);
                continue;
            }
            terminal.print(report.get("file").toString());
            JsonValue value = (JsonValue) report.getOrDefault("config", report.get("record"));
            terminal.print(Json.writePretty(value).stripTrailing());
        }
        if (plans.isEmpty()) return;
        terminal.print("");
        plans.forEach((each, plan) -> terminal.print("Memory for " + images + (images == 1 ? " picture" : " pictures")
                + " at once: at " + each.name().toLowerCase(Locale.ROOT) + " " + ModelOptions.describe(plan)));
    }
}
