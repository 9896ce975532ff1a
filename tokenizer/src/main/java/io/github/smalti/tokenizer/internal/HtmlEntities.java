package io.github.smalti.tokenizer.internal;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// Resolves HTML character references, in two ways: as browsers do, and only where nothing else can be meant.
final class HtmlEntities {
    /// Longest name that is looked for; the longest in the table has 31 characters.
    private static final int LONGEST_NAME = 32;
    private static final int LONGEST_PLAIN = 24;
    private static final int TOO_LARGE = 0x110000;

    /// Names without `&` and `;`.
    private static final Map<String, String> NAMED = new HashMap<>();
    /// The names that need no semicolon.
    private static final Map<String, String> OPEN = new HashMap<>();
    /// Names written in capitals that are no names themselves (`EACUTE`), to the capital of what they mean.
    private static final Map<String, String> CAPITALS = new HashMap<>();

    static {
        for (String line : Tables.lines("html-entities.txt")) {
            int open = line.indexOf('!');
            int end = open > 0 ? open : line.indexOf(' ');
            String name = line.substring(0, end);
            String value = Tables.characters(line.substring(end + 1));
            NAMED.put(name, value);
            if (open > 0) OPEN.put(name, value);
        }
        NAMED.forEach((name, value) -> {
            String capital = name.toUpperCase(Locale.ROOT);
            boolean isSmall = name.equals(name.toLowerCase(Locale.ROOT));
            if (isSmall && !NAMED.containsKey(capital) && openPrefix(capital + ";") == 0) {
                CAPITALS.put(capital, value.toUpperCase(Locale.ROOT));
            }
        });
    }

    private HtmlEntities() {}

    /// Resolves every reference as HTML 5 defines it, those without semicolon included (Python's `html.unescape`).
    static String unescape(String text) {
        int amp = text.indexOf('&');
        if (amp < 0) return text;
        var out = new StringBuilder(text.length());
        int copied = 0;
        while (amp >= 0) {
            out.append(text, copied, amp);
            boolean numeric = amp + 1 < text.length() && text.charAt(amp + 1) == '#';
            copied = numeric ? numericReference(text, amp, out) : namedReference(text, amp, out);
            amp = text.indexOf('&', copied);
        }
        return out.append(text, copied, text.length()).toString();
    }

    /// Resolves references that end with a semicolon, names in capitals included; leaves the rest.
    static String unescapeUnambiguous(String text) {
        int amp = text.indexOf('&');
        if (amp < 0) return text;
        var out = new StringBuilder(text.length());
        int copied = 0;
        while (amp >= 0) {
            out.append(text, copied, amp);
            copied = unambiguousReference(text, amp, out);
            amp = text.indexOf('&', copied);
        }
        return out.append(text, copied, text.length()).toString();
    }

    /// Appends what the reference at `amp` means, or the ampersand; returns where to go on.
    private static int unambiguousReference(String text, int amp, StringBuilder out) {
        boolean numeric = amp + 1 < text.length() && text.charAt(amp + 1) == '#';
        int start = numeric ? amp + 2 : amp + 1;
        int end = start;
        while (end < text.length() && end - start <= LONGEST_PLAIN && isAsciiAlphanumeric(text.charAt(end))) end++;
        boolean closed = end > start && end - start <= LONGEST_PLAIN && end < text.length() && text.charAt(end) == ';';
        if (closed && numeric) {
            var value = new StringBuilder();
            int after = numericReference(text, amp, value);
            if (after == end + 1 && value.indexOf(";") < 0) {
                out.append(value);
                return after;
            }
        } else if (closed) {
            String name = text.substring(start, end);
            String value = NAMED.getOrDefault(name, CAPITALS.get(name));
            if (value != null) {
                out.append(value);
                return end + 1;
            }
        }
        out.append('&');
        return amp + 1;
    }

    private static int namedReference(String text, int amp, StringBuilder out) {
        int end = amp + 1;
        while (end < text.length() && end - amp <= LONGEST_NAME && "\t\n\f <&#;".indexOf(text.charAt(end)) < 0) end++;
        String name = text.substring(amp + 1, end);
        boolean closed = end < text.length() && text.charAt(end) == ';';
        String value = closed ? NAMED.get(name) : OPEN.get(name);
        if (value != null) {
            out.append(value);
            return closed ? end + 1 : end;
        }
        int prefix = openPrefix(name);
        out.append(prefix == 0 ? "&" : OPEN.get(name.substring(0, prefix)));
        return amp + 1 + prefix;
    }

    /// Length of the longest name without semicolon that `name` begins with, or 0.
    private static int openPrefix(String name) {
        for (int length = name.length(); length > 1; length--) {
            if (OPEN.containsKey(name.substring(0, length))) return length;
        }
        return 0;
    }

    private static int numericReference(String text, int amp, StringBuilder out) {
        int at = amp + 2;
        boolean hexadecimal = at < text.length() && (text.charAt(at) == 'x' || text.charAt(at) == 'X');
        if (hexadecimal) at++;
        int start = at;
        int value = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            int digit = c < 128 ? Character.digit(c, hexadecimal ? 16 : 10) : -1;
            if (digit < 0) break;
            value = Math.min(TOO_LARGE, value * (hexadecimal ? 16 : 10) + digit);
            at++;
        }
        if (at == start) {
            out.append('&');
            return amp + 1;
        }
        appendNumbered(value, out);
        return at < text.length() && text.charAt(at) == ';' ? at + 1 : at;
    }

    /// The character of a number: Windows-1252 for C1 numbers, U+FFFD for none, nothing for control characters.
    private static void appendNumbered(int value, StringBuilder out) {
        if (value == 0 || value >= 0xd800 && value <= 0xdfff || value >= TOO_LARGE) {
            out.append('\ufffd');
        } else if (value >= 0x80 && value <= 0x9f) {
            out.append(Windows1252.character(value));
        } else {
            boolean control = value < 0x20 && value != '\t' && value != '\n' && value != '\f' && value != '\r';
            boolean noCharacter = value >= 0xfdd0 && value <= 0xfdef || (value & 0xfffe) == 0xfffe;
            if (!control && value != 0x7f && !noCharacter) out.appendCodePoint(value);
        }
    }

    private static boolean isAsciiAlphanumeric(char c) {
        return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
    }
}
