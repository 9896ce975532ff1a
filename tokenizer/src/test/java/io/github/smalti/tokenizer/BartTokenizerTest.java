package io.github.smalti.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.golden.GoldenCase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BartTokenizerTest {
    private static final BartTokenizer MINI = BartTokenizer.read(GoldenCase.path("vocabularies/dalle-mini-tokenizer"));

    static int[] ints(JsonNode array) {
        int[] values = new int[array.size()];
        for (int i = 0; i < values.length; i++) values[i] = array.get(i).asInt();
        return values;
    }

    @Test
    void looksSpecialTokensUpByName() {
        JsonNode golden = GoldenCase.json(GoldenCase.path("tokenizer/dalle-mini-bpe.json"));
        assertEquals(golden.get("bos").asInt(), MINI.bosId());
        assertEquals(golden.get("pad").asInt(), MINI.padId());
        assertEquals(golden.get("eos").asInt(), MINI.eosId());
        assertEquals(golden.get("unk").asInt(), MINI.unkId());
        assertEquals(50265, MINI.vocabSize());
    }

    @Test
    void equalsTheReferenceInEveryCase() {
        JsonNode cases = GoldenCase.json(GoldenCase.path("tokenizer/dalle-mini-bpe.json")).get("cases");
        assertEquals(588, cases.size());
        for (JsonNode golden : cases) {
            String id = golden.get("id").asText();
            String text = golden.get("text").asText();
            int[] all = ints(golden.get("ids"));
            assertArrayEquals(all, MINI.encodeAll(text), id);
            TokenIds cut = MINI.encode(text, 64);
            assertArrayEquals(ints(golden.get("ids_64")), cut.ids(), id);
            int[] mask = new int[64];
            Arrays.fill(mask, 0, cut.length(), 1);
            assertArrayEquals(ints(golden.get("mask_64")), mask, id);
            assertEquals(all.length <= 64, cut.cut().isEmpty(), id);
        }
    }

    @Test
    void equalsTheReferenceOnTheEmbeddedModel() {
        Path folder = GoldenCase.embeddedModels().resolve("emoji-scenes/dalle");
        BartTokenizer tokenizer = BartTokenizer.read(folder);
        JsonNode manifest = GoldenCase.json(GoldenCase.path("emoji-scenes/expected/manifest.json"));
        assertArrayEquals(ints(manifest.get("unconditional_ids")), tokenizer.encode("", 32).ids());
        assertTrue(manifest.get("cases").size() > 0);
        for (JsonNode golden : manifest.get("cases")) {
            TokenIds ids = tokenizer.encode(golden.get("prompt").asText(), 32);
            assertArrayEquals(ints(golden.get("text_ids")), ids.ids());
            assertEquals(Arrays.stream(ints(golden.get("text_mask"))).sum(), ids.length());
        }
    }

    @Test
    void readsTokenizerJsonLikeVocabularyAndMerges(@TempDir Path folder) throws IOException {
        Path source = GoldenCase.embeddedModels().resolve("emoji-scenes/dalle");
        Files.copy(source.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        BartTokenizer combined = BartTokenizer.read(folder);
        BartTokenizer pair = BartTokenizer.read(source);
        assertEquals(pair.vocabSize(), combined.vocabSize());
        for (JsonNode golden : GoldenCase.json(GoldenCase.path("tokenizer/dalle-mini-bpe.json")).get("cases")) {
            String text = golden.get("text").asText();
            assertArrayEquals(pair.encodeAll(text), combined.encodeAll(text), text);
        }
    }

    @Test
    void cutsToEveryLengthKeepingTheEndMark() {
        BartTokenizer tokenizer = BartTokenizer.read(GoldenCase.embeddedModels().resolve("emoji-scenes/dalle"));
        String text = "a cät with  <mask> hat <s>, 3 dogs\u3000and \ud83d\ude00!";
        int[] all = tokenizer.encodeAll(text);
        for (int length = 2; length <= all.length + 2; length++) {
            TokenIds cut = tokenizer.encode(text, length);
            assertEquals(length, cut.ids().length);
            assertEquals(Math.min(length, all.length), cut.length());
            int[] want = Arrays.copyOf(all, length);
            want[cut.length() - 1] = tokenizer.eosId();
            Arrays.fill(want, cut.length(), length, tokenizer.padId());
            assertArrayEquals(want, cut.ids());
            assertTrue(text.endsWith(cut.cut()));
            assertEquals(length >= all.length, cut.cut().isEmpty());
        }
    }

    @Test
    void quotesWhatDidNotFit() {
        assertEquals(" dog and a bird", MINI.encode(" a cat, a dog and a bird", 6).cut());
        assertEquals("", MINI.encode(" a cat", 64).cut());
        assertEquals(" \u00e9\u00e9<mask>x", MINI.encode("a \u00e9\u00e9<mask>x", 3).cut());
        assertThrows(IllegalArgumentException.class, () -> MINI.encode("a", 1));
    }

    @Test
    void decodesWhatItEncodes() {
        BartTokenizer tokenizer = BartTokenizer.read(GoldenCase.embeddedModels().resolve("emoji-scenes/dalle"));
        String text = " a CAT's h\u00e4t \ud83d\ude00  \u732b!";
        assertEquals("<s>" + text + "</s>", tokenizer.decode(tokenizer.encodeAll(text)));
        assertEquals("<s>\ufffd</s>", tokenizer.decode(tokenizer.encodeAll("\ud83d")));
        assertThrows(IndexOutOfBoundsException.class, () -> tokenizer.decode(new int[]{tokenizer.vocabSize()}));
    }

    @Test
    void mergesLongWordsLikeShortOnes() {
        var random = new Random(7);
        BartTokenizer tokenizer = BartTokenizer.read(GoldenCase.embeddedModels().resolve("emoji-scenes/dalle"));
        for (int round = 0; round < 200; round++) {
            var word = new StringBuilder();
            int length = 33 + random.nextInt(40);
            while (word.length() < length) word.append("aeioubcdst".charAt(random.nextInt(10)));
            assertArrayEquals(naive(tokenizer, word.toString()), tokenizer.encodeAll(word.toString()), word.toString());
        }
    }

    /// BPE from its definition, on token texts; the ranks are the order of `merges.txt`.
    private static int[] naive(BartTokenizer tokenizer, String word) {
        Path folder = GoldenCase.embeddedModels().resolve("emoji-scenes/dalle");
        try {
            var merges = Files.readAllLines(folder.resolve("merges.txt"));
            JsonNode vocab = GoldenCase.json(folder.resolve("vocab.json"));
            var parts = new ArrayList<String>();
            for (char c : word.toCharArray()) parts.add(String.valueOf(c));
            for (String merge : merges.subList(1, merges.size())) {
                String[] pair = merge.split(" ");
                for (int i = 0; i + 1 < parts.size(); i++) {
                    if (parts.get(i).equals(pair[0]) && parts.get(i + 1).equals(pair[1])) {
                        parts.set(i, pair[0] + pair[1]);
                        parts.remove(i + 1);
                    }
                }
            }
            int[] ids = new int[parts.size() + 2];
            ids[0] = tokenizer.bosId();
            for (int i = 0; i < parts.size(); i++) ids[i + 1] = vocab.get(parts.get(i)).asInt();
            ids[ids.length - 1] = tokenizer.eosId();
            return ids;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
