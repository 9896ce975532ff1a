package io.github.smalti.pipeline;

/// Parts that do not belong together: a codec and a transformer of different sizes, or a record and another model.
public final class ModelMismatchException extends TextToImageException {
    private static final long serialVersionUID = 1L;

    /// Creates the exception.
    ///
    /// @param message what was expected, what was found and what to do
    public ModelMismatchException(String message) { super(message, null); }
}
