package io.github.smalti.tools;

import io.github.smalti.core.json.JsonValue;
import io.github.smalti.pipeline.GeneratedImages;
import io.github.smalti.pipeline.GenerationOptions;
import io.github.smalti.pipeline.LoadOptions;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.pipeline.Preset;
import io.github.smalti.pipeline.RankBy;
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
        "Draws pictures of a prompt and ranks them with CLIP, or by the model's own perplexity, best first.",
        "They are written as 01-PROMPT.png, 02-PROMPT.png ... and grid-PROMPT.png; files that exist are kept, "
                + "new ones then end in -2, -3 ..."},
        footer = {"Examples:", "  smalti generate a cat with a hat",
                "  smalti generate \"a cat with a hat\" --images 32 --keep 4 --seed 7",
                "  smalti generate --prompts prompts.txt --preset blog --out gallery",
                "  smalti generate \"a cat with a hat\" --images 512 --keep 32",
                "  smalti generate \"a red car\" --model ~/models/dalle-mini --precision bf16",
                "  smalti generate \"a cat with a hat\" --image-prompt cat.png --keep-rows 4",
                "  smalti generate stars --size 128x64 --tile", "",
                "--json prints {prompt, seed, options, model {name, sha256}, images [{file, index, rank, score,",
                "cosine, perplexity, codes}], grid, warnings, seconds {load, draw, decode, rank, write}}; with --prompts it",
                "prints {results [one such object a prompt]}. Scores are CLIP logits; scores and perplexities are null where the",
                "pictures are not ranked by them."})
final class Generate implements Callable<Integer> {
    private static final int AT_ONCE = 8;
    private static final double NANOS = 1e-9;

    @ParentCommand
    private Smalti smalti;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "PROMPT", arity = "0..*",
            description = "What to draw; several words form one prompt. An empty one draws anything. For models of classes "
                    + "(iGPT) the number of a class.")
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

    @Option(names = "--rank", paramLabel = "BY", defaultValue = "auto",
            description = "Order pictures by clip (its score, highest first), by perplexity (how much the codes surprise the "
                    + "model, lowest first; ruDALL-E and minDALL-E, at their own size), or by none: as drawn, and only those "
                    + "that are kept. auto is clip if there is one, else perplexity if there is one, else none. Default: "
                    + "${DEFAULT-VALUE}.")
    private RankBy rank;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "0",
            description = "Pictures drawn at once, 1 to 4096, or 0 to choose by the memory there is, at most 8; pictures are "
                    + "the same for any. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(names = "--best-so-far", negatable = true, defaultValue = "true", fallbackValue = "true",
            description = "While more than one batch is drawn, show the best pictures so far, at most 64, in "
                    + "best-so-far-PROMPT.png, which is replaced as better ones come and removed at the end. Default: yes.")
    private boolean bestSoFar;

    @Mixin
    private CanvasOptions canvas;

    @Option(names = "--seed", paramLabel = "N",
            description = "Any whole number of 64 bits; the same seed draws the same pictures. Default: a new one, which "
                    + "is printed.")
    private Long seed;

    @Mixin
    private SamplingOptions sampling;

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
        canvas.check();
        GenerationOptions checked = choose(GenerationOptions.builder(Preset.DALLE_MINI.settings()));
        seed = checked.seed();
        var folder = new OutputFolder(out);
        folder.check();
        Terminal terminal = smalti.terminal();
        ModelPaths paths = model.paths();
        LoadOptions load = model.load().withEncoder(canvas.needsEncoder());
        model.checkMemory(terminal, paths, load, Math.min(images, batch > 0 ? batch : AT_ONCE), force);
        long start = System.nanoTime();
        List<JsonValue> documents = new ArrayList<>();
        try (var loading = new ProgressBar(terminal, "")) {
            loading.show("loading the model ...");
            try (var loaded = TextToImage.load(paths, load)) {
                double loadSeconds = (System.nanoTime() - start) * NANOS;
                terminal.interruption().startsTidyWork();
                for (int i = 0; i < all.size(); i++) {
                    String label = all.size() == 1 ? "" : i + 1 + "/" + all.size() + " ";
                    JsonValue document = draw(loaded, all.get(i), label, folder, loadSeconds);
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
            options.images(images).batch(batch).rankBy(rank);
            if (keep != null) options.keep(keep);
            if (seed != null) options.seed(seed);
            return options.cancellation(smalti.terminal().interruption().cancellation()).build();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private JsonValue draw(TextToImage loaded, String prompt, String label, OutputFolder folder, double load) {
        Terminal terminal = smalti.terminal();
        if (prompt.isBlank()) terminal.say("the prompt is empty, so anything may be drawn");
        GenerationOptions.Builder options = loaded.options();
        canvas.apply(loaded, options);
        GeneratedImages drawn = generate(loaded, prompt, label, folder, options);
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

    private GeneratedImages generate(TextToImage loaded, String prompt, String label, OutputFolder folder,
            GenerationOptions.Builder options) {
        try (var bar = new ProgressBar(smalti.terminal(), label);
                var early = new BestSoFar(folder, prompt, bar)) {
            return loaded.generate(prompt, choose(options.progress(bestSoFar ? early : bar)));
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
        boolean byPerplexity = drawn.rankedBy() == RankBy.PERPLEXITY;
        var table = new Table("rank", byPerplexity ? "perplexity" : "score", "file");
        for (RankedImage image : drawn) {
            String score = switch (drawn.rankedBy()) {
                case CLIP -> String.format(Locale.ROOT, "%.2f", image.score().logit());
                case PERPLEXITY -> String.format(Locale.ROOT, "%.2f", image.perplexity());
                case NONE, AUTO -> "-";
            };
            table.add(Integer.toString(image.rank()), score, written.pictures().get(image.rank() - 1).toString());
        }
        if (written.grid() != null) table.add("grid", "", written.grid().toString());
        table.add("seed", "", Long.toString(drawn.seed()));
        table.print(terminal);
        if (withPrompt) terminal.print("");
    }
}
