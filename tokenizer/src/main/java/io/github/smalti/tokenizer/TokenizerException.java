package io.github.smalti.tokenizer;

import io.github.smalti.core.internal.ForeignText;
import java.nio.file.Path;

/// A tokenizer file that is missing, malformed or beyond a limit.
///
/// The message names the file and the cause on one line of less than 2,000 characters, control characters escaped.
public final class TokenizerException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST_PART = 900;

    private final String file;
    private final String detail;

    /// Creates the exception.
    ///
    /// @param file   the file that was read
    /// @param detail what is wrong, where, and what was expected
    public TokenizerException(Path file, String detail) {
        String name = ForeignText.escape(file.toString(), LONGEST_PART);
        String cause = ForeignText.escape(detail, LONGEST_PART);
        super(name + ": " + cause);
        this.file = name;
        this.detail = cause;
    }

    /// The file that was read, control characters escaped.
    public String file() { return file; }

    /// What is wrong with it.
    public String detail() { return detail; }
}
