package io.github.smalti.tokenizer.internal;

/// A whole text to ids: special tokens first, then words, then BPE. Immutable and thread-safe.
public final class TextEncoder {
    /// Returned by [#encode] when the whole text fitted.
    public static final int ALL = -1;

    private final WordEncoder words;
    private final WordSplitter splitter;
    private final SpecialTokens specials;
    private final boolean addPrefixSpace;

    /// Makes an encoder.
    ///
    /// @param words          the ids of words
    /// @param splitter       the words of a text
    /// @param specials       what is found before splitting
    /// @param addPrefixSpace whether a stretch of words that does not begin with a space gets one
    public TextEncoder(WordEncoder words, WordSplitter splitter, SpecialTokens specials, boolean addPrefixSpace) {
        this.words = words;
        this.splitter = splitter;
        this.specials = specials;
        this.addPrefixSpace = addPrefixSpace;
    }

    /// Appends the ids of a text until the list holds `limit` ids.
    ///
    /// @param text  the text
    /// @param out   where the ids go
    /// @param limit size that the list must not exceed
    /// @return where the part that did not fit starts, or [#ALL]
    public int encode(String text, IntList out, int limit) {
        int at = 0;
        while (at < text.length()) {
            SpecialTokens.Match match = specials.next(text, at);
            int end = match == null ? text.length() : match.start();
            int cut = encodeWords(text, at, end, out, limit);
            if (cut != ALL) return cut;
            if (match == null) break;
            if (out.size() >= limit) return match.start();
            out.add(match.token().id());
            at = match.end();
        }
        return ALL;
    }

    private int encodeWords(String text, int from, int to, IntList out, int limit) {
        if (!addPrefixSpace || from == to || text.charAt(from) == ' ') {
            return splitAndEncode(text, from, to, out, limit);
        }
        int cut = splitAndEncode(" " + text.substring(from, to), 0, to - from + 1, out, limit);
        return cut == ALL ? ALL : from + Math.max(0, cut - 1);
    }

    private int splitAndEncode(String text, int from, int to, IntList out, int limit) {
        int start = splitter.start(text, from, to);
        while (start < to) {
            int end = splitter.end(text, start, to);
            int[] ids = words.encode(text, start, end);
            int room = limit - out.size();
            for (int i = 0; i < Math.min(ids.length, room); i++) out.add(ids[i]);
            if (ids.length > room) return words.firstNotHeld(text, start, end, ids, room);
            start = splitter.start(text, end, to);
        }
        return ALL;
    }
}
