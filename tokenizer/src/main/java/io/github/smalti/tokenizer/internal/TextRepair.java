package io.github.smalti.tokenizer.internal;

import java.text.Normalizer;

/// Repairs a text before it is read, with the effects of ftfy's `fix_text` in its default setting.
///
/// Per line: unambiguous HTML entities (until a line holds `<`), mojibake, C1 controls as Windows-1252, Latin
/// ligatures, half- and full-width forms, curly quotes, line ends, lone surrogates, terminal escapes, control
/// characters, NFC.
/// Source of the order and of the sets: rspeer/python-ftfy @ 74dd045.
final class TextRepair {
    /// A line is repaired again until it no longer changes; every further round undoes one more layer of escaping.
    private static final int MAX_ROUNDS = 8;
    /// So many combining marks in a row are normalised together; more are no letter of any language.
    private static final int LONGEST_MARKS = 256;

    private static final String LIGATURES = "\u0132IJ \u0133ij \u0149\u02bcn \u01f1DZ \u01f2Dz \u01f3dz \u01c4D\u017d"
            + " \u01c5D\u017e \u01c6d\u017e \u01c7LJ \u01c8Lj \u01c9lj \u01caNJ \u01cbNj \u01ccnj \ufb00ff \ufb01fi"
            + " \ufb02fl \ufb03ffi \ufb04ffl \ufb05\u017ft \ufb06st ";

    private TextRepair() {}

    /// The repaired text.
    static String repair(String text) {
        if (isPlain(text)) return text;
        var out = new StringBuilder(text.length());
        boolean entities = true;
        for (int at = 0; at < text.length();) {
            int newline = text.indexOf('\n', at);
            int end = newline < 0 ? text.length() : newline + 1;
            String line = text.substring(at, end);
            entities = entities && line.indexOf('<') < 0;
            out.append(isPlain(line) ? line : repairLine(line, entities));
            at = end;
        }
        return out.toString();
    }

    /// Whether nothing in the text can need repair: printable ASCII, tabs and line feeds without an ampersand.
    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean plain = c >= ' ' && c < 0x7f && c != '&' || c == '\n' || c == '\t';
            if (!plain) return false;
        }
        return true;
    }

    private static String repairLine(String line, boolean entities) {
        String repaired = line;
        for (int round = 0; round < MAX_ROUNDS; round++) {
            String before = repaired;
            if (entities) repaired = HtmlEntities.unescapeUnambiguous(repaired);
            repaired = Mojibake.repair(repaired);
            repaired = replaceCharacters(repaired);
            repaired = removeControls(removeTerminalEscapes(repaired));
            repaired = normalize(repaired, Normalizer.Form.NFC);
            if (repaired.equals(before)) break;
        }
        return repaired;
    }

    /// C1 controls, ligatures, widths, quotes, line ends and surrogates.
    private static String replaceCharacters(String text) {
        var out = new StringBuilder(text.length());
        for (int at = 0; at < text.length();) {
            int codePoint = text.codePointAt(at);
            at += Character.charCount(codePoint);
            switch (codePoint) {
                case '\r' -> {
                    boolean beforeLineFeed = at < text.length() && text.charAt(at) == '\n';
                    if (!beforeLineFeed) out.append('\n');
                }
                case 0x2028, 0x2029 -> out.append('\n');
                case 0x2bc, 0x2018, 0x2019, 0x201a, 0x201b -> out.append('\'');
                case 0x201c, 0x201d, 0x201e, 0x201f -> out.append('"');
                case 0x3000 -> out.append(' ');
                default -> appendReplaced(codePoint, out);
            }
        }
        return out.toString();
    }

    private static void appendReplaced(int codePoint, StringBuilder out) {
        if (codePoint >= 0x80 && codePoint <= 0x9f) {
            appendReplacedOnce(Windows1252.character(codePoint), out);
        } else if (codePoint >= 0xd800 && codePoint <= 0xdfff) {
            out.append('\ufffd');
        } else {
            appendReplacedOnce(codePoint, out);
        }
    }

    private static void appendReplacedOnce(int codePoint, StringBuilder out) {
        if (codePoint >= 0x132 && codePoint <= 0xfb06) {
            int ligature = LIGATURES.indexOf(codePoint);
            boolean isKey = ligature == 0 || ligature > 0 && LIGATURES.charAt(ligature - 1) == ' ';
            if (isKey) {
                String parts = LIGATURES.substring(ligature + 1, LIGATURES.indexOf(' ', ligature));
                out.append(parts.replace('\u02bc', '\''));
                return;
            }
        }
        if (codePoint >= 0xff01 && codePoint <= 0xffef) {
            out.append(Normalizer.normalize(Character.toString(codePoint), Normalizer.Form.NFKC));
        } else {
            out.appendCodePoint(codePoint);
        }
    }

    /// Removes `ESC [ digits and semicolons, letter`.
    private static String removeTerminalEscapes(String text) {
        int escape = text.indexOf("\u001b[");
        if (escape < 0) return text;
        var out = new StringBuilder(text.length());
        int copied = 0;
        while (escape >= 0) {
            int end = escape + 2;
            while (end < text.length() && (Character.isDigit(text.charAt(end)) || text.charAt(end) == ';')) end++;
            boolean complete = end < text.length() && isAsciiLetter(text.charAt(end));
            if (complete) {
                out.append(text, copied, escape);
                copied = end + 1;
            }
            escape = text.indexOf("\u001b[", end);
        }
        return out.append(text, copied, text.length()).toString();
    }

    private static boolean isAsciiLetter(char c) { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'; }

    private static String removeControls(String text) {
        var out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean space = c == '\t' || c == '\n' || c == '\f' || c == '\r';
            boolean removed = c < ' ' && !space || c == 0x7f || c >= 0x206a && c <= 0x206f || c == 0xfeff
                    || c >= 0xfff9 && c <= 0xfffc;
            if (!removed) out.append(c);
        }
        return out.toString();
    }

    /// Normalises in linear time: the JDK sorts the marks of one letter by insertion, so an endless row of marks is
    /// taken in pieces.
    static String normalize(String text, Normalizer.Form form) {
        StringBuilder out = null;
        int copied = 0;
        int marks = 0;
        for (int at = 0; at < text.length();) {
            int codePoint = text.codePointAt(at);
            marks = codePoint >= 0x300 && isMark(codePoint) ? marks + 1 : 0;
            if (marks == LONGEST_MARKS) {
                if (out == null) out = new StringBuilder(text.length());
                out.append(Normalizer.normalize(text.substring(copied, at), form));
                copied = at;
                marks = 0;
            }
            at += Character.charCount(codePoint);
        }
        String rest = Normalizer.normalize(text.substring(copied), form);
        return out == null ? rest : out.append(rest).toString();
    }

    private static boolean isMark(int codePoint) {
        int type = Character.getType(codePoint);
        return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK
                || type == Character.ENCLOSING_MARK;
    }
}
