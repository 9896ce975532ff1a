package io.github.smalti.pipeline;

import java.util.AbstractList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;

/// The images of one call, best first, and how they came about. An unmodifiable list.
///
/// Images are sorted by falling score, or rising perplexity; of equal ones the one asked for first comes first. Unranked
/// they are in the order in which they were asked for.
public final class GeneratedImages extends AbstractList<RankedImage> implements RandomAccess {
    private final String prompt;
    private final GenerationOptions options;
    private final ModelInfo model;
    private final List<String> warnings;
    private final Map<Stage, Double> seconds;
    private final List<RankedImage> images;

    GeneratedImages(String prompt, GenerationOptions options, ModelInfo model, List<String> warnings,
            Map<Stage, Double> seconds, List<RankedImage> images) {
        this.prompt = prompt;
        this.options = options;
        this.model = model;
        this.warnings = List.copyOf(warnings);
        this.seconds = Collections.unmodifiableMap(new EnumMap<>(seconds));
        this.images = List.copyOf(images);
    }

    @Override
    public RankedImage get(int place) { return images.get(place); }

    @Override
    public int size() { return images.size(); }

    /// The prompt as given.
    public String prompt() { return prompt; }

    /// The seed, also where it was not given but drawn.
    public long seed() { return options.seed(); }

    /// The options with all that was filled in.
    public GenerationOptions options() { return options; }

    /// Which model drew.
    public ModelInfo model() { return model; }

    /// What the caller should know, one sentence each: which part of the prompt was cut, what had no effect.
    public List<String> warnings() { return warnings; }

    /// Seconds of each stage that ran.
    public Map<Stage, Double> seconds() { return seconds; }

    /// Whether the order is that of a score or perplexity.
    public boolean isRanked() { return images.getFirst().hasScore() || images.getFirst().hasPerplexity(); }
}
