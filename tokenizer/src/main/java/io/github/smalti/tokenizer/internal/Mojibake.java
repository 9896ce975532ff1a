package io.github.smalti.tokenizer.internal;

/// Repairs UTF-8 that was read as Windows-1252 or Latin-1 (`schÃ¶n`, `donâ€™t`), also twice.
///
/// The idea is ftfy's (Speer, 2019): such text consists of characters whose bytes are well-formed UTF-8, which real
/// text hardly ever is. Sequences that real text does hold, such as a capital letter before a closing quotation mark,
/// are left alone unless several stand in a row.
final class Mojibake {
    private static final int MAX_ROUNDS = 4;
    /// Windows-1252 characters of the continuation bytes that often follow a letter in good text.
    private static final String ORDINARY = "\u2018\u2019\u201c\u201d\u2026\u2013\u2014\u2122\u2022\u203a\u00a0\u00a9"
            + "\u00ad\u00ae\u00b0\u00b7\u00bb";

    private Mojibake() {}

    /// The repaired text; the same object if there is nothing to repair.
    static String repair(String text) {
        String repaired = text;
        for (int round = 0; round < MAX_ROUNDS; round++) {
            String next = repairOnce(repaired);
            if (next.equals(repaired)) return repaired;
            repaired = next;
        }
        return repaired;
    }

    private static String repairOnce(String text) {
        StringBuilder out = null;
        int copied = 0;
        int at = 0;
        while (at < text.length()) {
            if (text.charAt(at) < 0xc2) {
                at++;
                continue;
            }
            int length = sequenceLength(text, at);
            boolean afterRepaired = at == copied && out != null;
            boolean lostSpace = length == 0 && isGraveThatLostItsSpace(text, at);
            if (!lostSpace && (length == 0 || !afterRepaired && !isConvincing(text, at, length))) {
                at++;
                continue;
            }
            if (out == null) out = new StringBuilder(text.length());
            out.append(text, copied, at);
            if (lostSpace) {
                out.append('\u00e0');
                copied = ++at;
            } else {
                out.appendCodePoint(decode(text, at, length));
                copied = at += length;
            }
        }
        return out == null ? text : out.append(text, copied, text.length()).toString();
    }

    /// Length of the well-formed UTF-8 sequence that starts here, in characters, or 0.
    private static int sequenceLength(String text, int at) {
        int lead = Windows1252.byteOf(text.charAt(at));
        int length = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if (length == 0 || at + length > text.length()) return 0;
        for (int i = at + 1; i < at + length; i++) {
            int b = Windows1252.byteOf(text.charAt(i));
            if (b < 0x80 || b > 0xbf) return 0;
        }
        int codePoint = decode(text, at, length);
        boolean overlong = length == 3 && codePoint < 0x800 || length == 4 && codePoint < 0x10000;
        boolean isScalar = codePoint <= 0x10ffff && (codePoint < 0xd800 || codePoint > 0xdfff);
        return overlong || !isScalar ? 0 : length;
    }

    private static int decode(String text, int at, int length) {
        int codePoint = Windows1252.byteOf(text.charAt(at)) & 0xff >> length + 1;
        for (int i = at + 1; i < at + length; i++) {
            codePoint = codePoint << 6 | Windows1252.byteOf(text.charAt(i)) & 0x3f;
        }
        return codePoint;
    }

    private static boolean isConvincing(String text, int at, int length) {
        char lead = text.charAt(at);
        char second = text.charAt(at + 1);
        if (length == 4) return true;
        if (length == 3) return !((lead == '\u00e0' || lead == '\u00e1') && second == '\u00a0');
        if (lead == '\u00c2' || lead == '\u00c3') return true;
        boolean canBeMeant = lead == '\u00d7' || ORDINARY.indexOf(second) >= 0 || Character.isLetterOrDigit(second);
        return !canBeMeant || at + 2 < text.length() && sequenceLength(text, at + 2) > 0;
    }

    /// `Ã la` was `à la` before its no-break space became a space.
    private static boolean isGraveThatLostItsSpace(String text, int at) {
        if (text.charAt(at) != '\u00c3' || at + 1 >= text.length() || text.charAt(at + 1) != ' ') return false;
        return at == 0 || text.charAt(at - 1) == ' ' || Character.isLowerCase(text.charAt(at - 1));
    }
}
