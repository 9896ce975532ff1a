package io.github.smalti.clip;

import io.github.smalti.core.internal.ForeignText;
import java.nio.file.Path;

/// The file of a [SemanticIndex] that is missing, damaged, hostile, of another version, or cannot be written.
public final class IndexFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int MAX_MESSAGE = 1900;

    /// Creates the exception; control characters become question marks and long messages are cut.
    ///
    /// @param file   the file
    /// @param detail what was expected, what was found and what to do
    /// @param cause  the fault behind it, or null
    public IndexFileException(Path file, String detail, Throwable cause) {
        super(ForeignText.escape(file + ": " + detail, MAX_MESSAGE, "?"), cause);
    }
}
