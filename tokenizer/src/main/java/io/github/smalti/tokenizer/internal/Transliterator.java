package io.github.smalti.tokenizer.internal;

import java.text.Normalizer;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Writes any text in ASCII, as Unidecode does where its effects are known: `Größe` becomes `grosse`, `猫` becomes
/// `mao `, `서울` becomes `seoul`. What has no reading disappears.
///
/// In this order: the hand-made tables, Hangul by its arithmetic, kana by their character names, ideographs by their
/// Mandarin reading, then Unicode's decomposition without marks. Letters come out small where a table is used.
final class Transliterator {
    private static final String NOTHING = "";

    private static final String[] INITIALS = "g gg n d dd r m b bb s ss · j jj c k t p h".split(" ");
    private static final String[] VOWELS = "a ae ya yae eo e yeo ye o wa wae oe yo u weo we wi yu eu yi i".split(" ");
    private static final String[] FINALS = "g gg gs n nj nh d l lg lm lb ls lt lp lh m b bs s ss ng j c k t p h"
            .split(" ");
    private static final int SYLLABLES = 0xac00;
    private static final int SYLLABLE_COUNT = 11172;

    private static final Map<Integer, String> TABLE = table("transliteration.txt");
    private static final Map<Integer, String> INDIC = table("indic.txt");
    private static final Map<Integer, String> MANDARIN = mandarin();

    private Transliterator() {}

    /// The text in ASCII.
    static String ascii(String text) {
        var out = new StringBuilder(text.length());
        for (int at = 0; at < text.length();) {
            int codePoint = text.codePointAt(at);
            at += Character.charCount(codePoint);
            if (codePoint < 0x80) {
                out.append((char) codePoint);
            } else {
                out.append(of(codePoint));
            }
        }
        return out.toString();
    }

    /// ASCII for one code point beyond ASCII.
    private static String of(int codePoint) {
        String known = TABLE.get(codePoint);
        if (known != null) return known;
        if (codePoint >= 0x900 && codePoint < 0xd80) return INDIC.getOrDefault(codePoint & 0x7f, NOTHING);
        if (codePoint >= 0x1100 && codePoint < 0x1200) return jamo(codePoint);
        if (codePoint >= 0x3041 && codePoint <= 0x30ff) return kana(codePoint);
        if (codePoint >= 0x4e00 && codePoint <= 0x9fff) return MANDARIN.getOrDefault(codePoint, NOTHING);
        if (codePoint >= SYLLABLES && codePoint < SYLLABLES + SYLLABLE_COUNT) return syllable(codePoint - SYLLABLES);
        if (codePoint >= 0xfb1d && codePoint <= 0xfdff) return NOTHING;
        if (codePoint >= 0x1d6a8 && codePoint <= 0x1d7cb) return boldGreek(codePoint);
        return decomposed(codePoint);
    }

    private static String decomposed(int codePoint) {
        String parts = Normalizer.normalize(Character.toString(codePoint), Normalizer.Form.NFKD);
        if (parts.codePointAt(0) == codePoint) return NOTHING;
        return ascii(parts);
    }

    private static String syllable(int index) {
        int last = index % 28;
        int vowel = index / 28 % 21;
        return initial(index / (28 * 21)) + VOWELS[vowel] + (last == 0 ? NOTHING : FINALS[last - 1]);
    }

    private static String initial(int index) { return INITIALS[index].equals("·") ? NOTHING : INITIALS[index]; }

    private static String jamo(int codePoint) {
        if (codePoint < 0x1100 + INITIALS.length) return initial(codePoint - 0x1100);
        if (codePoint >= 0x1161 && codePoint < 0x1161 + VOWELS.length) return VOWELS[codePoint - 0x1161];
        if (codePoint >= 0x11a8 && codePoint < 0x11a8 + FINALS.length) return FINALS[codePoint - 0x11a8];
        return NOTHING;
    }

    /// `KATAKANA LETTER SMALL TU` is read `tsu`; names are in the Kunrei romanisation but for three syllables.
    private static String kana(int codePoint) {
        String name = Character.getName(codePoint);
        int letter = name == null ? -1 : name.indexOf(" LETTER ");
        if (letter < 0 || codePoint == 0x3095 || codePoint == 0x3096) return NOTHING;
        String syllable = name.substring(letter + 8).replace("SMALL ", "").toLowerCase(Locale.ROOT);
        return switch (syllable) {
            case "si" -> "shi";
            case "ti" -> "chi";
            case "tu" -> "tsu";
            default -> syllable;
        };
    }

    /// Mathematical Greek: upstream names the bold letters and drops the others.
    private static String boldGreek(int codePoint) {
        if (codePoint > 0x1d6e1) return NOTHING;
        String name = Character.getName(codePoint);
        boolean isLetter = name.startsWith("MATHEMATICAL BOLD CAPITAL ") || name.startsWith("MATHEMATICAL BOLD SMALL ");
        return isLetter ? name.substring(name.lastIndexOf(' ') + 1).toLowerCase(Locale.ROOT) : NOTHING;
    }

    private static Map<Integer, String> table(String name) {
        Map<Integer, String> table = new HashMap<>();
        for (String line : Tables.lines(name)) {
            String[] entries = line.split(" ");
            int first = Integer.parseInt(entries[0], 16);
            for (int i = 1; i < entries.length; i++) {
                table.put(first + i - 1, entries[i].equals("·") ? NOTHING : entries[i].replace('␣', ' '));
            }
        }
        return Map.copyOf(table);
    }

    private static Map<Integer, String> mandarin() {
        List<String> lines = Tables.lines("mandarin.txt");
        Map<Integer, String> readings = HashMap.newHashMap(21_000);
        for (String line : lines) {
            int space = line.indexOf(' ');
            String reading = line.substring(0, space) + " ";
            line.substring(space + 1).codePoints().forEach(codePoint -> readings.put(codePoint, reading));
        }
        return readings;
    }
}
