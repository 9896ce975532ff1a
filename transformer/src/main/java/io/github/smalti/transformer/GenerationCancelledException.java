package io.github.smalti.transformer;

/// A drawing was stopped by its listener, its caller or an interrupt; nothing is left behind.
public final class GenerationCancelledException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// Creates the exception.
    ///
    /// @param message when it was stopped
    public GenerationCancelledException(String message) { super(message); }
}
