package io.github.smalti.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;

/// Reads the tokenizer of a drawing model, whichever family's it is.
///
/// | files, the first that are there | tokenizer | family |
/// |---|---|---|
/// | `bpe.model` | [YouTokenToMeTokenizer] | ruDALL-E |
/// | `bpe-16k-vocab.json`, `bpe-16k-merges.txt`, also in the subfolder `tokenizer` | [CharBpeTokenizer] | minDALL-E |
/// | `vocab.json` and `merges.txt`, or `tokenizer.json` | [BartTokenizer] | DALL·E mini and mega |
///
/// CLIP's files may have the same names as BART's; read those by [ClipTokenizer#read].
public final class Tokenizers {
    private static final String YOU_TOKEN_TO_ME_FILE = "bpe.model";

    private Tokenizers() {}

    /// Reads the tokenizer of a folder.
    ///
    /// @param folder the model's folder
    /// @return the tokenizer
    /// @throws TokenizerException if no family's files are there, or if they are malformed
    public static Tokenizer read(Path folder) {
        Path bpeModel = folder.resolve(YOU_TOKEN_TO_ME_FILE);
        if (Files.exists(bpeModel)) return YouTokenToMeTokenizer.read(bpeModel);
        if (CharBpeTokenizer.isIn(folder)) return CharBpeTokenizer.read(folder);
        boolean isBart = Files.exists(folder.resolve("vocab.json")) || Files.exists(folder.resolve("tokenizer.json"));
        if (isBart) return BartTokenizer.read(folder);
        throw new TokenizerException(folder, "no tokenizer, expected bpe.model (ruDALL-E), bpe-16k-vocab.json and"
                + " bpe-16k-merges.txt here or in tokenizer/ (minDALL-E), or vocab.json and merges.txt or tokenizer.json"
                + " (DALL·E mini)");
    }
}
