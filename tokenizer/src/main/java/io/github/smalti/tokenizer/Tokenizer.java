package io.github.smalti.tokenizer;

/// Text to ids and back. Implementations are immutable and thread-safe.
public interface Tokenizer {
    /// Encodes a text to a fixed length, start and end mark included where the family has them. A text that is too long
    /// is cut and still ends with the end mark, except in [YouTokenToMeTokenizer], where it loses it as upstream; what
    /// did not fit is in [TokenIds#cut]. Time grows with `maxLength`, not with the text, once the ids are full.
    ///
    /// @param text      any text; a lone surrogate counts as U+FFFD
    /// @param maxLength length of the result, at least 2
    /// @return exactly `maxLength` ids
    /// @throws IllegalArgumentException if `maxLength` is less than 2
    TokenIds encode(String text, int maxLength);

    /// The text of ids, special tokens included as their names; bytes that are no UTF-8 become U+FFFD.
    ///
    /// @param ids ids below [#vocabSize]
    /// @throws IndexOutOfBoundsException if an id is outside of the vocabulary
    String decode(int[] ids);

    /// Number of ids: every id is below it.
    int vocabSize();
}
