package io.github.smalti.tokenizer.internal;

/// BERT's classes of characters, as Hugging Face's `BertNormalizer` and `BertPreTokenizer` have them.
final class BertText {
    private BertText() {}

    /// Whether cleaning takes the character out: U+FFFD (and lone surrogates, which count as one), control, format and
    /// private characters, but not tab and the ends of lines.
    static boolean isDropped(int codePoint) {
        if (codePoint == '\t' || codePoint == '\n' || codePoint == '\r') return false;
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE -> true;
            default -> codePoint == 0xfffd;
        };
    }

    /// White space that parts words; what is dropped, like U+000B and U+0085, parts none.
    static boolean isSpace(int codePoint) { return CharacterClass.isSpace(codePoint) && !isDropped(codePoint); }

    /// Whether the character is a word by itself: punctuation and Chinese characters.
    static boolean standsAlone(int codePoint) { return isPunctuation(codePoint) || isChinese(codePoint); }

    /// All ASCII characters that are neither letters, digits nor controls, and Unicode's punctuation.
    private static boolean isPunctuation(int codePoint) {
        if (codePoint < 0x80) { return codePoint > ' ' && codePoint < 0x7f && !Character.isLetterOrDigit(codePoint); }
        return switch (Character.getType(codePoint)) {
            case Character.CONNECTOR_PUNCTUATION, Character.DASH_PUNCTUATION, Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION, Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION ->
                true;
            default -> false;
        };
    }

    /// The blocks of the Rust library; its fifth extension block starts at U+2B920, not at U+2B820.
    private static boolean isChinese(int codePoint) {
        return codePoint >= 0x3400 && codePoint <= 0x4dbf || codePoint >= 0x4e00 && codePoint <= 0x9fff
                || codePoint >= 0xf900 && codePoint <= 0xfaff || codePoint >= 0x20000 && codePoint <= 0x2a6df
                || codePoint >= 0x2a700 && codePoint <= 0x2b81f || codePoint >= 0x2b920 && codePoint <= 0x2ceaf
                || codePoint >= 0x2f800 && codePoint <= 0x2fa1f;
    }
}
