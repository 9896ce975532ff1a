package io.github.smalti.pipeline;

/// A [TextToImage] that was used after [TextToImage#close], or closed while it was drawing.
public final class ModelClosedException extends TextToImageException {
    private static final long serialVersionUID = 1L;

    /// Creates the exception.
    ///
    /// @param model name of the model
    public ModelClosedException(String model) { super("the model " + model + " is closed: load it again", null); }
}
