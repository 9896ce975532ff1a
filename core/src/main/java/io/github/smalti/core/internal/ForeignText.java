package io.github.smalti.core.internal;

/// Names from files, prompts and servers' answers, made fit for a message: one line, short, and nothing that steers a
/// terminal or turns the direction of writing.
public final class ForeignText {
    private ForeignText() {}

    /// The text with hidden characters as Java and JSON write them, such as `\u0007`.
    ///
    /// @param text    any text
    /// @param longest how many characters to keep
    /// @return one line of at most `longest` characters, the rest of the last escape and an ellipsis
    public static String escape(String text, int longest) { return escape(text, longest, "\\u%04x"); }

    /// The text with control and format characters, line ends and lone surrogates replaced.
    ///
    /// @param text     any text
    /// @param longest  how many characters to keep
    /// @param notation how [String#format] writes a hidden UTF-16 unit
    /// @return one line of at most `longest` characters, the rest of the last escape and an ellipsis
    public static String escape(String text, int longest, String notation) {
        var out = new StringBuilder(Math.min(text.length(), longest) + 16);
        int at = 0;
        while (at < text.length() && out.length() < longest) {
            int next = text.offsetByCodePoints(at, 1);
            if (isHidden(text.codePointAt(at))) {
                for (int unit = at; unit < next; unit++) out.append(String.format(notation, (int) text.charAt(unit)));
            } else {
                out.append(text, at, next);
            }
            at = next;
        }
        return at < text.length() ? out.append('…').toString() : out.toString();
    }

    private static boolean isHidden(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                true;
            default -> false;
        };
    }
}
