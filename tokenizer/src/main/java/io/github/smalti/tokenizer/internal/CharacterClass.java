package io.github.smalti.tokenizer.internal;

/// The four classes of the split patterns: `\s`, `\p{L}`, `\p{N}` and the rest.
enum CharacterClass {
    SPACE, LETTER, NUMBER, OTHER;

    /// The class of a code point; a lone surrogate is OTHER, as the U+FFFD that it counts for.
    static CharacterClass of(int codePoint) {
        if (isSpace(codePoint)) return SPACE;
        return switch (Character.getType(codePoint)) {
            case Character.UPPERCASE_LETTER, Character.LOWERCASE_LETTER, Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER, Character.OTHER_LETTER ->
                LETTER;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            default -> OTHER;
        };
    }

    /// Unicode's White_Space, all 25 of it.
    static boolean isSpace(int codePoint) {
        if (codePoint < 0x80) return codePoint == ' ' || codePoint >= '\t' && codePoint <= '\r';
        return codePoint == 0x85 || codePoint == 0xa0 || codePoint == 0x1680
                || codePoint >= 0x2000 && codePoint <= 0x200a || codePoint == 0x2028 || codePoint == 0x2029
                || codePoint == 0x202f || codePoint == 0x205f || codePoint == 0x3000;
    }

    /// The end of the run of one class that starts at `from`.
    static int runEnd(String text, int from, int to, CharacterClass kind) {
        int at = from;
        while (at < to) {
            int codePoint = text.codePointAt(at);
            if (of(codePoint) != kind) break;
            at += Character.charCount(codePoint);
        }
        return at;
    }
}
