package io.github.smalti.tokenizer.internal;

import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.tokenizer.TokenizerException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The parts of a BART tokenizer, from either of its two file layouts.
///
/// @param vocabulary     tokens and ids
/// @param merges         the merges
/// @param added          special tokens that the file itself lists
/// @param addPrefixSpace whether the file asks for a space before the first word
public record BartFiles(Vocabulary vocabulary, MergeTable merges, List<SpecialTokens.Special> added,
        boolean addPrefixSpace) {

    private static final Map<String, String> ROLES = Map.of("bos_token", "<s>", "pad_token", "<pad>", "eos_token",
            "</s>", "unk_token", "<unk>");

    /// Reads `vocab.json` and `merges.txt` if both exist, else `tokenizer.json`.
    public static BartFiles read(Path folder, SpecialNames names) {
        Path vocab = folder.resolve("vocab.json");
        Path merges = folder.resolve("merges.txt");
        Path combined = folder.resolve("tokenizer.json");
        boolean hasPair = Files.exists(vocab) && Files.exists(merges);
        if (!hasPair && Files.exists(combined)) return readCombined(combined, names);
        Vocabulary vocabulary = Vocabulary.of(vocab, TokenizerFiles.json(vocab), Map.of(), names.texts(ROLES));
        return new BartFiles(vocabulary, MergeRules.read(merges, vocabulary), List.of(),
                names.flag("add_prefix_space", false));
    }

    private static BartFiles readCombined(Path file, SpecialNames names) {
        JsonValue root = TokenizerFiles.json(file);
        try {
            JsonValue model = root.get("model");
            checkModel(file, root, model);
            List<JsonValue> addedTokens = root.has("added_tokens") ? root.get("added_tokens").asArray() : List.of();
            if (addedTokens.size() > SpecialTokens.MOST) {
                throw new TokenizerException(file, addedTokens.size() + " added tokens, at most " + SpecialTokens.MOST);
            }
            List<SpecialTokens.Special> added = new ArrayList<>();
            Map<String, Integer> addedIds = new LinkedHashMap<>();
            for (JsonValue token : addedTokens) {
                var special = special(file, token);
                added.add(special);
                if (addedIds.put(special.text(), special.id()) != null) {
                    throw new TokenizerException(file, "added token \"" + special.text() + "\" appears twice");
                }
            }
            Vocabulary vocabulary = Vocabulary.of(file, model.get("vocab"), addedIds, names.texts(ROLES));
            MergeTable merges = MergeRules.read(file, model.get("merges"), vocabulary);
            JsonValue preTokenizer = root.get("pre_tokenizer");
            return new BartFiles(vocabulary, merges, List.copyOf(added), isSet(preTokenizer, "add_prefix_space"));
        } catch (JsonException e) {
            throw new TokenizerException(file, e.getMessage());
        }
    }

    /// Refuses what a BART tokenizer does not have, rather than to compute other ids.
    private static void checkModel(Path file, JsonValue root, JsonValue model) {
        expect(file, "model type", model.get("type").asString(), "BPE");
        expect(file, "pre-tokenizer", root.get("pre_tokenizer").get("type").asString(), "ByteLevel");
        for (String member : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
            if (model.has(member)) expect(file, member, model.get(member).asString(), "");
        }
        JsonValue preTokenizer = root.get("pre_tokenizer");
        boolean splits = !preTokenizer.has("use_regex") || preTokenizer.get("use_regex").asBoolean();
        if (!splits) throw new TokenizerException(file, "a pre-tokenizer that does not split words is not supported");
        for (String member : List.of("byte_fallback", "ignore_merges")) {
            if (isSet(model, member)) throw new TokenizerException(file, member + " is not supported");
        }
        if (root.has("normalizer")) throw new TokenizerException(file, "a normalizer is not supported");
    }

    private static void expect(Path file, String what, String found, String expected) {
        if (found.equals(expected)) return;
        throw new TokenizerException(file, what + ": expected \"" + expected + "\", found \"" + found + "\"");
    }

    private static SpecialTokens.Special special(Path file, JsonValue token) {
        String text = token.get("content").asString();
        int id = token.get("id").asInt();
        if (text.isEmpty() || text.length() > SpecialTokens.LONGEST || id < 0) {
            throw new TokenizerException(file, "added token \"" + text + "\" with id " + id);
        }
        if (isSet(token, "single_word")) {
            throw new TokenizerException(file, "added token \"" + text + "\": single_word is not supported");
        }
        return new SpecialTokens.Special(text, id, isSet(token, "lstrip"), isSet(token, "rstrip"));
    }

    private static boolean isSet(JsonValue value, String member) {
        return value.has(member) && value.get(member).asBoolean();
    }
}
