package io.github.smalti.tools;

import io.github.smalti.clip.Clip;
import io.github.smalti.clip.ClipScore;
import io.github.smalti.clip.Ranking;
import io.github.smalti.core.Compute;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.pipeline.ImageFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `smalti rank`: how well pictures fit texts.
@Command(name = "rank", sortOptions = false,
        description = "Scores pictures against texts with CLIP and prints them best first.", footer = {
                "Example:", "  smalti rank smalti-out/0*.png --text \"a cat\" --text \"a hat\"", "",
                "The score is CLIP's logit (100 times the cosine in published models). --json prints",
                "{clip, texts [{text, cut, images [{file, rank, score, cosine}]}]}."})
final class Rank implements Callable<Integer> {
    @ParentCommand
    private Smalti smalti;

    @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "PNG or JPEG files of at most 64 million pixels.")
    private List<Path> files;

    @Option(names = "--text", paramLabel = "T", required = true,
            description = "A text; may be given several times. Required.")
    private List<String> texts;

    @Mixin
    private ModelOptions model;

    @Option(names = "--json", description = "Print one JSON document, see below. Default: tables.")
    private boolean json;

    @Override
    public Integer call() {
        List<JsonValue> reports = new ArrayList<>();
        Map<String, Object> document = new LinkedHashMap<>();
        Compute compute = model.compute();
        try (Clip clip = Clip.load(model.clip(), compute, model.load().precision())) {
            float[][] images = new float[files.size()][];
            for (int i = 0; i < images.length; i++) {
                images[i] = clip.embedImages(List.of(ImageFiles.read(files.get(i))))[0];
            }
            float[][] embedded = clip.embedTexts(texts);
            List<String> cuts = clip.cutParts(texts);
            for (int i = 0; i < texts.size(); i++)
                reports.add(report(clip, texts.get(i), cuts.get(i), embedded[i], images));
            document.put("clip", clip.name());
        } finally {
            model.release(compute);
        }
        document.put("texts", reports);
        if (json) smalti.terminal().print(JsonValue.of(document));
        return 0;
    }

    private JsonValue report(Clip clip, String text, String cut, float[] wanted, float[][] images) {
        Terminal terminal = smalti.terminal();
        float[] cosines = new float[images.length];
        for (int i = 0; i < images.length; i++) cosines[i] = clip.score(images[i], wanted).cosine();
        var table = new Table("rank", "score", "cosine", "file");
        List<Object> ranked = new ArrayList<>();
        for (int i : Ranking.order(cosines)) {
            ClipScore score = clip.score(images[i], wanted);
            table.add(Integer.toString(ranked.size() + 1), String.format(Locale.ROOT, "%.2f", score.logit()),
                    String.format(Locale.ROOT, "%.4f", score.cosine()), files.get(i).toString());
            Map<String, Object> image = new LinkedHashMap<>();
            image.put("file", files.get(i).toString());
            image.put("rank", ranked.size() + 1);
            image.put("score", score.logit());
            image.put("cosine", score.cosine());
            ranked.add(image);
        }
        if (!cut.isBlank()) terminal.say("the text is too long for CLIP, which ignores \"" + Sentence.line(cut) + "\"");
        if (!json) {
            if (texts.size() > 1) terminal.print(Sentence.line(text));
            table.print(terminal);
            if (texts.size() > 1) terminal.print("");
        }
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("text", text);
        report.put("cut", cut);
        report.put("images", ranked);
        return JsonValue.of(report);
    }
}
