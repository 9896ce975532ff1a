package io.github.smalti.tokenizer.internal;

/// Windows-1252, with the five bytes that it leaves out standing for the control characters of Latin-1.
final class Windows1252 {
    private static final String FROM_80_TO_9F = "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160"
            + "\u2039\u0152\u008d\u017d\u008f\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a"
            + "\u0153\u009d\u017e\u0178";

    private Windows1252() {}

    /// The character of a byte, 0 to 255.
    static char character(int b) { return b >= 0x80 && b <= 0x9f ? FROM_80_TO_9F.charAt(b - 0x80) : (char) b; }

    /// The byte of a character in Windows-1252 or, for a C1 control, in Latin-1; -1 if neither has it.
    static int byteOf(char c) {
        if (c < 0x100) return c;
        int place = FROM_80_TO_9F.indexOf(c);
        return place < 0 ? -1 : 0x80 + place;
    }
}
