package io.github.smalti.tokenizer.internal;

/// The ids of single words. Implementations are thread-safe.
public sealed interface WordEncoder permits ByteWordEncoder, CharacterWordEncoder {
    /// The ids of `text[start, end)`; the array may be shared and must not be changed.
    int[] encode(String text, int start, int end);

    /// Where the first character starts that the first `kept` of a word's ids do not wholly hold.
    int firstNotHeld(String text, int start, int end, int[] ids, int kept);
}
