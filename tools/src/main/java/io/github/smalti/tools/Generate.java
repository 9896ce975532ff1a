package io.github.smalti.tools;

import io.github.smalti.core.Raster;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.pipeline.GeneratedImages;
import io.github.smalti.pipeline.GenerationOptions;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.pipeline.Preset;
import io.github.smalti.pipeline.RankedBy;
import io.github.smalti.pipeline.RankedImage;
import io.github.smalti.pipeline.TextToImage;
import io.github.smalti.tools.OutputFolder.Written;
import io.github.smalti.transformer.GenerationCancelledException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `smalti generate`: from a sentence to ranked pictures.
@Command(name = "generate", sortOptions = false, description = {
        "Draws pictures of a prompt and ranks them with CLIP, best first.",
        "They are written as 01-PROMPT.png, 02-PROMPT.png ... and grid-PROMPT.png; files that exist are kept, "
                + "new ones then end in -2, -3 ..."},
        footer = {"Examples:", "  smalti generate a cat with a hat",
                "  smalti generate \"a cat with a hat\" --images 32 --keep 4 --seed 7",
                "  smalti generate --prompts prompts.txt --preset blog --out gallery",
                "  smalti generate \"a cat\" --image-prompt cat.png --keep-rows 4",
                "  smalti generate \"a forest\" --size 128x64; smalti generate \"leaves\" --tile",
                "  smalti generate \"a red car\" --model ~/models/dalle-mini --precision bf16", "",
                "--json prints {prompt, seed, options, model {name, sha256}, images [{file, index, rank, score,",
                "cosine, perplexity, codes}], grid, warnings, seconds {load, draw, decode, rank, write}}; with --prompts it",
                "prints {results [one such object a prompt]}. Scores are CLIP logits, null if there is no CLIP."})
final class Generate implements Callable<Integer> {
    private static final int AT_ONCE = 8;
    private static final double NANOS = 1e-9;

    @ParentCommand
    private Smalti smalti;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "PROMPT", arity = "0..*",
            description = "What to draw; several words form one prompt. An empty one draws anything.")
    private List<String> words = List.of();

    @Option(names = "--prompts", paramLabel = "FILE",
            description = "Draw every prompt of this file instead: one a line, or {\"prompt\": ...} a line in a .jsonl "
                    + "file; at most 100000. Default: none.")
    private Path prompts;

    @Option(names = "--images", paramLabel = "N", defaultValue = "8",
            description = "Pictures to draw, 1 to 4096. Default: ${DEFAULT-VALUE}.")
    private int images;

    @Option(names = "--keep", paramLabel = "N", description = "Write only the N best of them, 1 to 4096. Default: all.")
    private Integer keep;

    @Option(names = "--seed", paramLabel = "N",
            description = "Any whole number of 64 bits; the same seed draws the same pictures. Default: a new one, which "
                    + "is printed.")
    private Long seed;

    @Mixin
    private SamplingOptions sampling;

    @Mixin
    private ShapeOptions shape;

    @Option(names = "--rank", paramLabel = "BY",
            description = "What decides which picture is best: clip, perplexity (how much a picture surprises the model that "
                    + "drew it; ruDALL-E) or nothing. Default: clip, or perplexity where there is no CLIP.")
    private RankedBy rank;

    @Mixin
    private ModelOptions model;

    @Option(names = "--force", description = "Load a model that is larger than this machine's memory. Default: refuse.")
    private boolean force;

    @Option(names = "--out", paramLabel = "FOLDER", defaultValue = "smalti-out",
            description = "Where pictures go; created if missing. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(names = "--grid", negatable = true, defaultValue = "true", fallbackValue = "true",
            description = "Write a sheet of all pictures, best first. Default: yes.")
    private boolean grid;

    @Option(names = "--json", description = "Print one JSON document instead of tables, see below. Default: tables.")
    private boolean json;

    @Override
    public Integer call() {
        List<String> all = prompts();
        GenerationOptions checked = choose(GenerationOptions.builder(Preset.DALLE_MINI.settings()));
        seed = checked.seed();
        Raster given = shape.read();
        var folder = new OutputFolder(out);
        folder.check();
        Terminal terminal = smalti.terminal();
        ModelPaths paths = model.paths();
        model.checkMemory(terminal, paths, Math.min(images, AT_ONCE), force);
        long start = System.nanoTime();
        List<JsonValue> documents = new ArrayList<>();
        try (var loading = new ProgressBar(terminal, "")) {
            loading.show("loading the model ...");
            try (var loaded = TextToImage.load(paths, shape.load(model.load()))) {
                double load = (System.nanoTime() - start) * NANOS;
                terminal.interruption().startsTidyWork();
                for (int i = 0; i < all.size(); i++) {
                    String label = all.size() == 1 ? "" : i + 1 + "/" + all.size() + " ";
                    JsonValue document = draw(loaded, all.get(i), given, label, folder, load);
                    if (json) documents.add(document);
                }
            }
        }
        if (json) terminal.print(prompts == null ? documents.getFirst() : JsonValue.of(Map.of("results", documents)));
        return 0;
    }

    private List<String> prompts() {
        if (words.isEmpty() == (prompts == null)) {
            throw new ParameterException(spec.commandLine(), words.isEmpty()
                    ? "expected a prompt, such as: smalti generate \"a cat with a hat\"; or --prompts FILE"
                    : "expected either a prompt or --prompts FILE, found both");
        }
        return prompts == null ? List.of(String.join(" ", words)) : PromptFile.read(prompts);
    }

    private GenerationOptions choose(GenerationOptions.Builder options) {
        try {
            sampling.apply(options);
            options.images(images);
            if (keep != null) options.keep(keep);
            if (seed != null) options.seed(seed);
            if (rank != null) options.rankedBy(rank);
            return options.cancellation(smalti.terminal().interruption().cancellation()).build();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private JsonValue draw(TextToImage loaded, String prompt, Raster given, String label, OutputFolder folder,
            double load) {
        Terminal terminal = smalti.terminal();
        if (prompt.isBlank()) terminal.say("the prompt is empty, so anything may be drawn");
        GeneratedImages drawn;
        var options = loaded.options();
        shape.apply(options, loaded, given);
        try (var bar = new ProgressBar(terminal, label);
                var early = new EarlyPreview(bar, folder.early(prompt), terminal)) {
            drawn = generate(loaded, prompt, choose(options.progress(early)));
        }
        long start = System.nanoTime();
        Written written = write(folder, drawn);
        double write = (System.nanoTime() - start) * NANOS;
        if (written.number() > 1) {
            terminal.say("pictures of such a name exist and are kept; the names of the new ones end in -"
                    + written.number());
        }
        if (!json) print(drawn, written, !label.isEmpty());
        return GenerationReport.of(drawn, written, load, write);
    }

    private GeneratedImages generate(TextToImage loaded, String prompt, GenerationOptions options) {
        try {
            return loaded.generate(prompt, options);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private Written write(OutputFolder folder, GeneratedImages drawn) {
        var cancellation = smalti.terminal().interruption().cancellation();
        try {
            return folder.write(drawn, grid, () -> {
                if (cancellation.isCancelled()) throw new GenerationCancelledException("stopped");
            });
        } catch (IllegalArgumentException e) {
            throw new ToolException(e.getMessage() + ", or --no-grid; nothing was written, the seed was " + seed, e);
        } catch (io.github.smalti.pipeline.ImageFileException e) {
            if (cancellation.isCancelled()) throw new GenerationCancelledException("stopped");
            throw new ToolException(
                    e.getMessage() + "; no picture of this prompt was kept, draw them again with --seed "
                            + seed,
                    e);
        }
    }

    private void print(GeneratedImages drawn, Written written, boolean withPrompt) {
        Terminal terminal = smalti.terminal();
        if (withPrompt) terminal.print(Sentence.line(drawn.prompt()));
        var table = new Table("rank", drawn.getFirst().hasPerplexity() ? "perplexity" : "score", "file");
        for (RankedImage image : drawn) {
            String score = image.hasScore()
                    ? String.format(Locale.ROOT, "%.2f", image.score().logit())
                    : image.hasPerplexity() ? String.format(Locale.ROOT, "%.1f", image.perplexity()) : "-";
            table.add(Integer.toString(image.rank()), score, written.pictures().get(image.rank() - 1).toString());
        }
        if (written.grid() != null) table.add("grid", "", written.grid().toString());
        table.add("seed", "", Long.toString(drawn.seed()));
        table.print(terminal);
        if (withPrompt) terminal.print("");
    }
}
