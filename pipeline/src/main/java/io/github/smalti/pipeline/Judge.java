package io.github.smalti.pipeline;

import io.github.smalti.clip.Clip;
import io.github.smalti.clip.ClipScore;
import io.github.smalti.core.Pixels;
import io.github.smalti.pipeline.internal.Prompts;
import io.github.smalti.pipeline.internal.Stages;
import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.GenerationCancelledException;
import io.github.smalti.transformer.GenerationException;
import io.github.smalti.transformer.TextIds;
import java.util.ArrayList;
import java.util.List;

/// Says how good pictures are, by what [RankedBy] names. Used by one thread.
sealed interface Judge {
    /// What is said of a picture.
    ///
    /// @param merit      the higher, the better
    /// @param score      CLIP's score, or null
    /// @param perplexity the model's own perplexity, or NaN
    record Verdict(double merit, ClipScore score, float perplexity) {}

    /// Told before a picture is judged, with null, and after it.
    @FunctionalInterface
    interface Listener {
        /// Takes note; may end the judging by an exception.
        ///
        /// @param place   place of the picture in the batch
        /// @param verdict what was said, or null
        void judged(int place, Verdict verdict);
    }

    /// Whether judging is a stage of its own.
    default boolean takesTime() { return true; }

    /// Judges the pictures of a batch.
    ///
    /// @param indexes  their indexes, for messages
    /// @param codes    their codes
    /// @param pictures their pixels
    /// @param listener told of each
    /// @return a verdict each
    List<Verdict> judge(int[] indexes, int[][] codes, List<Pixels> pictures, Listener listener);

    /// The judge of a request.
    ///
    /// @param stages   of the model
    /// @param options  of the request
    /// @param prompt   what the pictures should show
    /// @param ids      the same for the transformer
    /// @param warnings where a sentence is added if CLIP reads the prompt's beginning only
    /// @throws IllegalArgumentException if the model cannot judge as it is asked to
    static Judge of(Stages stages, GenerationOptions options, String prompt, TextIds ids, List<String> warnings) {
        RankedBy by = options.rankedBy();
        boolean hasPerplexity = stages.generator().hasPerplexity() && options.shape().isOwn();
        if (by == null) {
            by = stages.clip() != null ? RankedBy.CLIP : hasPerplexity ? RankedBy.PERPLEXITY : RankedBy.NOTHING;
        }
        return switch (by) {
            case CLIP -> {
                if (stages.clip() == null) {
                    throw new IllegalArgumentException("ranked by: the model has no CLIP; add one, or rank by "
                            + (hasPerplexity ? "perplexity" : "nothing"));
                }
                yield new ByClip(stages.clip(), prompt, warnings);
            }
            case PERPLEXITY -> {
                if (!hasPerplexity) {
                    throw new IllegalArgumentException("ranked by: "
                            + (options.shape().isOwn()
                                    ? "this family of models has no perplexity; rank by CLIP or nothing"
                                    : "perplexity belongs to pictures of the model's own size"));
                }
                yield new ByPerplexity(stages.generator(), ids);
            }
            case NOTHING -> new ByNothing();
        };
    }

    /// CLIP's cosine of prompt and picture, which is scored in 8 bits, as it is written to files.
    final class ByClip implements Judge {
        private final Clip clip;
        private final String prompt;
        private final List<String> warnings;
        /// The prompt's vector, once it is needed.
        private float[] wanted;

        ByClip(Clip clip, String prompt, List<String> warnings) {
            this.clip = clip;
            this.prompt = prompt;
            this.warnings = warnings;
        }

        @Override
        public List<Verdict> judge(int[] indexes, int[][] codes, List<Pixels> pictures, Listener listener) {
            if (wanted == null) wanted = wanted();
            List<Verdict> verdicts = new ArrayList<>(pictures.size());
            for (int i = 0; i < pictures.size(); i++) {
                listener.judged(i, null);
                float[] image = clip.embedImages(List.of(pictures.get(i).toRaster()))[0];
                ClipScore score = clip.score(image, wanted);
                if (!Float.isFinite(score.logit())) {
                    throw new GenerationException("CLIP's score of image " + indexes[i]
                            + " is not finite: its checkpoint is damaged; load the model without clip/ to draw unranked");
                }
                verdicts.add(new Verdict(score.cosine(), score, Float.NaN));
                listener.judged(i, verdicts.getLast());
            }
            return verdicts;
        }

        private float[] wanted() {
            List<String> text = List.of(Prompts.readable(prompt));
            String cut = clip.cutParts(text).getFirst();
            if (!cut.isBlank()) {
                warnings.add("CLIP ranks by the beginning of the prompt, without \"" + Prompts.quote(cut) + "\"");
            }
            return clip.embedTexts(text)[0];
        }
    }

    /// The perplexity of the model that drew.
    record ByPerplexity(CodeGenerator generator, TextIds prompt) implements Judge {
        @Override
        public List<Verdict> judge(int[] indexes, int[][] codes, List<Pixels> pictures, Listener listener) {
            listener.judged(0, null);
            float[] perplexities = generator.perplexities(prompt, codes, (_, _) -> {
                try {
                    listener.judged(0, null);
                    return true;
                } catch (GenerationCancelledException _) {
                    return false;
                }
            });
            List<Verdict> verdicts = new ArrayList<>(pictures.size());
            for (int i = 0; i < perplexities.length; i++) {
                verdicts.add(new Verdict(-perplexities[i], null, perplexities[i]));
                listener.judged(i, verdicts.getLast());
            }
            return verdicts;
        }
    }

    /// The order as it is.
    record ByNothing() implements Judge {
        private static final Verdict NONE = new Verdict(0, null, Float.NaN);

        @Override
        public boolean takesTime() { return false; }

        @Override
        public List<Verdict> judge(int[] indexes, int[][] codes, List<Pixels> pictures, Listener listener) {
            return java.util.Collections.nCopies(pictures.size(), NONE);
        }
    }
}
