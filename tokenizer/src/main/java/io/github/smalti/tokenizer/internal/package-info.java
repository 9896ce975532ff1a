/// Parts of the tokenizers and of the normaliser: vocabularies, merges, word splitters, text repair, transliteration.
/// Not exported.
package io.github.smalti.tokenizer.internal;
