package io.github.smalti.tokenizer.internal;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// Writes emoji as their English short names between colons: `👍🏽` becomes `:thumbs_up_medium_skin_tone:`.
///
/// Names are those of Unicode's emoji-test.txt without colons, commas and quotation marks (as the Python package emoji
/// writes them); an emoji that is not in the table has its character name.
final class EmojiNames {
    private static final int VARIATION = 0xfe0f;
    private static final int JOINER = 0x200d;
    private static final int KEYCAP = 0x20e3;
    private static final int BLACK_FLAG = 0x1f3f4;
    private static final int LAST_TAG = 0xe007f;
    private static final int LONGEST_SEQUENCE = 10;
    private static final int MAX_TAGS = 8;
    private static final int FIRST_TONE = 0x1f3fb;
    private static final String[] TONES = {"light skin tone", "medium-light skin tone", "medium skin tone",
            "medium-dark skin tone", "dark skin tone"};

    private static final Map<String, String> NAMES = new HashMap<>();

    static {
        for (String line : Tables.lines("emoji-names.txt")) {
            int equals = line.indexOf('=');
            NAMES.put(Tables.characters(line.substring(0, equals)), line.substring(equals + 1));
        }
    }

    private EmojiNames() {}

    /// Replaces every emoji of a text.
    static String replace(String text) {
        var out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            int codePoint = text.codePointAt(at);
            int end = codePoint >= 0xa0 || isKeycapBase(codePoint) ? replaceOne(text, at, codePoint, out) : at;
            if (end == at) {
                out.appendCodePoint(codePoint);
                end = at + Character.charCount(codePoint);
            }
            at = end;
        }
        return out.toString();
    }

    /// Appends the name of the emoji that starts here and returns its end, or `at` if none does.
    private static int replaceOne(String text, int at, int codePoint, StringBuilder out) {
        if (isKeycapBase(codePoint)) return keycap(text, at, codePoint, out);
        if (isRegional(codePoint)) return flag(text, at, out);
        if (!Character.isEmoji(codePoint)) return at;
        if (codePoint == BLACK_FLAG) {
            int end = tagged(text, at, out);
            if (end > at) return end;
        }
        return joined(text, at, out);
    }

    private static int keycap(String text, int at, int codePoint, StringBuilder out) {
        int next = at + 1 < text.length() && text.charAt(at + 1) == VARIATION ? at + 2 : at + 1;
        if (next >= text.length() || text.charAt(next) != KEYCAP) return at;
        append(NAMES.get(Character.toString(codePoint) + (char) KEYCAP), out);
        return next + 1;
    }

    private static int flag(String text, int at, StringBuilder out) {
        if (at + 4 > text.length()) return at;
        String name = NAMES.get(text.substring(at, at + 4));
        if (name == null) return at;
        append(name.replace("flag: ", ""), out);
        return at + 4;
    }

    /// Flags of England, Scotland and Wales: a black flag with tag characters.
    private static int tagged(String text, int at, StringBuilder out) {
        int end = at + 2;
        for (int i = 0; i < MAX_TAGS && end < text.length(); i++) {
            int codePoint = text.codePointAt(end);
            end += Character.charCount(codePoint);
            if (codePoint == LAST_TAG) {
                String name = NAMES.get(text.substring(at, end));
                if (name == null) return at;
                append(name.replace("flag: ", ""), out);
                return end;
            }
        }
        return at;
    }

    /// Emoji joined by U+200D, each with its skin tone: the longest row that has a name.
    private static int joined(String text, int at, StringBuilder out) {
        var key = new StringBuilder();
        var tones = new StringBuilder();
        int best = at;
        String bestName = null;
        int next = at;
        for (int i = 0; i < LONGEST_SEQUENCE && next < text.length(); i++) {
            int base = text.codePointAt(next);
            if (!Character.isEmoji(base)) break;
            next += Character.charCount(base);
            key.appendCodePoint(base);
            if (next < text.length() && text.charAt(next) == VARIATION) next++;
            int tone = next < text.length() ? text.codePointAt(next) - FIRST_TONE : -1;
            if (tone >= 0 && tone < TONES.length && Character.isEmojiModifierBase(base)) {
                tones.append((char) ('0' + tone));
                next += 2;
            }
            String name = i == 0 ? single(base) : NAMES.get(key.toString());
            if (name != null) {
                best = next;
                bestName = withTones(name, tones);
            }
            if (next >= text.length() || text.charAt(next) != JOINER) break;
            key.append(text.charAt(next++));
        }
        append(bestName, out);
        return best;
    }

    private static String single(int codePoint) {
        String name = NAMES.get(Character.toString(codePoint));
        return name != null ? name : Character.getName(codePoint).toLowerCase(Locale.ROOT);
    }

    /// `man: beard` with a tone is `man: medium skin tone, beard`, but kisses and couples have it at the end.
    private static String withTones(String name, CharSequence tones) {
        if (tones.isEmpty()) return name;
        boolean same = tones.chars().allMatch(tone -> tone == tones.charAt(0));
        var words = new StringBuilder();
        for (int i = 0; i < (same ? 1 : tones.length()); i++) {
            words.append(i == 0 ? "" : ", ").append(TONES[tones.charAt(i) - '0']);
        }
        int colon = name.indexOf(": ");
        boolean atEnd = colon < 0 || name.startsWith("kiss") || name.startsWith("couple");
        return atEnd ? name + ": " + words : name.substring(0, colon) + ": " + words + ", " + name.substring(colon + 2);
    }

    private static void append(String name, StringBuilder out) {
        out.append(':');
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (":,“”".indexOf(c) < 0) out.append(c == ' ' ? '_' : c);
        }
        out.append(':');
    }

    private static boolean isKeycapBase(int codePoint) {
        return codePoint >= '0' && codePoint <= '9' || codePoint == '#' || codePoint == '*';
    }

    private static boolean isRegional(int codePoint) { return codePoint >= 0x1f1e6 && codePoint <= 0x1f1ff; }
}
