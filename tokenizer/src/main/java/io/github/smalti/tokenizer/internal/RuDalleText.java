package io.github.smalti.tokenizer.internal;

/// The cleaning of ruDALL-E's prompts: small letters, then no white space at the ends (`text.lower().strip()`).
public final class RuDalleText {
    private RuDalleText() {}

    /// The text as ruDALL-E's tokenizer sees it, whatever the locale.
    public static String clean(String text) {
        String lower = LowerCase.of(text);
        int start = 0;
        int end = lower.length();
        while (start < end && isSpace(lower.charAt(start))) start++;
        while (end > start && isSpace(lower.charAt(end - 1))) end--;
        return lower.substring(start, end);
    }

    /// White space in Python: Unicode's and the four separators U+001C to U+001F.
    private static boolean isSpace(char c) { return CharacterClass.isSpace(c) || c >= 0x1c && c <= 0x1f; }
}
