package io.github.smalti.tokenizer.internal;

/// YouTokenToMe's words: the mark of a word's start, then characters; a run of unknown ones is one `<UNK>`.
///
/// Source: YouTokenToMe, bpe.cpp @ f4162d8, `encode_sentence`.
public final class YouTokenToMeWords extends CharacterWordEncoder {
    private final CharacterIds characters;
    private final int wordStartId;
    private final int unkId;

    /// Takes the tables of a model.
    public YouTokenToMeWords(YouTokenToMeModel model) {
        super(model.merges(), model.symbolCounts());
        characters = model.characters();
        wordStartId = characters.of(YouTokenToMeModel.WORD_START);
        unkId = model.specials().unk();
    }

    @Override
    void split(String text, int start, int end, Symbols out) {
        out.add(wordStartId, start);
        boolean afterUnknown = false;
        for (int at = start; at < end;) {
            int codePoint = text.codePointAt(at);
            int id = characters.of(codePoint);
            boolean isUnknown = id == CharacterIds.LACKING;
            if (!isUnknown || !afterUnknown) out.add(isUnknown ? unkId : id, at);
            afterUnknown = isUnknown;
            at += Character.charCount(codePoint);
        }
    }
}
