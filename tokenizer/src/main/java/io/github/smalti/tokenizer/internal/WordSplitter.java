package io.github.smalti.tokenizer.internal;

/// Cuts a text into the words that BPE works on, by hand: a regular expression would recurse on long words.
public enum WordSplitter {
    /// GPT-2: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`. The words make up the text.
    GPT2 {
        @Override
        int start(String text, int from, int to) { return from; }

        @Override
        int end(String text, int from, int to) {
            int contraction = contractionEnd(text, from, to, false);
            if (contraction > from) return contraction;
            CharacterClass first = CharacterClass.of(text.codePointAt(from));
            if (first != CharacterClass.SPACE) return CharacterClass.runEnd(text, from, to, first);
            if (text.charAt(from) == ' ' && from + 1 < to) {
                CharacterClass second = CharacterClass.of(text.codePointAt(from + 1));
                if (second != CharacterClass.SPACE) return CharacterClass.runEnd(text, from + 1, to, second);
            }
            int end = CharacterClass.runEnd(text, from, to, CharacterClass.SPACE);
            boolean leavesOneForTheNextWord = end < to && end - from > 1;
            return leavesOneForTheNextWord ? end - 1 : end;
        }
    },

    /// CLIP, on lower-case text: the two marks, the contractions, `\p{L}+`, `\p{N}`, `[^\s\p{L}\p{N}]+`; white space
    /// falls away.
    CLIP {
        @Override
        int start(String text, int from, int to) {
            return CharacterClass.runEnd(text, from, to, CharacterClass.SPACE);
        }

        @Override
        int end(String text, int from, int to) {
            for (String mark : CLIP_MARKS) {
                if (text.startsWith(mark, from)) return from + mark.length();
            }
            int contraction = contractionEnd(text, from, to, true);
            if (contraction > from) return contraction;
            int codePoint = text.codePointAt(from);
            CharacterClass kind = CharacterClass.of(codePoint);
            if (kind == CharacterClass.NUMBER) return from + Character.charCount(codePoint);
            return CharacterClass.runEnd(text, from, to, kind);
        }
    },

    /// BERT: white space falls away, punctuation and Chinese characters are words by themselves. A word may hold
    /// characters that are dropped later, or nothing else.
    BERT {
        @Override
        int start(String text, int from, int to) {
            int at = from;
            while (at < to && BertText.isSpace(text.charAt(at))) at++;
            return at;
        }

        @Override
        int end(String text, int from, int to) {
            int codePoint = text.codePointAt(from);
            int at = from + Character.charCount(codePoint);
            if (BertText.standsAlone(codePoint)) return at;
            while (at < to) {
                codePoint = text.codePointAt(at);
                if (BertText.isSpace(codePoint) || BertText.standsAlone(codePoint)) break;
                at += Character.charCount(codePoint);
            }
            return at;
        }
    },

    /// YouTokenToMe: the white space of ASCII and U+2581 fall away; other spaces are characters.
    YOU_TOKEN_TO_ME {
        @Override
        int start(String text, int from, int to) {
            int at = from;
            while (at < to && isSpace(text.charAt(at))) at++;
            return at;
        }

        @Override
        int end(String text, int from, int to) {
            int at = from;
            while (at < to && !isSpace(text.charAt(at))) at++;
            return at;
        }

        private static boolean isSpace(char c) {
            return c == ' ' || c >= '\t' && c <= '\r' || c == YouTokenToMeModel.WORD_START;
        }
    };

    /// CLIP's start and end mark, as they may be written in a text.
    public static final String CLIP_START = "<|startoftext|>";
    /// CLIP's end mark.
    public static final String CLIP_END = "<|endoftext|>";

    private static final String[] CLIP_MARKS = {CLIP_START, CLIP_END};
    private static final String[] CONTRACTIONS = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};

    /// Where the next word at or after `from` starts, or `to`.
    abstract int start(String text, int from, int to);

    /// Where the word that starts at `from` ends; `from < to`.
    abstract int end(String text, int from, int to);

    private static int contractionEnd(String text, int from, int to, boolean ignoreCase) {
        if (text.charAt(from) != '\'') return from;
        for (String contraction : CONTRACTIONS) {
            int end = from + contraction.length();
            if (end <= to && text.startsWith(contraction, from)) return end;
        }
        boolean longS = ignoreCase && from + 1 < to && text.charAt(from + 1) == '\u017f';
        return longS ? from + 2 : from;
    }
}
