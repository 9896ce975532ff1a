package io.github.smalti.tokenizer;

import io.github.smalti.tokenizer.internal.IntList;
import io.github.smalti.tokenizer.internal.RuDalleText;
import io.github.smalti.tokenizer.internal.SpecialTokens;
import io.github.smalti.tokenizer.internal.TextEncoder;
import io.github.smalti.tokenizer.internal.WordSplitter;
import io.github.smalti.tokenizer.internal.YouTokenToMeModel;
import io.github.smalti.tokenizer.internal.YouTokenToMeWords;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// YouTokenToMe's character BPE, as ruDALL-E uses it (ru-dalle, tokenizer.py @ 0255cec).
///
/// A prompt becomes small letters (whatever the locale) without white space at its ends. `<BOS>` comes first, `<EOS>`
/// last, then `<PAD>`. Unlike in other families **a text that is too long loses its end mark**, as upstream; so does one
/// that leaves no room for it. A run of characters that the vocabulary lacks is one `<UNK>`; nothing in a text is special.
/// Immutable and thread-safe; the published vocabulary of 16,384 ids takes about 1 MB.
public final class YouTokenToMeTokenizer implements Tokenizer {
    private final YouTokenToMeModel model;
    private final TextEncoder encoder;

    private YouTokenToMeTokenizer(YouTokenToMeModel model) {
        this.model = model;
        encoder = new TextEncoder(new YouTokenToMeWords(model), WordSplitter.YOU_TOKEN_TO_ME,
                new SpecialTokens(List.of()), false);
    }

    /// Reads a tokenizer.
    ///
    /// @param bpeModelFile YouTokenToMe's text format, usually `bpe.model`
    /// @return the tokenizer
    /// @throws TokenizerException if the file is missing or malformed, or if its model has no `<PAD>`, `<BOS>` or `<EOS>`
    public static YouTokenToMeTokenizer read(Path bpeModelFile) {
        return new YouTokenToMeTokenizer(YouTokenToMeModel.read(bpeModelFile));
    }

    @Override
    public TokenIds encode(String text, int maxLength) {
        if (maxLength < 2) throw new IllegalArgumentException("maxLength " + maxLength + ", expected at least 2");
        String clean = RuDalleText.clean(text);
        var out = new IntList();
        out.add(bosId());
        int cutAt = encoder.encode(clean, out, maxLength);
        if (out.size() < maxLength) out.add(eosId());
        int[] ids = Arrays.copyOf(out.toArray(), maxLength);
        Arrays.fill(ids, out.size(), maxLength, padId());
        return new TokenIds(ids, out.size(), cutAt == TextEncoder.ALL ? "" : clean.substring(cutAt));
    }

    /// All ids of a text, start and end mark included, neither cut nor padded.
    ///
    /// @param text any text
    /// @return at least two ids
    public int[] encodeAll(String text) {
        var out = new IntList();
        out.add(bosId());
        encoder.encode(RuDalleText.clean(text), out, Integer.MAX_VALUE);
        out.add(eosId());
        return out.toArray();
    }

    @Override
    public String decode(int[] ids) {
        var out = new StringBuilder();
        for (int id : ids) {
            boolean isFirst = out.isEmpty();
            model.append(id, out);
            if (isFirst && out.charAt(0) == ' ') out.deleteCharAt(0);
        }
        return out.toString();
    }

    @Override
    public int vocabSize() { return model.size(); }

    /// The id of the start mark, 2 in the published model.
    public int bosId() { return model.specials().bos(); }

    /// The id that fills up to the fixed length, 0 in the published model.
    public int padId() { return model.specials().pad(); }

    /// The id of the end mark, 3 in the published model.
    public int eosId() { return model.specials().eos(); }

    /// The id of a run of unknown characters, 1 in the published model.
    public int unkId() { return model.specials().unk(); }
}
