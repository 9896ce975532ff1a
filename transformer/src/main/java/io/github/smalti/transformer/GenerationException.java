package io.github.smalti.transformer;

/// A drawing that cannot be made: a token that the model does not know, or weights that give numbers that are not finite.
public final class GenerationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// Creates the exception.
    ///
    /// @param message what happened, at which image and position
    public GenerationException(String message) { super(message); }
}
