/// Parts of the tokenizers and of the normaliser: vocabularies, merges, word splitters, text repair and transliteration.
/// Not exported.
package io.github.smalti.tokenizer.internal;
