package io.github.smalti.tokenizer.internal;

/// Small letters by Unicode's full mapping, whatever the locale, in linear time.
///
/// `String.toLowerCase(Locale.ROOT)` looks at the whole text again for every capital sigma. As in Python, where CLIP's
/// tokenizer was made, punctuation and modifier letters beside a sigma are passed over by Unicode's rule for final
/// sigmas; the JDK takes them for word boundaries and letters.
final class LowerCase {
    private static final int CAPITAL_SIGMA = 0x3a3;
    private static final int CAPITAL_I_WITH_DOT = 0x130;

    private LowerCase() {}

    /// The text in small letters.
    static String of(String text) {
        var out = new StringBuilder(text.length());
        boolean afterLetter = false;
        /// The next place at or after the present one that is no case-ignorable character, once looked for.
        int next = 0;
        for (int at = 0; at < text.length();) {
            int codePoint = text.codePointAt(at);
            at += Character.charCount(codePoint);
            if (codePoint == CAPITAL_SIGMA) {
                if (next < at) next = skipIgnorable(text, at);
                boolean beforeLetter = next < text.length() && isCased(text.codePointAt(next));
                out.append(afterLetter && !beforeLetter ? '\u03c2' : '\u03c3');
            } else if (codePoint == CAPITAL_I_WITH_DOT) {
                out.append("i\u0307");
            } else {
                out.appendCodePoint(Character.toLowerCase(codePoint));
            }
            if (!isIgnorable(codePoint)) afterLetter = isCased(codePoint);
        }
        return out.toString();
    }

    private static int skipIgnorable(String text, int from) {
        int at = from;
        while (at < text.length() && isIgnorable(text.codePointAt(at))) at += Character.charCount(text.codePointAt(at));
        return at;
    }

    private static boolean isCased(int codePoint) {
        return Character.isUpperCase(codePoint) || Character.isLowerCase(codePoint)
                || Character.isTitleCase(codePoint);
    }

    /// Unicode's Case_Ignorable.
    private static boolean isIgnorable(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT, Character.MODIFIER_LETTER,
                    Character.MODIFIER_SYMBOL ->
                true;
            default -> "'.:\u00b7\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a"
                    .indexOf(codePoint) >= 0;
        };
    }
}
