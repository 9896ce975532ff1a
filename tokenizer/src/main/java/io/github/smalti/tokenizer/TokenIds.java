package io.github.smalti.tokenizer;

/// The ids of one text at a fixed length.
///
/// @param ids    the ids, padded to the fixed length; owned by the receiver
/// @param length number of real tokens, marks included: position i holds padding when `i >= length`
/// @param cut    the end of the text that did not fit, `""` if all fitted; of the text as the tokenizer saw it (CLIP
///               cleans and lower-cases first), from the first character that is not wholly inside the kept tokens
public record TokenIds(int[] ids, int length, String cut) {
    /// Checks that the length lies within the ids.
    public TokenIds {
        if (length < 0 || length > ids.length) {
            throw new IllegalArgumentException("length " + length + " of " + ids.length + " ids");
        }
    }
}
