package io.github.smalti.transformer;

/// A tokenized text, padded to the model's length.
///
/// @param ids    token ids; not copied
/// @param length how many of them are attended to, from the first on
public record TextIds(int[] ids, int length) {
    /// Checks the length.
    public TextIds {
        if (length < 1 || length > ids.length) {
            throw new IllegalArgumentException("length of a text: expected 1 to " + ids.length + ", found " + length);
        }
    }
}
