package io.github.smalti.pipeline;

/// The stages of a generation that take time, in order; each batch of images goes through all of them.
public enum Stage {
    /// The transformer draws the codes, token by token; counted in tokens of all images.
    DRAW,
    /// The image codec turns codes into pixels; counted in images.
    DECODE,
    /// CLIP scores the pictures, or the transformer its codes; counted in images; missing if nothing ranks.
    RANK
}
