package io.github.smalti.weights;

import io.github.smalti.core.internal.ForeignText;

/// A checkpoint or configuration file that is missing, damaged, hostile, foreign or of another shape than asked for.
public final class WeightsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int MAX_MESSAGE = 1900;

    /// Creates the exception; control characters of foreign text are escaped and long messages cut.
    ///
    /// @param file   the file's name
    /// @param tensor the tensor's name, or "" if the fault concerns the whole file
    /// @param detail what was expected, what was found and what to do
    public WeightsException(String file, String tensor, String detail) { this(file, tensor, detail, null); }

    /// Creates the exception with a cause.
    ///
    /// @param file   the file's name
    /// @param tensor the tensor's name, or ""
    /// @param detail what was expected, what was found and what to do
    /// @param cause  the fault behind it
    public WeightsException(String file, String tensor, String detail, Throwable cause) {
        super(ForeignText.escape((tensor.isEmpty() ? "" : tensor + " in ") + file + ": " + detail, MAX_MESSAGE), cause);
    }
}
