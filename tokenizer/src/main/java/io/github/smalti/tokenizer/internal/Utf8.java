package io.github.smalti.tokenizer.internal;

/// UTF-8 of single code points, with U+FFFD for a lone surrogate (the JDK's encoder writes a question mark).
final class Utf8 {
    private Utf8() {}

    /// Writes a code point.
    ///
    /// @param codePoint any code point, surrogates included
    /// @param out       at least 4 bytes
    /// @return how many bytes were written
    static int encode(int codePoint, byte[] out) {
        if (codePoint < 0x80) {
            out[0] = (byte) codePoint;
            return 1;
        }
        if (codePoint < 0x800) {
            out[0] = (byte) (0xc0 | codePoint >> 6);
            out[1] = (byte) (0x80 | codePoint & 0x3f);
            return 2;
        }
        if (codePoint >= 0x10000) {
            out[0] = (byte) (0xf0 | codePoint >> 18);
            out[1] = (byte) (0x80 | codePoint >> 12 & 0x3f);
            out[2] = (byte) (0x80 | codePoint >> 6 & 0x3f);
            out[3] = (byte) (0x80 | codePoint & 0x3f);
            return 4;
        }
        int scalar = codePoint >= 0xd800 && codePoint <= 0xdfff ? 0xfffd : codePoint;
        out[0] = (byte) (0xe0 | scalar >> 12);
        out[1] = (byte) (0x80 | scalar >> 6 & 0x3f);
        out[2] = (byte) (0x80 | scalar & 0x3f);
        return 3;
    }
}
