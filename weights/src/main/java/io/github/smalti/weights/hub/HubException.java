package io.github.smalti.weights.hub;

import io.github.smalti.core.internal.ForeignText;

/// A model that cannot be named, fetched, verified or found. The message is one sentence: what, where, expected, found,
/// what to do; it never holds a token, a key or a signed address.
public final class HubException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST = 1900;

    /// Creates the exception; control characters of foreign text are escaped and long messages cut.
    ///
    /// @param message the sentence
    public HubException(String message) { this(message, null); }

    /// Creates the exception with a cause.
    ///
    /// @param message the sentence
    /// @param cause   the fault behind it, or null
    public HubException(String message, Throwable cause) { super(ForeignText.escape(message, LONGEST), cause); }
}
