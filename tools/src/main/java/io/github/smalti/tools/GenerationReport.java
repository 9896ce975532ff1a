package io.github.smalti.tools;

import io.github.smalti.core.json.JsonValue;
import io.github.smalti.pipeline.GeneratedImages;
import io.github.smalti.pipeline.GenerationOptions;
import io.github.smalti.pipeline.RankedImage;
import io.github.smalti.pipeline.Stage;
import io.github.smalti.tools.OutputFolder.Written;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What `smalti generate --json` says of one prompt.
final class GenerationReport {
    private GenerationReport() {}

    /// The report.
    ///
    /// @param drawn   the images
    /// @param written their files
    /// @param load    seconds that loading the model took
    /// @param write   seconds that writing the files took
    static JsonValue of(GeneratedImages drawn, Written written, double load, double write) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("prompt", drawn.prompt());
        report.put("seed", drawn.seed());
        report.put("options", options(drawn));
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("name", drawn.model().name());
        model.put("sha256", drawn.model().sha256());
        report.put("model", model);
        List<Object> images = new ArrayList<>();
        for (RankedImage image : drawn) images.add(image(image, written));
        report.put("images", images);
        report.put("grid", written.grid() == null ? null : written.grid().toString());
        report.put("warnings", drawn.warnings());
        Map<String, Object> seconds = new LinkedHashMap<>();
        seconds.put("load", millis(load));
        for (Map.Entry<Stage, Double> stage : drawn.seconds().entrySet()) {
            seconds.put(stage.getKey().name().toLowerCase(Locale.ROOT), millis(stage.getValue()));
        }
        seconds.put("write", millis(write));
        report.put("seconds", seconds);
        return JsonValue.of(report);
    }

    private static Map<String, Object> options(GeneratedImages drawn) {
        GenerationOptions options = drawn.options();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("images", options.indexes().size());
        json.put("keep", options.keep());
        json.put("temperature", options.sampling().temperature());
        json.put("top_k", options.sampling().topK());
        json.put("top_p", options.sampling().topP());
        json.put("guidance_scale", options.sampling().guidanceScale());
        json.put("negative_prompt", options.negativePrompt());
        json.put("precision", drawn.model().precision().name().toLowerCase(Locale.ROOT));
        return json;
    }

    private static Map<String, Object> image(RankedImage image, Written written) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("file", written.pictures().get(image.rank() - 1).toString());
        json.put("index", image.index());
        json.put("rank", image.rank());
        json.put("score", image.hasScore() ? image.score().logit() : null);
        json.put("cosine", image.hasScore() ? image.score().cosine() : null);
        json.put("perplexity", image.hasPerplexity() ? image.perplexity() : null);
        json.put("codes", image.codes());
        return json;
    }

    private static double millis(double seconds) { return Math.round(seconds * 1e3) / 1e3; }
}
