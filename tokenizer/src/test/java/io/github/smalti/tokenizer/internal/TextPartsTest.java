package io.github.smalti.tokenizer.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Parts that have a twin in the JDK are compared with it.
class TextPartsTest {
    private static final long SEED = Long.getLong("tests.seed", 20261123);

    private static String random(Random random, int[] alphabet, int length) {
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) text.appendCodePoint(alphabet[random.nextInt(alphabet.length)]);
        return text.toString();
    }

    @Test
    void lowersLikeTheJdk() {
        int[] alphabet = "\u03a3\u03a3\u03c3Aa \u0301\u0130\u01c5\u1e9e".codePoints().toArray();
        var random = new Random(SEED);
        for (int i = 0; i < 20_000; i++) {
            String text = random(random, alphabet, random.nextInt(9));
            assertEquals(text.toLowerCase(Locale.ROOT), LowerCase.of(text), () -> text + " of seed " + SEED);
        }
        for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            String one = Character.toString(codePoint);
            assertEquals(one.toLowerCase(Locale.ROOT), LowerCase.of(one));
        }
    }

    /// Expected texts from Python 3.11's `str.lower`.
    @Test
    void findsFinalSigmasLikePython() {
        String[][] cases = {{"aA\u03a3'.a", "aa\u03c3'.a"}, {"\ud835\udc00\u03a3", "\ud835\udc00\u03c2"},
                {"\u02b0\u03a31", "\u02b0\u03c31"},
                {"a\u03a3.", "a\u03c2."}, {"a\u03a3.b", "a\u03c3.b"}, {"'\u03a3", "'\u03c3"},
                {"a'\u03a3", "a'\u03c2"}, {"a\u03a3\u02b0", "a\u03c2\u02b0"},
                {"\u03a3\u03a3\u03a3", "\u03c3\u03c3\u03c2"}, {"a\u00ad\u03a3\u00ad", "a\u00ad\u03c2\u00ad"}};
        for (String[] both : cases) assertEquals(both[1], LowerCase.of(both[0]));
    }

    @Test
    void normalisesLikeTheJdk() {
        int[] alphabet = "aeo\u00e9\u0301\u0323\u0308\u1100\u1161\u11a8\u0b47\u0b3e\ud834\udd57\ud834\udd65"
                .codePoints()
                .toArray();
        var random = new Random(SEED);
        for (int i = 0; i < 5_000; i++) {
            String text = random(random, alphabet, random.nextInt(300));
            for (Normalizer.Form form : Normalizer.Form.values()) {
                assertEquals(Normalizer.normalize(text, form), TextRepair.normalize(text, form));
            }
        }
    }

    @Test
    void writesUtf8LikeTheJdk() {
        byte[] out = new byte[4];
        for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            int length = Utf8.encode(codePoint, out);
            boolean surrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
            byte[] want = (surrogate ? "\ufffd" : Character.toString(codePoint)).getBytes(StandardCharsets.UTF_8);
            assertTrue(Arrays.equals(want, 0, want.length, out, 0, length), () -> "wrong bytes");
        }
    }

    @Test
    void knowsWindows1252() {
        Charset windows = Charset.forName("windows-1252");
        for (int b = 0; b < 256; b++) {
            String want = new String(new byte[]{(byte) b}, windows);
            char got = Windows1252.character(b);
            assertEquals(want.equals("\ufffd") ? (char) b : want.charAt(0), got);
            assertEquals(b, Windows1252.byteOf(got));
        }
    }

    @Test
    void repairsWhatWasReadAsWindows1252() {
        String[] good = {"na\u00efve fa\u00e7ade", "don\u2019t \u201cquote\u201d",
                "\u041c\u043e\u0441\u043a\u0432\u0430",
                "\u732b\u3068\u72ac", "\ud83d\ude00 smile", "\u0391\u03b8\u03ae\u03bd\u03b1", "\u00e0 la carte"};
        for (String text : good) {
            var once = new StringBuilder();
            for (byte b : text.getBytes(StandardCharsets.UTF_8)) once.append(Windows1252.character(b & 0xff));
            assertEquals(text, Mojibake.repair(once.toString()));
            var twice = new StringBuilder();
            for (byte b : once.toString().getBytes(StandardCharsets.UTF_8)) {
                twice.append(Windows1252.character(b & 0xff));
            }
            assertEquals(text, Mojibake.repair(twice.toString()));
        }
    }

    @Test
    void sparesGoodText() {
        String[] good = {"\u00c5ngstr\u00f6m", "Spa\u00df\u2026 gro\u00df\u201d", "voil\u00e0\u00a0\u00bb",
                "CAF\u00c9\u201d",
                "\u00c0 la carte", "\u00bfqu\u00e9?", "10\u00a0\u00b0C", "\u00d8re", "3\u00d7\u00bd", "2\u00d7\u00b2",
                "MA\u00c7\u00c3 E P\u00c3O", "\u00c9\u2014", "\u00c3 la", "\u00ab\u00e0\u00bb"};
        for (String text : good) {
            if (text.equals("\u00c3 la")) {
                assertEquals("\u00e0 la", Mojibake.repair(text));
            } else {
                assertEquals(text, Mojibake.repair(text));
            }
        }
    }

    @Test
    void resolvesEntitiesTwoWays() {
        assertEquals("\u00acit; &amp \u00c9", HtmlEntities.unescape("&notit; &amp;amp &#xc9;"));
        assertEquals("&notit; &amp \u00c9 \u00c9 &nTILDE;",
                HtmlEntities.unescapeUnambiguous("&notit; &amp;amp &Eacute; &EACUTE; &nTILDE;"));
        assertEquals("SS", HtmlEntities.unescapeUnambiguous("&SZLIG;"));
        assertEquals("\ufffd\u20ac\ufffd&#;&#x;&;&", HtmlEntities.unescape("&#0;&#128;&#99999999999;&#;&#x;&;&"));
        assertEquals("", HtmlEntities.unescape("&#1;&#xfffe;"));
    }

    @Test
    void writesAsciiOnlyForEveryCharacter() {
        for (int codePoint = 0x80; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            String ascii = Transliterator.ascii(Character.toString(codePoint));
            assertTrue(ascii.chars().allMatch(c -> c < 0x80), ascii);
            assertTrue(ascii.length() <= 40, ascii);
        }
        assertEquals("seoul", Transliterator.ascii("\uc11c\uc6b8"));
        assertEquals("mao ", Transliterator.ascii("\u732b"));
        assertEquals("tsunami", Transliterator.ascii("\u30c4\u30ca\u30df"));
        assertFalse(Transliterator.ascii("\u0915").isEmpty());
    }

    @Test
    void namesEveryEmoji() {
        for (int codePoint = 0xa0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            boolean regional = codePoint >= 0x1f1e6 && codePoint <= 0x1f1ff;
            String text = Character.toString(codePoint);
            String named = EmojiNames.replace(text);
            if (Character.isEmoji(codePoint) && !regional) {
                assertTrue(named.matches(":[^: ,]+:"), named);
            } else {
                assertEquals(text, named);
            }
        }
        assertEquals(":keycap_1:", EmojiNames.replace("1\ufe0f\u20e3"));
        assertEquals("12#", EmojiNames.replace("12#"));
        assertEquals(":France:\ud83c\udde9", EmojiNames.replace("\ud83c\uddeb\ud83c\uddf7\ud83c\udde9"));
    }
}
