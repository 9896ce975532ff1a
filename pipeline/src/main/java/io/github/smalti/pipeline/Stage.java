package io.github.smalti.pipeline;

/// The stages of a generation that take time, in order.
public enum Stage {
    /// The transformer draws the codes, token by token; counted in tokens of all images.
    DRAW,
    /// The image codec turns codes into pixels; counted in images.
    DECODE,
    /// CLIP, or the model itself, judges the pictures; counted in images; missing if nobody does.
    RANK
}
