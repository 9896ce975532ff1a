package io.github.smalti.tokenizer.internal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Tokens that are found in a text before it is split into words, such as `<mask>`.
public final class SpecialTokens {
    /// Most special tokens that a file may list; published ones have five.
    static final int MOST = 1000;
    /// Longest special token.
    static final int LONGEST = 256;

    /// One special token.
    ///
    /// @param text   how it is written
    /// @param id     its id
    /// @param lstrip whether it takes the white space before it
    /// @param rstrip whether it takes the white space after it
    public record Special(String text, int id, boolean lstrip, boolean rstrip) {}

    /// Where a special token lies, white space that it takes included.
    record Match(Special token, int start, int end) {}

    /// By first character; the longest first, so that it wins.
    private final Map<Character, List<Special>> byFirst = new HashMap<>();

    /// Keeps the tokens.
    ///
    /// @param tokens tokens with texts that are not empty
    public SpecialTokens(List<Special> tokens) {
        var sorted = new ArrayList<>(tokens);
        sorted.sort(Comparator.comparingInt((Special token) -> token.text.length()).reversed());
        for (Special token : sorted) {
            byFirst.computeIfAbsent(token.text.charAt(0), _ -> new ArrayList<>()).add(token);
        }
    }

    /// The first special token at or after `from`, or null.
    Match next(String text, int from) {
        if (byFirst.isEmpty()) return null;
        for (int at = from; at < text.length(); at++) {
            List<Special> candidates = byFirst.get(text.charAt(at));
            if (candidates == null) continue;
            for (Special token : candidates) {
                if (text.startsWith(token.text, at)) return match(token, text, from, at);
            }
        }
        return null;
    }

    private static Match match(Special token, String text, int from, int at) {
        int start = at;
        int end = at + token.text.length();
        while (token.lstrip && start > from && CharacterClass.isSpace(text.charAt(start - 1))) start--;
        while (token.rstrip && end < text.length() && CharacterClass.isSpace(text.charAt(end))) end++;
        return new Match(token, start, end);
    }
}
