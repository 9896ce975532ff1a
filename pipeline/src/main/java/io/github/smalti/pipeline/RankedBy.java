package io.github.smalti.pipeline;

/// What decides which picture is the best.
public enum RankedBy {
    /// CLIP's score of picture and prompt, the highest first.
    CLIP,
    /// How much the picture surprises the model that drew it, the lowest first, as ruDALL-E offers it.
    PERPLEXITY,
    /// The order in which pictures were asked for.
    NOTHING
}
