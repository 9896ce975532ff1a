package io.github.smalti.tokenizer.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Texts that end in the middle of something, and the borders of each class of characters.
class HostileTextTest {
    /// Expected texts from `html.unescape` of Python 3.11.
    static Stream<Arguments> references() {
        String longName = "&" + "a".repeat(40) + ";";
        return Stream.of(Arguments.of("&#;", "&#;"), Arguments.of("&#x;", "&#x;"), Arguments.of("&#X41;", "A"),
                Arguments.of("&#65", "A"), Arguments.of("&#65;x", "Ax"), Arguments.of("&#x41", "A"),
                Arguments.of("&#0;", "\ufffd"), Arguments.of("&#xd800;", "\ufffd"), Arguments.of("&#xdfff;", "\ufffd"),
                Arguments.of("&#x110000;", "\ufffd"), Arguments.of("&#99999999999;", "\ufffd"),
                Arguments.of("&#x80;", "\u20ac"), Arguments.of("&#x9f;", "\u0178"), Arguments.of("&#1;", ""),
                Arguments.of("&#9;", "\t"), Arguments.of("&#10;", "\n"), Arguments.of("&#12;", "\f"),
                Arguments.of("&#13;", "\r"), Arguments.of("&#13", "\r"), Arguments.of("&#31;", ""),
                Arguments.of("&#127;", ""), Arguments.of("&#xfdd0;", ""), Arguments.of("&#xfdef;", ""),
                Arguments.of("&#xfdcf;", "\ufdcf"), Arguments.of("&#xfdf0;", "\ufdf0"), Arguments.of("&#xffff;", ""),
                Arguments.of("&#x1fffe;", ""), Arguments.of("&#xfffd;", "\ufffd"), Arguments.of("&#", "&#"),
                Arguments.of("&", "&"), Arguments.of("&amp", "&"), Arguments.of("&ampx", "&x"),
                Arguments.of("&notit;", "\u00acit;"), Arguments.of("&notin;", "\u2209"),
                Arguments.of("&nope;", "&nope;"),
                Arguments.of("&lt&gt", "<>"), Arguments.of(longName, longName), Arguments.of("&a b", "&a b"),
                Arguments.of("&#x1F600;", "\ud83d\ude00"), Arguments.of("&#\u00e9;", "&#\u00e9;"),
                Arguments.of("&#xg;", "&#xg;"), Arguments.of("&eacute", "\u00e9"), Arguments.of("&AMP;", "&"));
    }

    @ParameterizedTest
    @MethodSource("references")
    void resolvesReferencesLikePython(String text, String expected) {
        assertEquals(expected, HtmlEntities.unescape(text));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            value = {"&amp;| &", "&amp| &amp", "&EACUTE;| \u00c9", "&#65;| A", "&#65| &#65", "&#x;| &#x;",
                    "&#6g;| &#6g;", "&;| &;", "&nope;| &nope;", "&#59;| &#59;", "x &| x &", "&#| &#",
                    "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;| &aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;", "&a-b;| &a-b;",
                    "&[x;| &[x;", "&{;| &{;"})
    void resolvesOnlyReferencesThatAreWhole(String text, String expected) {
        assertEquals(expected, HtmlEntities.unescapeUnambiguous(text));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x3400, 0x4dbf, 0x4e00, 0x9fff, 0xf900, 0xfaff, 0x20000, 0x2a6df, 0x2a700, 0x2b81f, 0x2b920,
            0x2ceaf, 0x2f800, 0x2fa1f, '!', '~', '@', '_', 0x2014, 0x300c, 0xab, 0xbb, 0x203f, 0xbf})
    void standsAlone(int codePoint) { assertTrue(BertText.standsAlone(codePoint)); }

    @ParameterizedTest
    @ValueSource(ints = {0x33ff, 0x4dc0, 0xa000, 0xf8ff, 0xfb00, 0x1ffff, 0x2a6e0, 0x2a6ff, 0x2b820, 0x2b91f, 0x2ceb0,
            0x2f7ff, 0x2fa20, 'a', '0', ' ', 0x7f, 0x1f, 0x20ac, 0xe9})
    void isPartOfAWord(int codePoint) { assertFalse(BertText.standsAlone(codePoint)); }

    @Test
    void knowsPythonsClassesOfAscii() {
        String word = "09AZaz_";
        String other = "/:@[`{^\0\u007f";
        for (char c : word.toCharArray()) assertTrue(Ascii.isWord(c), "" + c);
        for (char c : other.toCharArray()) assertFalse(Ascii.isWord(c) || Ascii.isSpace(c), "" + (int) c);
        for (char c : " \t\n\u000b\f\r\u001c\u001f".toCharArray()) assertTrue(Ascii.isSpace(c), "" + (int) c);
        for (char c : "\b\u000e\u001b!\u0085\u00a0".toCharArray()) assertFalse(Ascii.isSpace(c), "" + (int) c);
        assertEquals("az[@`{\u00c9", Ascii.lower("AZ[@`{\u00c9"));
        assertEquals("a b", Ascii.strip("\t a b \n"));
        assertEquals("", Ascii.strip("  "));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = false,
            value = {"[12] a [3]| a ", "[12]|''", "[12|[12",
                    "[|[", "[]|[]", "a []|a []", "a [1x]|a [1x]", "12]|12]", "]|]", "[a] b|[a] b",
                    "[1] [2]| "})
    void removesReferencesThatAreWhole(String text, String expected) {
        assertEquals(expected, PromptMarkup.removeReferences(text));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = false,
            value = {"a<b>c|a c", "<>|<>", "<>>| ", "<a<b>|<a ", "<a|<a",
                    "a>b|a>b"})
    void removesTagsThatAreWhole(String text, String expected) {
        assertEquals(expected, PromptMarkup.removeTags(text));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = false,
            value = {"http|http", "a http b|a http b", "http:x|''",
                    "a https://x b http|a  b http"})
    void removesLinks(String text, String expected) { assertEquals(expected, PromptMarkup.removeLinks(text)); }

    @ParameterizedTest
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = false,
            value = {"\u001b[31mred\u001b[0m|red", "\u001b[3|[3",
                    "\u001b[3;4Zx|x", "\u001b[3!x|[3!x", "\u001b[3ax|x", "\u001b[3{x|[3{x", "\u001b[3^x|[3^x",
                    "\u001b[|["})
    void removesTerminalEscapesThatAreWhole(String text, String expected) {
        assertEquals(expected, TextRepair.repair(text));
    }

    @Test
    void endsLinesOneWay() {
        assertEquals("a\nb\nc\nd", TextRepair.repair("a\rb\r\nc\u2028d"));
        assertEquals("a\n", TextRepair.repair("a\r"));
        assertEquals("a\t\fb", TextRepair.repair("a\t\f\u0008\u007f\u206a\u206f\ufeff\ufff9\ufffcb"));
        assertEquals("\u2069\u2070\ufff8\ufffd", TextRepair.repair("\u2069\u2070\ufff8\ufffd"));
        assertEquals("IJ \u017fts", TextRepair.repair("\u0132 \ufb05s"));
        assertEquals("\u017d\ufb07", TextRepair.repair("\u017d\ufb07"));
        assertEquals("&lt;b", TextRepair.repair("<\n&lt;b").substring(2));
    }

    /// Escaped nine times, undone eight times.
    @Test
    void undoesAsManyLayersAsThereAreRounds() {
        String text = "&" + "amp;".repeat(9) + "\u2019";
        String repaired = TextRepair.repair(text);
        assertTrue(repaired.endsWith("'") && repaired.length() < text.length(), repaired);
    }

    /// Bytes of UTF-8 that are not well formed, read as Windows-1252: nothing is decoded.
    @ParameterizedTest
    @ValueSource(strings = {"\u00e0\u0080\u00a0", "\u00ed\u00a0\u0080", "\u00f0\u0080\u0080\u0080",
            "\u00f4\u0090\u0080\u0080", "\u00c3", "\u00f0\u0178", "\u00e2\u0080", "\u00c1\u00a0",
            "\u00f5\u0080\u0080\u0080",
            "\u00c3\u00c3"})
    void leavesWhatIsNoUtf8(String text) { assertEquals(text, Mojibake.repair(text)); }

    @ParameterizedTest
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = false,
            value = {"\u00c3 la carte|\u00e0 la carte", "x \u00c3 y|x \u00e0 y",
                    "x\u00c3 y|x\u00e0 y", "X\u00c3 y|X\u00c3 y", "\u00c3|\u00c3",
                    "\u00e0\u00a0\u00a0|\u00e0\u00a0\u00a0",
                    "\u00ed\u009f\u00bf|\ud7ff", "\u00ee\u0080\u0080|\ue000", "\u00e1\u00a0\u00a0|\u00e1\u00a0\u00a0",
                    "\u00e1\u00a1\u00a1|\u1861", "\u00d0\u00a0|\u00d0\u00a0"})
    void repairsWhatConvinces(String text, String expected) { assertEquals(expected, Mojibake.repair(text)); }

    @Test
    void repairsUpToFourLayers() {
        String layers = "\u00e9";
        for (int i = 0; i < 6; i++) {
            var next = new StringBuilder();
            for (byte b : layers.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
                next.append(Windows1252.character(b & 0xff));
            }
            layers = next.toString();
        }
        String repaired = Mojibake.repair(layers);
        assertTrue(repaired.length() < layers.length() && repaired.length() > 1, repaired);
        assertEquals("\u00e9", Mojibake.repair(repaired));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ud83c\udff4", "\ud83c\udff4\udb40\udc67", "\ud83c\udff4\udb40\udc67\udb40\udc7f",
            "1\ufe0f", "1", "\ud83c\udde9",
            "\ud83c\udde9\ud83c\uddf0\ud83c\udde9", "\ud83d\udc68\u200d", "\ud83d\udc68\u200da",
            "\ud83d\udc4b\ud83c\udfff",
            "\ud83c\udfff",
            "\ud83d\udc69\ud83c\udffb\u200d\u2764\ufe0f\u200d\ud83d\udc8b\u200d\ud83d\udc68\ud83c\udfff"})
    void namesEmojiThatAreCutOff(String text) {
        String named = EmojiNames.replace(text);
        assertTrue(named.length() > 0 && named.replaceAll(":[^:]*:", "").length() <= text.length(), named);
    }
}
