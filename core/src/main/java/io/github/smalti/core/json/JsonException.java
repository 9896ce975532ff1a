package io.github.smalti.core.json;

/// A document that is not strict JSON, breaks a limit, or does not hold the type that was asked for.
public final class JsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// Creates the exception.
    ///
    /// @param message what was expected and what was found, with the byte offset where one is known
    public JsonException(String message) { super(message); }
}
