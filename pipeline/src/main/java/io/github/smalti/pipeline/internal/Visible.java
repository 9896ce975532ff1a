package io.github.smalti.pipeline.internal;

import io.github.smalti.core.internal.ForeignText;

/// Foreign text made fit for a message: escaped and short.
public final class Visible {
    private static final String NOTATION = "\\u{%x}";

    private Visible() {}

    /// The text with control characters, lone surrogates and directional marks escaped, at most 300 characters.
    ///
    /// @param text any text
    /// @return one line of at most 300 characters and an ellipsis
    public static String text(String text) { return ForeignText.escape(text, 300, NOTATION); }

    /// A whole message, escaped, below 2,000 characters.
    ///
    /// @param message the message
    /// @return one line
    public static String message(String message) { return ForeignText.escape(message, 1900, NOTATION); }
}
