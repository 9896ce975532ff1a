package io.github.smalti.tokenizer;

import java.nio.file.Path;

/// A tokenizer file that is missing, malformed or beyond a limit.
///
/// The message names the file and the cause on one line of less than 2,000 characters, control characters escaped.
public final class TokenizerException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST_PART = 900;

    private final String file;
    private final String detail;

    /// Creates the exception.
    ///
    /// @param file   the file that was read
    /// @param detail what is wrong, where, and what was expected
    public TokenizerException(Path file, String detail) {
        String name = visible(file.toString());
        String cause = visible(detail);
        super(name + ": " + cause);
        this.file = name;
        this.detail = cause;
    }

    /// The file that was read, control characters escaped.
    public String file() { return file; }

    /// What is wrong with it.
    public String detail() { return detail; }

    private static String visible(String text) {
        var out = new StringBuilder();
        for (int i = 0; i < text.length() && out.length() < LONGEST_PART; i++) {
            char c = text.charAt(i);
            boolean lone = Character.isSurrogate(c) && !isPaired(text, i);
            boolean hidden = Character.isISOControl(c) || Character.getType(c) == Character.FORMAT;
            if (hidden || lone || c == '\u2028' || c == '\u2029') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        if (out.length() >= LONGEST_PART) out.append('…');
        return out.toString();
    }

    private static boolean isPaired(String text, int i) {
        if (Character.isHighSurrogate(text.charAt(i))) {
            return i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1));
        }
        return i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }
}
