package io.github.smalti.transformer;

/// What a model draws a picture from.
public enum PromptKind {
    /// Tokens of a text, padded to the model's length.
    TEXT,
    /// One of the classes that the model was trained on: the request's ids are its number alone.
    CLASS,
    /// Nothing: the request's ids are a single 0.
    NONE
}
