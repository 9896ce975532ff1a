package io.github.smalti.tokenizer;

import io.github.smalti.tokenizer.internal.CharBpeWords;
import io.github.smalti.tokenizer.internal.IntList;
import io.github.smalti.tokenizer.internal.MergeRules;
import io.github.smalti.tokenizer.internal.SpecialTokens;
import io.github.smalti.tokenizer.internal.SpecialTokens.Special;
import io.github.smalti.tokenizer.internal.TextEncoder;
import io.github.smalti.tokenizer.internal.TokenizerFiles;
import io.github.smalti.tokenizer.internal.Vocabulary;
import io.github.smalti.tokenizer.internal.WordSplitter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Hugging Face's character BPE with BERT's words, as minDALL-E uses it (minDALL-E, tokenizer.py @ e548007).
///
/// Control characters are dropped, letters become small (whatever the locale), punctuation and Chinese characters are
/// words by themselves, and the last character of a word carries `</w>`. A character that the vocabulary lacks is one
/// `[UNK]`. There is no start or end mark: ids, then `[PAD]`, which the model reads like any other token. `[UNK]` and
/// `[PAD]` written in a text are special. Immutable and thread-safe; a vocabulary of 16,384 tokens takes about 4 MB.
public final class CharBpeTokenizer implements Tokenizer {
    private static final String VOCABULARY_FILE = "bpe-16k-vocab.json";
    private static final String MERGES_FILE = "bpe-16k-merges.txt";
    private static final String SUBFOLDER = "tokenizer";
    private static final String UNK = "[UNK]";
    private static final String PAD = "[PAD]";

    private final Vocabulary vocabulary;
    private final TextEncoder encoder;
    private final int unkId;
    private final int padId;

    private CharBpeTokenizer(Path folder) {
        Path file = folder.resolve(VOCABULARY_FILE);
        vocabulary = Vocabulary.of(file, TokenizerFiles.json(file), Map.of(),
                Map.of("unk_token", UNK, "pad_token", PAD));
        unkId = vocabulary.find(UNK);
        padId = vocabulary.find(PAD);
        var merges = MergeRules.read(folder.resolve(MERGES_FILE), vocabulary);
        var specials = new SpecialTokens(
                List.of(new Special(UNK, unkId, false, false), new Special(PAD, padId, false, false)));
        encoder = new TextEncoder(new CharBpeWords(vocabulary, merges, unkId), WordSplitter.BERT, specials, false);
    }

    /// Reads a tokenizer.
    ///
    /// @param folder the folder of `bpe-16k-vocab.json` and `bpe-16k-merges.txt`, or the one whose subfolder `tokenizer`
    ///               has them, as in minDALL-E's archive
    /// @return the tokenizer
    /// @throws TokenizerException if a file is missing or malformed
    public static CharBpeTokenizer read(Path folder) {
        Path subfolder = folder.resolve(SUBFOLDER);
        boolean isInSubfolder = !hasVocabulary(folder) && hasVocabulary(subfolder);
        return new CharBpeTokenizer(isInSubfolder ? subfolder : folder);
    }

    /// Whether a folder or its subfolder has the vocabulary.
    static boolean isIn(Path folder) { return hasVocabulary(folder) || hasVocabulary(folder.resolve(SUBFOLDER)); }

    private static boolean hasVocabulary(Path folder) { return Files.exists(folder.resolve(VOCABULARY_FILE)); }

    @Override
    public TokenIds encode(String text, int maxLength) {
        if (maxLength < 2) throw new IllegalArgumentException("maxLength " + maxLength + ", expected at least 2");
        var out = new IntList();
        int cutAt = encoder.encode(text, out, maxLength);
        int[] ids = Arrays.copyOf(out.toArray(), maxLength);
        Arrays.fill(ids, out.size(), maxLength, padId);
        return new TokenIds(ids, out.size(), cutAt == TextEncoder.ALL ? "" : text.substring(cutAt));
    }

    /// All ids of a text, neither cut nor padded.
    ///
    /// @param text any text
    /// @return the ids, none for an empty text
    public int[] encodeAll(String text) {
        var out = new IntList();
        encoder.encode(text, out, Integer.MAX_VALUE);
        return out.toArray();
    }

    /// The text of ids: a space after every word but the last token, special tokens by their names.
    ///
    /// @param ids ids below [#vocabSize]
    /// @throws IndexOutOfBoundsException if an id is outside of the vocabulary
    @Override
    public String decode(int[] ids) {
        var out = new StringBuilder();
        for (int i = 0; i < ids.length; i++) {
            String token = vocabulary.token(ids[i]);
            boolean endsWord = token.endsWith(CharBpeWords.WORD_END);
            out.append(token, 0, token.length() - (endsWord ? CharBpeWords.WORD_END.length() : 0));
            if (endsWord && i < ids.length - 1) out.append(' ');
        }
        return out.toString();
    }

    @Override
    public int vocabSize() { return vocabulary.size(); }

    /// The id that fills up to the fixed length, `[PAD]`.
    public int padId() { return padId; }

    /// The id of a character that the vocabulary lacks, `[UNK]`.
    public int unkId() { return unkId; }
}
