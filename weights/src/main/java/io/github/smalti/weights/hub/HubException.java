package io.github.smalti.weights.hub;

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
    public HubException(String message, Throwable cause) { super(visible(message), cause); }

    private static String visible(String text) {
        var out = new StringBuilder(Math.min(text.length(), LONGEST) + 8);
        for (int i = 0; i < text.length() && out.length() < LONGEST; i++) {
            char c = text.charAt(i);
            int type = Character.getType(c);
            boolean odd = type == Character.CONTROL || type == Character.FORMAT || type == Character.LINE_SEPARATOR
                    || type == Character.PARAGRAPH_SEPARATOR
                    || type == Character.SURROGATE && !isPair(text, i);
            if (odd) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.length() >= LONGEST ? out.append('…').toString() : out.toString();
    }

    private static boolean isPair(String text, int i) {
        char c = text.charAt(i);
        return Character.isHighSurrogate(c)
                ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }
}
