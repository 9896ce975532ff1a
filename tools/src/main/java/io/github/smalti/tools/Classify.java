package io.github.smalti.tools;

import io.github.smalti.clip.Clip;
import io.github.smalti.clip.ZeroShotClassifier;
import io.github.smalti.clip.ZeroShotClassifier.ClassScore;
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
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `smalti classify`: which of some labels a picture fits best.
@Command(name = "classify", sortOptions = false,
        description = "Names what pictures show: the nearest of labels that are given now, without training.",
        footer = {"Examples:", "  smalti classify smalti-out/*.png --labels cat,dog,bird",
                "  smalti classify cat.png --labels cat,dog --template \"a drawing of a {}\"", "",
                "A label becomes the mean of its sentences, one for each template; probabilities are the",
                "softmax of CLIP's logits over the labels. --json prints",
                "{clip, templates [text], images [{file, labels [{label, probability, cosine}]}]}."})
final class Classify implements Callable<Integer> {
    @ParentCommand
    private Smalti smalti;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "PNG or JPEG files of at most 64 million pixels.")
    private List<Path> files;

    @Option(names = "--labels", paramLabel = "A,B,..", required = true, split = ",", hideParamSyntax = true,
            description = "Labels, separated by commas; may be given several times. Required.")
    private List<String> labels;

    @Option(names = "--template", paramLabel = "T",
            description = "A sentence with {} in the label's place; may be given several times. Default: four such as "
                    + "\"a photo of a {}.\"")
    private List<String> templates = new ArrayList<>();

    @Option(names = "--templates", paramLabel = "FILE",
            description = "A file of templates, one a line, added to those of --template. Default: none.")
    private Path templateFile;

    @Option(names = "--top", paramLabel = "N", defaultValue = "5",
            description = "Most labels to print for a picture, 1 or more. Default: ${DEFAULT-VALUE}.")
    private int top;

    @Mixin
    private ModelOptions model;

    @Option(names = "--json", description = "Print one JSON document, see below. Default: tables.")
    private boolean json;

    @Override
    public Integer call() {
        if (top < 1) throw wrong("--top: expected 1 or more, found " + top);
        List<String> sentences = new ArrayList<>(templates);
        if (templateFile != null) sentences.addAll(PromptFile.read(templateFile));
        if (sentences.isEmpty()) sentences.addAll(ZeroShotClassifier.DEFAULT_TEMPLATES);
        List<String> names = names();
        Map<String, Object> document = new LinkedHashMap<>();
        List<JsonValue> images = new ArrayList<>();
        Compute compute = model.compute();
        try (Clip clip = Clip.load(model.clip(), compute, model.load().precision())) {
            ZeroShotClassifier classifier = classifier(clip, sentences, names);
            document.put("clip", clip.name());
            for (Path file : files) {
                float[] image = clip.embedImages(List.of(ImageFiles.read(file)))[0];
                images.add(report(file, classifier.classify(image)));
            }
        } finally {
            model.release(compute);
        }
        document.put("templates", sentences);
        document.put("images", images);
        if (json) smalti.terminal().print(JsonValue.of(document));
        return 0;
    }

    private List<String> names() {
        List<String> names = new ArrayList<>();
        for (String label : labels) {
            String name = label.strip();
            if (name.isEmpty()) throw wrong("--labels: expected words between the commas, such as cat,dog");
            if (names.contains(name)) throw wrong("--labels: found \"" + name + "\" twice; name it once");
            names.add(name);
        }
        return names;
    }

    private ZeroShotClassifier classifier(Clip clip, List<String> sentences, List<String> names) {
        try {
            var classifier = new ZeroShotClassifier(clip, sentences);
            classifier.addClasses(names);
            return classifier;
        } catch (IllegalArgumentException e) {
            throw wrong("--template: " + e.getMessage());
        }
    }

    private ParameterException wrong(String message) { return new ParameterException(spec.commandLine(), message); }

    private JsonValue report(Path file, List<ClassScore> scores) {
        Terminal terminal = smalti.terminal();
        var table = new Table("probability", "cosine", "label");
        List<Object> best = new ArrayList<>();
        for (ClassScore score : scores.subList(0, Math.min(top, scores.size()))) {
            table.add(String.format(Locale.ROOT, "%.1f %%", 100 * score.probability()),
                    String.format(Locale.ROOT, "%.4f", score.cosine()), Sentence.line(score.name()));
            Map<String, Object> label = new LinkedHashMap<>();
            label.put("label", score.name());
            label.put("probability", score.probability());
            label.put("cosine", score.cosine());
            best.add(label);
        }
        if (!json) {
            if (files.size() > 1) terminal.print(file.toString());
            table.print(terminal);
            if (files.size() > 1) terminal.print("");
        }
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("file", file.toString());
        report.put("labels", best);
        return JsonValue.of(report);
    }
}
