package io.github.smalti.pipeline;

import io.github.smalti.pipeline.internal.Visible;

/// What this package refuses or cannot do; each subclass is one kind of fault.
///
/// The message is one readable sentence of less than 2,000 characters, control characters of foreign text escaped.
public abstract sealed class TextToImageException extends RuntimeException
        permits ImageFileException, ModelClosedException, ModelMismatchException, ModelUnavailableException,
        NotEnoughMemoryException {
    private static final long serialVersionUID = 1L;

    TextToImageException(String message, Throwable cause) { super(Visible.message(message), cause); }
}
