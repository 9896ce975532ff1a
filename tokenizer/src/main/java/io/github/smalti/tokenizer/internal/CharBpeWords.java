package io.github.smalti.tokenizer.internal;

/// The words of Hugging Face's character BPE: small letters, the last one with `</w>`; each character that the
/// vocabulary lacks is one `[UNK]`.
///
/// Letters become small one by one, so every capital sigma becomes the same small one, as in the Rust library.
public final class CharBpeWords extends CharacterWordEncoder {
    /// The mark of a word's end.
    public static final String WORD_END = "</w>";

    private static final int CAPITAL_I_WITH_DOT = 0x130;
    private static final int DOT_ABOVE = 0x307;

    private final CharacterIds inside = new CharacterIds();
    private final CharacterIds last = new CharacterIds();
    private final int unkId;

    /// Looks the characters up in a vocabulary.
    ///
    /// @param vocabulary the tokens
    /// @param merges     the merges
    /// @param unkId      the id of characters that the vocabulary lacks
    public CharBpeWords(Vocabulary vocabulary, MergeTable merges, int unkId) {
        super(merges, symbolCounts(vocabulary, unkId));
        this.unkId = unkId;
        for (int id = 0; id < vocabulary.size(); id++) {
            String token = vocabulary.token(id);
            if (isCharacter(token, token.length())) inside.add(token.codePointAt(0), id);
            int end = token.length() - WORD_END.length();
            if (token.endsWith(WORD_END) && isCharacter(token, end)) last.add(token.codePointAt(0), id);
        }
    }

    private static boolean isCharacter(String token, int end) {
        return end > 0 && end == Character.charCount(token.codePointAt(0));
    }

    private static int[] symbolCounts(Vocabulary vocabulary, int unkId) {
        int[] counts = new int[vocabulary.size()];
        for (int id = 0; id < counts.length; id++) {
            String token = vocabulary.token(id);
            int end = token.length() - (token.endsWith(WORD_END) ? WORD_END.length() : 0);
            counts[id] = token.codePointCount(0, end);
        }
        counts[unkId] = 1;
        return counts;
    }

    @Override
    void split(String text, int start, int end, Symbols out) {
        int lastLetter = 0;
        for (int at = start; at < end;) {
            int codePoint = text.codePointAt(at);
            if (!BertText.isDropped(codePoint)) {
                lastLetter = codePoint == CAPITAL_I_WITH_DOT ? DOT_ABOVE : Character.toLowerCase(codePoint);
                if (codePoint == CAPITAL_I_WITH_DOT) out.add(known(inside.of('i')), at);
                out.add(known(inside.of(lastLetter)), at);
            }
            at += Character.charCount(codePoint);
        }
        if (out.count() > 0) out.replaceLast(known(last.of(lastLetter)));
    }

    private int known(int id) { return id == CharacterIds.LACKING ? unkId : id; }
}
