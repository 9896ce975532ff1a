package io.github.smalti.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForeignTextTest {
    @Test
    void escapesWhatIsHiddenAndNothingElse() {
        String text = "a\0\n\u007f\u0085\u200b\u202e\u2028\u2029 \\ \u00e9\u732b\ud83d\ude00\ud83d-\ude00\ud83d";
        assertEquals("a\\u0000\\u000a\\u007f\\u0085\\u200b\\u202e\\u2028\\u2029 \\ \u00e9\u732b\ud83d\ude00\\ud83d"
                + "-\\ude00\\ud83d", ForeignText.escape(text, 300));
        assertEquals("tag \\udb40\\udc01.", ForeignText.escape("tag \udb40\udc01.", 300));
        assertEquals("x\\u{a}y?", ForeignText.escape("x\ny?", 300, "\\u{%x}"));
        assertEquals("x?y", ForeignText.escape("x\u001by", 300, "?"));
    }

    /// The last character may be an escape or a pair: neither is cut in two.
    @ParameterizedTest
    @CsvSource({"'', 3, ''", "abc, 3, abc", "abcd, 3, abc…", "abcd, 0, …", "ab😀😀, 3, ab😀…",
            "'ab\u0007c', 3, ab\\u0007…", "'ab\u0007', 3, ab\\u0007"})
    void keepsSoManyCharacters(String text, int longest, String expected) {
        assertEquals(expected, ForeignText.escape(text, longest));
    }
}
