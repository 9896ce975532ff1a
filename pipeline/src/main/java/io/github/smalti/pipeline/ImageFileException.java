package io.github.smalti.pipeline;

import java.nio.file.Path;

/// A picture file that cannot be read or written, or that holds no record of how it was made.
public final class ImageFileException extends TextToImageException {
    private static final long serialVersionUID = 1L;

    /// Creates the exception.
    ///
    /// @param file   the picture's file
    /// @param detail what was expected, what was found and what to do
    /// @param cause  the fault behind it, or null
    public ImageFileException(Path file, String detail, Throwable cause) { super(file + ": " + detail, cause); }
}
