/// From a prompt to token ids.
///
/// [io.github.smalti.tokenizer.BartTokenizer] serves DALL·E mini and mega, [io.github.smalti.tokenizer.ClipTokenizer]
/// serves CLIP, [io.github.smalti.tokenizer.YouTokenToMeTokenizer] ruDALL-E and
/// [io.github.smalti.tokenizer.CharBpeTokenizer] minDALL-E; [io.github.smalti.tokenizer.Tokenizers] tells them by their
/// files. [io.github.smalti.tokenizer.TextNormalizer] rewrites a prompt as DALL·E mini's training did.
///
/// Example: `BartTokenizer.read(folder).encode(new TextNormalizer().normalize("An Avocado!"), 64).ids()`.
///
/// Byte-level BPE is that of GPT-2 (Radford et al., 2019, "Language Models are Unsupervised Multitask Learners").
/// Everything here takes time in proportion to the text (BPE of one long word: n log n), is immutable and thread-safe,
/// and does not depend on the locale.
package io.github.smalti.tokenizer;
