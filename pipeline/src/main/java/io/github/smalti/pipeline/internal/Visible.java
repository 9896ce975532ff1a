package io.github.smalti.pipeline.internal;

/// Foreign text made fit for a message: escaped and short.
public final class Visible {
    private static final int LONGEST = 300;

    private Visible() {}

    /// The text with control characters, lone surrogates and directional marks escaped, at most 300 characters.
    ///
    /// @param text any text
    /// @return one line of at most 300 characters and an ellipsis
    public static String text(String text) { return escape(text, LONGEST); }

    /// A whole message, escaped, below 2,000 characters.
    ///
    /// @param message the message
    /// @return one line
    public static String message(String message) { return escape(message, 1900); }

    private static String escape(String text, int longest) {
        var out = new StringBuilder(Math.min(text.length(), longest) + 16);
        int at = 0;
        while (at < text.length() && out.length() < longest) {
            int c = text.codePointAt(at);
            at += Character.charCount(c);
            int type = Character.getType(c);
            boolean odd = type == Character.CONTROL || type == Character.FORMAT || type == Character.SURROGATE
                    || type == Character.LINE_SEPARATOR || type == Character.PARAGRAPH_SEPARATOR;
            if (odd) {
                out.append("\\u{").append(Integer.toHexString(c)).append('}');
            } else {
                out.appendCodePoint(c);
            }
        }
        if (at < text.length()) out.append('…');
        return out.toString();
    }
}
