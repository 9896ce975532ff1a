package io.github.smalti.tokenizer.internal;

import io.github.smalti.tokenizer.TokenizerException;
import java.nio.file.Path;

/// Reads whole numbers with white space between from a text file; errors name the line. Not thread-safe.
final class NumberReader {
    private static final int LONGEST = 10;

    private final Path file;
    private final String text;
    private int at;
    private int line = 1;

    /// Reads a file.
    NumberReader(Path file) {
        this.file = file;
        text = TokenizerFiles.text(file);
    }

    /// The next number.
    ///
    /// @param what  what it means, for messages
    /// @param least the smallest that is allowed
    /// @param most  the largest that is allowed
    int next(String what, int least, int most) {
        skipSpaces();
        int start = at;
        while (at < text.length() && !isSpace(text.charAt(at))) at++;
        long value = value(start);
        if (value >= least && value <= most) return (int) value;
        String found = start == at
                ? "the end of the file"
                : "\"" + text.substring(start, Math.min(at, start + 40)) + '"';
        throw fail("expected " + what + ", a number from " + least + " to " + most + ", found " + found);
    }

    /// Fails unless nothing but white space is left.
    void end() {
        skipSpaces();
        if (at < text.length()) throw fail("expected the end of the file");
    }

    /// How many characters the file has.
    int length() { return text.length(); }

    /// An error at the present line.
    TokenizerException fail(String detail) { return new TokenizerException(file, "line " + line + ": " + detail); }

    private void skipSpaces() {
        while (at < text.length() && isSpace(text.charAt(at))) { if (text.charAt(at++) == '\n') line++; }
    }

    /// The number at `text[start, at)`, or [Long#MIN_VALUE] if it is none.
    private long value(int start) {
        boolean isNegative = start < at && text.charAt(start) == '-';
        int first = isNegative ? start + 1 : start;
        if (first == at || at - first > LONGEST) return Long.MIN_VALUE;
        long value = 0;
        for (int i = first; i < at; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') return Long.MIN_VALUE;
            value = 10 * value + c - '0';
        }
        return isNegative ? -value : value;
    }

    private static boolean isSpace(char c) { return c == ' ' || c >= '\t' && c <= '\r'; }
}
