package io.github.smalti.tokenizer;

import io.github.smalti.tokenizer.internal.ByteWordEncoder;
import io.github.smalti.tokenizer.internal.ClipText;
import io.github.smalti.tokenizer.internal.IntList;
import io.github.smalti.tokenizer.internal.MergeRules;
import io.github.smalti.tokenizer.internal.MergeTable;
import io.github.smalti.tokenizer.internal.OpenAiMerges;
import io.github.smalti.tokenizer.internal.SpecialNames;
import io.github.smalti.tokenizer.internal.SpecialNames.Name;
import io.github.smalti.tokenizer.internal.SpecialTokens;
import io.github.smalti.tokenizer.internal.TextEncoder;
import io.github.smalti.tokenizer.internal.TokenizerFiles;
import io.github.smalti.tokenizer.internal.Vocabulary;
import io.github.smalti.tokenizer.internal.WordSplitter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// CLIP's lower-case byte-level BPE, whose words end with `</w>` (openai/CLIP, simple_tokenizer.py @ d05afc4).
///
/// A text is repaired (mojibake, ligatures, full-width letters, quotes, control characters), HTML entities are
/// resolved, white space is merged and letters become small before it is split. Immutable and thread-safe; the
/// published vocabulary takes about 10 MB.
public final class ClipTokenizer implements Tokenizer {
    private static final int PUBLISHED_CONTEXT = 77;
    private static final String OPEN_AI_FILE = "bpe_simple_vocab_16e6.txt.gz";

    private final Vocabulary vocabulary;
    private final TextEncoder encoder;
    private final int startId;
    private final int endId;
    private final int padId;
    private final int contextLength;

    private ClipTokenizer(Vocabulary vocabulary, MergeTable merges, Marks marks, int contextLength) {
        this.vocabulary = vocabulary;
        this.startId = marks.start;
        this.endId = marks.end;
        this.padId = marks.pad;
        this.contextLength = contextLength;
        var byteIds = new ByteWordEncoder.ByteIds(vocabulary.byteIds(""), vocabulary.byteIds(OpenAiMerges.WORD_END));
        var words = new ByteWordEncoder(byteIds, merges, vocabulary.byteCounts(OpenAiMerges.WORD_END),
                Map.of(WordSplitter.CLIP_START, startId, WordSplitter.CLIP_END, endId));
        encoder = new TextEncoder(words, WordSplitter.CLIP, new SpecialTokens(List.of()), false);
    }

    private record Marks(int start, int end, int pad) {}

    /// Reads a tokenizer: `vocab.json` and `merges.txt` (Hugging Face) if the former exists, else
    /// `bpe_simple_vocab_16e6.txt.gz` (OpenAI).
    ///
    /// In the Hugging Face layout the padding is the `pad_token` of `special_tokens_map.json` or
    /// `tokenizer_config.json` (the end mark if neither names one) and the context length is the latter's
    /// `model_max_length` (77 if missing).
    ///
    /// @param folder the folder of these files
    /// @return the tokenizer
    /// @throws TokenizerException if a file is missing or malformed
    public static ClipTokenizer read(Path folder) {
        Path vocab = folder.resolve("vocab.json");
        Path openAi = folder.resolve(OPEN_AI_FILE);
        if (!Files.exists(vocab) && Files.exists(openAi)) return readOpenAi(openAi);
        var names = new SpecialNames(folder);
        Vocabulary vocabulary = Vocabulary.of(vocab, TokenizerFiles.json(vocab), Map.of(), Map.of());
        for (int b = 0; b < 256; b++) vocabulary.requireByte(b, OpenAiMerges.WORD_END);
        MergeTable merges = MergeRules.read(folder.resolve("merges.txt"), vocabulary);
        var end = new Name(WordSplitter.CLIP_END, false, false);
        String endText = names.name("eos_token", end).text();
        String startText = names.name("bos_token", new Name(WordSplitter.CLIP_START, false, false)).text();
        String padText = names.name("pad_token", end).text();
        var marks = new Marks(vocabulary.require(startText, "bos_token"), vocabulary.require(endText, "eos_token"),
                vocabulary.require(padText, "pad_token"));
        return new ClipTokenizer(vocabulary, merges, marks, names.length("model_max_length", PUBLISHED_CONTEXT));
    }

    /// Reads OpenAI's file. Its padding is 0 and its context 77 (openai/CLIP, clip.py, `tokenize`).
    ///
    /// @param file `bpe_simple_vocab_16e6.txt.gz`
    /// @return the tokenizer
    /// @throws TokenizerException if the file is missing or malformed
    public static ClipTokenizer readOpenAi(Path file) {
        OpenAiMerges read = OpenAiMerges.read(file);
        var marks = new Marks(read.vocabulary().require(WordSplitter.CLIP_START, "start mark"),
                read.vocabulary().require(WordSplitter.CLIP_END, "end mark"), 0);
        return new ClipTokenizer(read.vocabulary(), read.merges(), marks, PUBLISHED_CONTEXT);
    }

    @Override
    public TokenIds encode(String text, int maxLength) {
        if (maxLength < 2) throw new IllegalArgumentException("maxLength " + maxLength + ", expected at least 2");
        String clean = ClipText.clean(text);
        var out = new IntList();
        out.add(startId);
        int cutAt = encoder.encode(clean, out, maxLength - 1);
        out.add(endId);
        int[] ids = Arrays.copyOf(out.toArray(), maxLength);
        Arrays.fill(ids, out.size(), maxLength, padId);
        return new TokenIds(ids, out.size(), cutAt == TextEncoder.ALL ? "" : clean.substring(cutAt));
    }

    /// Encodes a text that must fit.
    ///
    /// @param text      any text
    /// @param maxLength length of the result, at least 2
    /// @return exactly `maxLength` ids, nothing cut
    /// @throws IllegalArgumentException if the text has more tokens; the message quotes what did not fit
    public TokenIds encodeStrict(String text, int maxLength) {
        TokenIds ids = encode(text, maxLength);
        if (ids.cut().isEmpty()) return ids;
        String cut = ids.cut().length() > 200 ? ids.cut().substring(0, 200) + "…" : ids.cut();
        throw new IllegalArgumentException("the text has more than " + maxLength
                + " tokens, both marks included; shorten it: no room for \"" + cut + "\"");
    }

    /// All ids of a text, start and end mark included, neither cut nor padded.
    ///
    /// @param text any text
    /// @return at least two ids
    public int[] encodeAll(String text) {
        var out = new IntList();
        out.add(startId);
        encoder.encode(ClipText.clean(text), out, Integer.MAX_VALUE);
        out.add(endId);
        return out.toArray();
    }

    @Override
    public String decode(int[] ids) { return vocabulary.decode(ids, OpenAiMerges.WORD_END); }

    @Override
    public int vocabSize() { return vocabulary.size(); }

    /// The id of the start mark.
    public int startId() { return startId; }

    /// The id of the end mark; CLIP reads its text feature there.
    public int endId() { return endId; }

    /// The id that fills up to the fixed length: 0 in OpenAI's code, the end mark in most Hugging Face folders.
    public int padId() { return padId; }

    /// How many ids the model takes, as its files say.
    public int contextLength() { return contextLength; }
}
