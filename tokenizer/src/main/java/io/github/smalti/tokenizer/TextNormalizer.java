package io.github.smalti.tokenizer;

import io.github.smalti.tokenizer.internal.HashtagWords;
import io.github.smalti.tokenizer.internal.PromptText;
import java.util.List;

/// Rewrites a prompt as the captions of DALL·E mini's training were rewritten (dalle-mini, text.py @ f0be4de).
///
/// Mojibake, HTML entities, emoji and foreign scripts become plain ASCII words in small letters; tags and links
/// disappear; most punctuation becomes commas. The result begins with one space, which the vocabulary expects.
/// Where upstream uses tables of others (Unidecode, the emoji package, ftfy), this class has tables of its own; how
/// often the results are equal is in docs/tokenizer-coverage.md. Immutable and thread-safe; time grows with the text.
public final class TextNormalizer {
    private final HashtagWords words;

    /// A normaliser that leaves hashtags in one piece: `#nofilter` becomes `nofilter`.
    public TextNormalizer() { this.words = null; }

    /// A normaliser that parts hashtags into words: `#nofilter` becomes `no filter`.
    ///
    /// @param wordsByFrequency small-letter words, the most frequent first; words longer than 64 characters are ignored
    public TextNormalizer(List<String> wordsByFrequency) { this.words = new HashtagWords(wordsByFrequency); }

    /// Normalises a prompt.
    ///
    /// @param prompt any text; lone surrogates count as U+FFFD. `<person>` becomes `a person`, where upstream draws one
    ///               of three wordings
    /// @return printable ASCII that begins with one space; a single space if nothing is left
    public String normalize(String prompt) { return PromptText.normalize(prompt, words); }
}
