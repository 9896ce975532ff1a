package io.github.smalti.tokenizer;

import io.github.smalti.tokenizer.internal.BartFiles;
import io.github.smalti.tokenizer.internal.ByteWordEncoder;
import io.github.smalti.tokenizer.internal.IntList;
import io.github.smalti.tokenizer.internal.SpecialNames;
import io.github.smalti.tokenizer.internal.SpecialNames.Name;
import io.github.smalti.tokenizer.internal.SpecialTokens;
import io.github.smalti.tokenizer.internal.SpecialTokens.Special;
import io.github.smalti.tokenizer.internal.TextEncoder;
import io.github.smalti.tokenizer.internal.Vocabulary;
import io.github.smalti.tokenizer.internal.WordSplitter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// Byte-level BPE of BART, as DALL·E mini and mega use it.
///
/// Ids are those of the fast Hugging Face tokenizer: `<s>` first, `</s>` last, bytes that the vocabulary lacks are
/// dropped (the published vocabulary has 50 characters only; prompts go through [TextNormalizer] first), and special
/// tokens written in the text (`<mask>`) are special. Immutable and thread-safe; a vocabulary of 50,000 tokens takes
/// about 10 MB.
public final class BartTokenizer implements Tokenizer {
    private static final String NO_SUFFIX = "";

    private final Vocabulary vocabulary;
    private final TextEncoder encoder;
    private final int bosId;
    private final int padId;
    private final int eosId;
    private final int unkId;

    private BartTokenizer(BartFiles files, SpecialNames names) {
        vocabulary = files.vocabulary();
        Map<String, Special> specials = new LinkedHashMap<>();
        for (Special special : files.added()) specials.put(special.text(), special);
        bosId = special("bos_token", "<s>", names, specials);
        padId = special("pad_token", "<pad>", names, specials);
        eosId = special("eos_token", "</s>", names, specials);
        unkId = special("unk_token", "<unk>", names, specials);
        addIfKnown(names.name("sep_token", new Name("</s>", false, false)), specials);
        addIfKnown(names.name("cls_token", new Name("<s>", false, false)), specials);
        addIfKnown(names.name("mask_token", new Name("<mask>", true, false)), specials);
        for (Name name : names.additional()) addIfKnown(name, specials);
        int[] byteIds = vocabulary.byteIds(NO_SUFFIX);
        var words = new ByteWordEncoder(new ByteWordEncoder.ByteIds(byteIds, byteIds), files.merges(),
                vocabulary.byteCounts(NO_SUFFIX), Map.of());
        encoder = new TextEncoder(words, WordSplitter.GPT2,
                new SpecialTokens(specials.values().stream().toList()), files.addPrefixSpace());
    }

    /// Reads a tokenizer.
    ///
    /// `vocab.json` and `merges.txt` are preferred to `tokenizer.json`, because every publisher of this family has
    /// them and they leave nothing to interpret. `special_tokens_map.json` and `tokenizer_config.json` name the special
    /// tokens if present; BART's own names hold otherwise.
    ///
    /// @param folder the folder of these files
    /// @return the tokenizer
    /// @throws TokenizerException if a file is missing, malformed, or asks for what BART's tokenizer does not do
    public static BartTokenizer read(Path folder) {
        var names = new SpecialNames(folder);
        return new BartTokenizer(BartFiles.read(folder, names), names);
    }

    private int special(String role, String usual, SpecialNames names, Map<String, Special> specials) {
        Name name = names.name(role, new Name(usual, false, false));
        int id = vocabulary.require(name.text(), role);
        specials.putIfAbsent(name.text(), new Special(name.text(), id, name.lstrip(), name.rstrip()));
        return id;
    }

    private void addIfKnown(Name name, Map<String, Special> specials) {
        int id = vocabulary.find(name.text());
        if (id < 0) return;
        specials.putIfAbsent(name.text(), new Special(name.text(), id, name.lstrip(), name.rstrip()));
    }

    @Override
    public TokenIds encode(String text, int maxLength) {
        if (maxLength < 2) throw new IllegalArgumentException("maxLength " + maxLength + ", expected at least 2");
        var out = new IntList();
        out.add(bosId);
        int cutAt = encoder.encode(text, out, maxLength - 1);
        out.add(eosId);
        int[] ids = Arrays.copyOf(out.toArray(), maxLength);
        Arrays.fill(ids, out.size(), maxLength, padId);
        return new TokenIds(ids, out.size(), cutAt == TextEncoder.ALL ? "" : text.substring(cutAt));
    }

    /// All ids of a text, start and end mark included, neither cut nor padded.
    ///
    /// @param text any text
    /// @return at least two ids
    public int[] encodeAll(String text) {
        var out = new IntList();
        out.add(bosId);
        encoder.encode(text, out, Integer.MAX_VALUE);
        out.add(eosId);
        return out.toArray();
    }

    @Override
    public String decode(int[] ids) { return vocabulary.decode(ids, NO_SUFFIX); }

    @Override
    public int vocabSize() { return vocabulary.size(); }

    /// The id of the start mark `<s>`.
    public int bosId() { return bosId; }

    /// The id that fills up to the fixed length, `<pad>`.
    public int padId() { return padId; }

    /// The id of the end mark `</s>`.
    public int eosId() { return eosId; }

    /// The id of `<unk>`; only a text that spells it out gets it.
    public int unkId() { return unkId; }
}
