package io.github.smalti.pipeline;

import io.github.smalti.clip.Clip;
import io.github.smalti.clip.ClipScore;
import io.github.smalti.core.Pixels;
import io.github.smalti.pipeline.internal.Prompts;
import io.github.smalti.pipeline.internal.Stages;
import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.GenerationException;
import io.github.smalti.transformer.TextIds;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;

/// Says of the images of one call how well they fit the prompt. Used by one thread.
final class Judge {
    /// What is said of an image.
    ///
    /// @param clip       CLIP's score, or null
    /// @param perplexity the model's own, or NaN
    record Verdict(ClipScore clip, float perplexity) { static final Verdict NONE = new Verdict(null, Float.NaN); }

    private final Stages stages;
    private final RankBy by;
    private final String prompt;
    private float[] wanted;

    /// A judge of one call.
    ///
    /// @param stages of the model
    /// @param asked  by what to rank
    /// @param canvas with its sides in numbers
    /// @param prompt what the pictures should show
    /// @throws IllegalArgumentException if the model cannot rank as asked
    Judge(Stages stages, RankBy asked, Canvas canvas, String prompt) {
        this.stages = stages;
        this.prompt = prompt;
        CodeGenerator generator = stages.generator();
        boolean isOwnGrid = canvas.rows() == generator.gridRows() && canvas.cols() == generator.gridCols();
        boolean hasPerplexity = generator.hasPerplexity() && isOwnGrid;
        if (asked == RankBy.CLIP && stages.clip() == null) {
            throw new IllegalArgumentException("rank by clip: the model has no CLIP; name one, or rank by "
                    + (hasPerplexity ? "perplexity" : "none"));
        }
        if (asked == RankBy.PERPLEXITY && !hasPerplexity) {
            throw new IllegalArgumentException("rank by perplexity: " + (generator.hasPerplexity()
                    ? "only pictures of the model's own size have one"
                    : "this model family has none, ruDALL-E's and minDALL-E's have") + "; rank by clip or none");
        }
        this.by = asked != RankBy.AUTO
                ? asked
                : stages.clip() != null ? RankBy.CLIP : hasPerplexity ? RankBy.PERPLEXITY : RankBy.NONE;
    }

    /// By what it ranks; never [RankBy#AUTO].
    RankBy by() { return by; }

    /// The better image first.
    Comparator<RankedImage> order() {
        return switch (by) {
            case CLIP -> Comparator.comparing(image -> image.score().cosine() + 0f, Comparator.reverseOrder());
            case PERPLEXITY -> Comparator.comparing(RankedImage::perplexity);
            case NONE, AUTO -> (_, _) -> 0;
        };
    }

    /// CLIP's score of a picture in 8 bits, as it is written to files.
    ///
    /// @param index    the image's, for messages
    /// @param warnings where a sentence is added if CLIP does not read all of the prompt
    Verdict score(int index, Pixels picture, List<String> warnings) {
        Clip clip = stages.clip();
        if (wanted == null) wanted = embed(clip, warnings);
        float[] image = clip.embedImages(List.of(picture.toRaster()))[0];
        ClipScore score = clip.score(image, wanted);
        if (!Float.isFinite(score.logit())) {
            throw new GenerationException("CLIP's score of image " + index
                    + " is not finite: its checkpoint is damaged; load the model without clip/ to draw unranked");
        }
        return new Verdict(score, Float.NaN);
    }

    private float[] embed(Clip clip, List<String> warnings) {
        List<String> text = List.of(Prompts.readable(prompt));
        String cut = clip.cutParts(text).getFirst();
        if (!cut.isBlank()) {
            warnings.add("CLIP ranks by the beginning of the prompt, without \"" + Prompts.quote(cut) + "\"");
        }
        return clip.embedTexts(text)[0];
    }

    /// The model's own perplexities of some images.
    ///
    /// @param ids    the prompt
    /// @param codes  of each image
    /// @param goesOn asked after each row of codes; false ends it
    Verdict[] perplexities(TextIds ids, int[][] codes, BooleanSupplier goesOn) {
        float[] values = stages.generator().perplexities(ids, codes, (_, _) -> goesOn.getAsBoolean());
        var verdicts = new Verdict[values.length];
        for (int i = 0; i < values.length; i++) verdicts[i] = new Verdict(null, values[i]);
        return verdicts;
    }
}
