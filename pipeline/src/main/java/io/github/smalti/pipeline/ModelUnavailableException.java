package io.github.smalti.pipeline;

/// A model whose files are not where they were said to be, or the embedded model where it cannot be unpacked.
public final class ModelUnavailableException extends TextToImageException {
    private static final long serialVersionUID = 1L;

    /// Creates the exception.
    ///
    /// @param message what was expected, what was found and what to do
    /// @param cause   the fault behind it, or null
    public ModelUnavailableException(String message, Throwable cause) { super(message, cause); }
}
