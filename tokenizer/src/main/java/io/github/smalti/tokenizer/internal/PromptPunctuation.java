package io.github.smalti.tokenizer.internal;

/// The later rules of the normaliser: punctuation, numbers and spaces. Small ASCII letters in, the same out.
///
/// Dots, apostrophes and slashes that shall stay are spelled as words (`xtokxdotxtokx`) while the others are replaced,
/// as upstream does it; the words must be upstream's, because rules in between see them as letters.
/// Each method stands for one regular expression of dalle-mini's text.py @ f0be4de, done by hand in one pass.
final class PromptPunctuation {
    private static final String DOT = "xtokxdotxtokx";
    private static final String QUOTE = "xtokxquotextokx";
    private static final String SLASH = "xtokxslashxtokx";
    private static final String[] CONTRACTIONS = {"s", "t", "d", "m", "ll", "re", "ve"};
    /// A character may stand three times in a row, for Roman numerals such as VIII.
    private static final int MOST_REPEATS = 3;

    private PromptPunctuation() {}

    /// `(\d),(\d{3})` loses its comma; called twice by the normaliser, for numbers with several.
    static String removeCommasOfNumbers(String text) {
        var out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            out.append(text.charAt(at));
            boolean thousands = Ascii.isDigit(text.charAt(at)) && at + 4 < text.length() && text.charAt(at + 1) == ','
                    && Ascii.isDigit(text.charAt(at + 2)) && Ascii.isDigit(text.charAt(at + 3))
                    && Ascii.isDigit(text.charAt(at + 4));
            if (thousands) {
                out.append(text, at + 2, at + 5);
                at += 5;
            } else {
                at++;
            }
        }
        return out.toString();
    }

    /// Spells the dots between word characters, the apostrophes of contractions and the slashes between digits.
    static String spellKept(String text) {
        String dots = replaceBetween(text, '.', DOT, false);
        String quotes = spellContractions(dots);
        return replaceBetween(quotes, '/', SLASH, true);
    }

    /// Undoes [#spellKept].
    static String restoreKept(String text) { return text.replace(DOT, ".").replace(QUOTE, "'").replace(SLASH, "/"); }

    /// Hyphens between word characters become spaces, and `% & / $ *` stand alone.
    static String separateSymbols(String text) {
        String parted = replaceBetween(text, '-', " ", false);
        var out = new StringBuilder(parted.length());
        for (int i = 0; i < parted.length(); i++) {
            char c = parted.charAt(i);
            if ("%&/$*".indexOf(c) >= 0) {
                out.append(' ').append(c).append(' ');
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    /// Replaces a character that stands between two word characters (or digits). As in the regular expression, the
    /// character on the right is used up: in `a.b.c` only the first dot is replaced.
    private static String replaceBetween(String text, char between, String replacement, boolean digits) {
        if (text.indexOf(between) < 0) return text;
        var out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            out.append(text.charAt(at));
            boolean matches = at + 2 < text.length() && text.charAt(at + 1) == between
                    && isSide(text.charAt(at), digits) && isSide(text.charAt(at + 2), digits);
            if (matches) {
                out.append(replacement).append(text.charAt(at + 2));
                at += 3;
            } else {
                at++;
            }
        }
        return out.toString();
    }

    private static boolean isSide(char c, boolean digits) { return digits ? Ascii.isDigit(c) : Ascii.isWord(c); }

    private static String spellContractions(String text) {
        if (text.indexOf('\'') < 0) return text;
        var out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            boolean kept = text.charAt(i) == '\'' && startsContraction(text, i + 1);
            if (kept) {
                out.append(QUOTE);
            } else {
                out.append(text.charAt(i));
            }
        }
        return out.toString();
    }

    private static boolean startsContraction(String text, int at) {
        for (String ending : CONTRACTIONS) {
            int end = at + ending.length();
            boolean wordEnds = end >= text.length() || !Ascii.isWord(text.charAt(end));
            if (wordEnds && text.startsWith(ending, at)) return true;
        }
        return false;
    }

    /// `_ # \` become spaces, quotation marks stand alone, other punctuation becomes commas.
    static String simplify(String text) {
        var out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '_', '#', '\\' -> out.append(' ');
                case '\'', '"', '`' -> out.append(" \" ");
                case '(', ')', '[', ']', '.', ',', '|', ':', ';', '?', '!', '=', '+', '~', '-', '/', '{', '}' ->
                    out.append(',');
                default -> out.append(c);
            }
        }
        return out.toString();
    }

    /// A character other than a digit that stands four times or more in a row is left once.
    static String removeRepeats(String text) {
        var out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            int end = at + 1;
            while (end < text.length() && text.charAt(end) == c) end++;
            boolean once = end - at > MOST_REPEATS && !Ascii.isDigit(c);
            out.append(text, at, once ? at + 1 : end);
            at = end;
        }
        return out.toString();
    }

    /// Every run of spaces and `mark` that holds a `mark` becomes `merged`.
    static String mergeRuns(String text, char mark, String merged) {
        if (text.indexOf(mark) < 0) return text;
        var out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            int end = at;
            boolean marked = false;
            while (end < text.length() && (text.charAt(end) == mark || Ascii.isSpace(text.charAt(end)))) {
                marked |= text.charAt(end) == mark;
                end++;
            }
            if (marked) {
                out.append(merged);
            } else {
                end = Math.max(end, at + 1);
                out.append(text, at, end);
            }
            at = end;
        }
        return out.toString();
    }

    /// One space for every run of white space.
    static String mergeSpaces(String text) {
        var out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            boolean space = Ascii.isSpace(text.charAt(i));
            if (!space) out.append(text.charAt(i));
            if (space && (i == 0 || !Ascii.isSpace(text.charAt(i - 1)))) out.append(' ');
        }
        return out.toString();
    }

    /// Removes one comma from each end, and the spaces around.
    static String trimCommas(String text) {
        String trimmed = Ascii.strip(text);
        if (trimmed.endsWith(",")) trimmed = trimmed.substring(0, trimmed.length() - 1);
        if (trimmed.startsWith(",")) trimmed = trimmed.substring(1);
        return Ascii.strip(trimmed);
    }
}
