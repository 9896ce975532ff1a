package io.github.smalti.pipeline;

import java.util.Locale;

/// What orders the images of a call.
public enum RankBy {
    /// CLIP if the model has one; else its own perplexity if it can tell; else nothing.
    AUTO,
    /// CLIP's score of picture and prompt, highest first.
    CLIP,
    /// How much the drawn codes surprise the model that drew them, lowest first, as ruDALL-E ranks. Only on the model's own
    /// grid.
    PERPLEXITY,
    /// Nothing: images come in the order in which they were asked for, and no more of them are drawn than kept.
    NONE;

    /// The name as people write it, such as `perplexity`.
    public String id() { return name().toLowerCase(Locale.ROOT); }
}
