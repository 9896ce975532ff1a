package io.github.smalti.tokenizer.internal;

/// Character classes of the prompt rules: those of Python's `re` for ASCII text.
final class Ascii {
    private Ascii() {}

    /// `\d`
    static boolean isDigit(char c) { return c >= '0' && c <= '9'; }

    /// `\w`
    static boolean isWord(char c) { return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'; }

    /// `\s`; Python counts the four separators U+001C to U+001F.
    static boolean isSpace(char c) { return c == ' ' || c >= '\t' && c <= '\r' || c >= 0x1c && c <= 0x1f; }

    /// Small letters of ASCII.
    static String lower(String text) {
        var out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(c >= 'A' && c <= 'Z' ? (char) (c + 32) : c);
        }
        return out.toString();
    }

    /// The text without white space at its ends.
    static String strip(String text) {
        int start = 0;
        int end = text.length();
        while (start < end && isSpace(text.charAt(start))) start++;
        while (end > start && isSpace(text.charAt(end - 1))) end--;
        return text.substring(start, end);
    }
}
