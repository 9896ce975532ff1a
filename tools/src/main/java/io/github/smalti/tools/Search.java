package io.github.smalti.tools;

import io.github.smalti.clip.Clip;
import io.github.smalti.clip.SemanticIndex;
import io.github.smalti.clip.SemanticIndex.Match;
import io.github.smalti.core.Compute;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.pipeline.ImageFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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

/// `smalti search`: the pictures of an index that are nearest to a text or a picture.
@Command(name = "search", sortOptions = false,
        description = "Finds the pictures of an index that are nearest to a text or to another picture.",
        footer = {"Examples:", "  smalti index pictures", "  smalti search \"a cat with a hat\" --top 3",
                "  smalti search cat.png", "",
                "Every picture is compared. --json prints {clip, index, kind, query, cut, matches [{rank, cosine,",
                "file}]}; kind is text or image."})
final class Search implements Callable<Integer> {
    private static final String PICTURE_NAME = "(?i).*\\.(png|jpe?g)";

    @ParentCommand
    private Smalti smalti;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "TEXT|IMAGE", arity = "1..*",
            description = "What to look for: the name of a PNG or JPEG file, or words.")
    private List<String> words;

    @Option(names = "--index", paramLabel = "FILE", defaultValue = IndexCommand.DEFAULT_FILE,
            description = "The index file, as smalti index wrote it. Default: ${DEFAULT-VALUE}.")
    private Path file;

    @Option(names = "--top", paramLabel = "N", defaultValue = "10",
            description = "Most pictures to find, 1 or more. Default: ${DEFAULT-VALUE}.")
    private int top;

    @Mixin
    private ModelOptions model;

    @Option(names = "--json", description = "Print one JSON document, see below. Default: a table.")
    private boolean json;

    @Override
    public Integer call() {
        String query = String.join(" ", words);
        if (top < 1) throw wrong("--top: expected 1 or more, found " + top);
        if (query.isBlank()) throw wrong("expected a text or a picture, such as: smalti search \"a red car\"");
        boolean isImage = isImage(query);
        if (!Files.exists(file)) {
            throw new ToolException(file + ": no such file; make an index first: smalti index FOLDER --out " + file);
        }
        Compute compute = model.compute();
        try (SemanticIndex index = SemanticIndex.map(file, compute);
                Clip clip = Clip.load(model.clip(), compute, model.load().precision())) {
            IndexOrigin origin = checked(index, clip);
            String cut = isImage ? "" : clip.cutParts(List.of(query)).getFirst();
            float[] embedding = isImage
                    ? clip.embedImages(List.of(ImageFiles.read(Path.of(query))))[0]
                    : clip.embedTexts(List.of(query))[0];
            report(index, clip.name(), origin, query, isImage, cut, index.search(embedding, top));
        } finally {
            model.release(compute);
        }
        return 0;
    }

    private boolean isImage(String query) {
        if (words.size() > 1) return false;
        try {
            if (Files.isRegularFile(Path.of(query))) return true;
        } catch (IllegalArgumentException _) {
            return false; // what cannot be the name of a file
        }
        if (query.matches(PICTURE_NAME)) throw new ToolException(query + ": no such file; name a picture that exists");
        return false;
    }

    /// Refuses an index of another model; says nothing of one that does not tell its own.
    private IndexOrigin checked(SemanticIndex index, Clip clip) {
        IndexOrigin made = IndexOrigin.of(index);
        boolean isSame = made == null
                ? index.width() == clip.embeddingSize()
                : made.isSameModel(IndexOrigin.of(clip, Path.of("")));
        if (isSame) return made;
        String maker = made == null ? "a model of " + index.width() + " numbers" : made.clip();
        throw new ToolException(file + " was made with another model (" + maker + ", this one is " + clip.name()
                + "): name that model by --clip or --model, or make the index anew: smalti index "
                + (made == null ? "FOLDER" : made.folder()) + " --out " + file + " --replace");
    }

    private ParameterException wrong(String message) { return new ParameterException(spec.commandLine(), message); }

    private void report(SemanticIndex index, String clip, IndexOrigin origin, String query, boolean isImage, String cut,
            List<Match> matches) {
        Terminal terminal = smalti.terminal();
        if (!cut.isBlank()) terminal.say("the text is too long for CLIP, which ignores \"" + Sentence.line(cut) + "\"");
        if (index.size() == 0) terminal.say(file + " holds no pictures");
        var table = new Table("rank", "cosine", "file");
        List<Object> found = new ArrayList<>();
        for (Match match : matches) {
            String path = origin == null ? match.name() : origin.path(match.name());
            table.add(Integer.toString(found.size() + 1), String.format(Locale.ROOT, "%.4f", match.cosine()),
                    Sentence.line(path));
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("rank", found.size() + 1);
            one.put("cosine", match.cosine());
            one.put("file", path);
            found.add(one);
        }
        if (!json) {
            table.print(terminal);
            return;
        }
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("clip", clip);
        document.put("index", file.toString());
        document.put("kind", isImage ? "image" : "text");
        document.put("query", query);
        document.put("cut", cut);
        document.put("matches", found);
        terminal.print(JsonValue.of(document));
    }
}
