package io.github.smalti.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.tokenizer.internal.RuDalleText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class YouTokenToMeTokenizerTest {
    private static final Path FILE = GoldenCase.path("rudalle/tokenizer/bpe.model");
    private static final YouTokenToMeTokenizer TINY = YouTokenToMeTokenizer.read(FILE);
    /// ▁ 4, a 5, b 6; ▁a 7, ab 8.
    private static final String SMALL = "3 2\n9601 4\n97 5\n98 6\n4 5 7\n5 6 8\n1 0 2 3\n";

    @TempDir
    Path folder;

    private YouTokenToMeTokenizer read(String text) throws IOException {
        return YouTokenToMeTokenizer.read(Files.writeString(folder.resolve("bpe.model"), text));
    }

    @Test
    void equalsTheReferenceInEveryCase() {
        JsonNode golden = GoldenCase.json(GoldenCase.path("rudalle/tokenizer/cases.json"));
        assertEquals(golden.get("pad").asInt(), TINY.padId());
        assertEquals(golden.get("unk").asInt(), TINY.unkId());
        assertEquals(golden.get("bos").asInt(), TINY.bosId());
        assertEquals(golden.get("eos").asInt(), TINY.eosId());
        assertEquals(330, TINY.vocabSize());
        int length = golden.get("text_seq_length").asInt();
        JsonNode cases = golden.get("cases");
        assertEquals(80, cases.size());
        for (JsonNode one : cases) {
            String text = one.get("text").asText();
            assertEquals(one.get("fed").asText(), RuDalleText.clean(text));
            int[] all = TINY.encodeAll(text);
            assertArrayEquals(BartTokenizerTest.ints(one.get("ids")), Arrays.copyOfRange(all, 1, all.length - 1), text);
            TokenIds fixed = TINY.encode(text, length);
            assertArrayEquals(BartTokenizerTest.ints(one.get("padded")), fixed.ids(), text);
            assertEquals(Math.min(length, all.length), fixed.length(), text);
            assertEquals(all.length <= length + 1, fixed.cut().isEmpty(), text);
            assertTrue(one.get("fed").asText().endsWith(fixed.cut()), text);
        }
    }

    @Test
    void lowersInAnyLocaleAsPythonDoes() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.of("tr", "TR"));
            assertArrayEquals(TINY.encodeAll("i in ii"), TINY.encodeAll("I IN II"));
            assertEquals("i\u0307stanbul \u03c3\u03bf\u03c2",
                    RuDalleText.clean("\u0085\u0130STANBUL \u03a3\u039f\u03a3\u001c"));
            assertArrayEquals(TINY.encodeAll("кот"), TINY.encodeAll("\u2003КОТ\u00a0"));
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void losesTheEndMarkOfATextThatIsTooLong() throws IOException {
        YouTokenToMeTokenizer small = read(SMALL);
        assertArrayEquals(new int[]{2, 7, 6, 4, 6, 8, 3}, small.encodeAll("AB \u2581 bab"), "the ranks decide");
        assertCut(small, "ab b", 7, new int[]{2, 7, 6, 4, 6, 3, 0}, 6, "");
        assertCut(small, "ab b", 6, new int[]{2, 7, 6, 4, 6, 3}, 6, "");
        assertCut(small, "ab b", 5, new int[]{2, 7, 6, 4, 6}, 5, "");
        assertCut(small, "ab b", 4, new int[]{2, 7, 6, 4}, 4, "b");
        assertCut(small, "ab b", 3, new int[]{2, 7, 6}, 3, "b");
        assertCut(small, "ab b", 2, new int[]{2, 7}, 2, "b b");
        assertCut(small, "\ud83d\ude00xa", 4, new int[]{2, 4, 1, 5}, 4, "");
        assertCut(small, "\ud83d\ude00xa", 3, new int[]{2, 4, 1}, 3, "a");
        assertCut(small, "\ud83d\ude00xa", 2, new int[]{2, 4}, 2, "\ud83d\ude00xa");
        assertThrows(IllegalArgumentException.class, () -> small.encode("a", 1));
    }

    private static void assertCut(Tokenizer tokenizer, String text, int maxLength, int[] ids, int length, String cut) {
        TokenIds got = tokenizer.encode(text, maxLength);
        assertArrayEquals(ids, got.ids());
        assertEquals(length, got.length());
        assertEquals(cut, got.cut());
    }

    @Test
    void decodesWhatItEncodes() {
        assertEquals("<BOS> кот и cat<EOS><PAD><PAD>", TINY.decode(TINY.encode("  Кот  и Cat ", 9).ids()));
        int[] ids = TINY.encodeAll("кот猫猫 и");
        assertEquals("кот<UNK> и", TINY.decode(Arrays.copyOfRange(ids, 1, ids.length - 1)));
        assertThrows(IndexOutOfBoundsException.class, () -> TINY.decode(new int[]{330}));
        assertThrows(IndexOutOfBoundsException.class, () -> TINY.decode(new int[]{-1}));
    }

    @Test
    void mergesLikeTheDefinition() throws IOException {
        long seed = Long.getLong("tests.seed", 20261128);
        var random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            var word = new StringBuilder();
            int length = 1 + random.nextInt(60);
            while (word.length() < length) word.append("кошанетлприсд猫".charAt(random.nextInt(14)));
            int[] got = TINY.encodeAll(word.toString());
            assertEquals(naive(word.toString()), Arrays.stream(got, 1, got.length - 1).boxed().toList(),
                    "seed " + seed);
        }
    }

    /// BPE from its definition: one merge after the other in the order of the file, each from left to right.
    private static List<Integer> naive(String word) throws IOException {
        List<String> lines = Files.readAllLines(FILE);
        Map<Integer, Integer> characters = new HashMap<>();
        for (String line : lines.subList(1, 63)) {
            characters.put(Integer.valueOf(line.split(" ")[0]), Integer.valueOf(line.split(" ")[1]));
        }
        List<Integer> ids = new ArrayList<>(List.of(characters.get(0x2581)));
        for (int codePoint : word.codePoints().toArray()) {
            int id = characters.getOrDefault(codePoint, 1);
            if (id != 1 || ids.getLast() != 1) ids.add(id);
        }
        for (String line : lines.subList(63, lines.size() - 1)) {
            int[] merge = Arrays.stream(line.split(" ")).mapToInt(Integer::parseInt).toArray();
            for (int i = 0; i + 1 < ids.size(); i++) {
                if (ids.get(i) != merge[0] || ids.get(i + 1) != merge[1]) continue;
                ids.set(i, merge[2]);
                ids.remove(i + 1);
            }
        }
        return ids;
    }

    @Test
    void refusesFilesThatAreNoModel() throws IOException {
        String[][] cases = {{"", "line 1: expected the number of characters", "the end of the file"},
                {"{}", "number of characters", "{}"}, {"3 -2\n", "number of merges", "-2"},
                {"1000000 0\n9601 4\n", "1000000 characters and 0 merges"}, {"3 2000000000\n", "number of merges"},
                {SMALL.replace("97 5", "1114112 5"), "line 3: expected a code point", "1114112"},
                {SMALL.replace("98 6", "97 6"), "line 4: the code point 97 appears twice"},
                {SMALL.replace("98 6", "98 5"), "line 4: the id of a character is 5", "already"},
                {SMALL.replace("9601", "9602"), "9601", "begins every word"},
                {SMALL.replace("5 6 8", "4 5 8"), "line 6: the merge of 4 and 5 appears twice"},
                {SMALL.replace("5 6 8", "5 8 8"), "line 6: the right id of a merge is 8", "no line before"},
                {SMALL.replace("5 6 8", "5 6 9"), "line 6: expected the id that a merge makes", "from 0 to 8"},
                {SMALL.replace("1 0 2 3", "1 0 -1 -1"), "line 7: expected the id of <BOS>", "-1"},
                {SMALL.replace("1 0 2 3", "1 0 2 2"), "the id of <EOS> is 2"},
                {SMALL.replace("1 0 2 3", "1 0 2"), "expected the id of <EOS>", "the end of the file"},
                {SMALL + "7", "expected the end of the file"},
                {SMALL.replace("97", "9\u00e9"), "expected a code point"}};
        for (String[] bad : cases) {
            var e = assertThrows(TokenizerException.class, () -> read(bad[0]), bad[1]);
            for (int i = 1; i < bad.length; i++) assertTrue(e.detail().contains(bad[i]), e.getMessage());
            assertTrue(e.getMessage().contains("bpe.model"), e.getMessage());
        }
        assertThrows(TokenizerException.class, () -> YouTokenToMeTokenizer.read(folder));
        assertThrows(TokenizerException.class, () -> YouTokenToMeTokenizer.read(folder.resolve("none")));
        assertEquals(9, read(SMALL.replace("\n", "\r\n")).vocabSize());
    }

    @Test
    void refusesTokensThatDoubleWithEveryMerge() throws IOException {
        var model = new StringBuilder("1 40\n9601 4\n");
        for (int i = 0; i < 40; i++)
            model.append(4 + i).append(' ').append(4 + i).append(' ').append(5 + i).append('\n');
        var e = assertThrows(TokenizerException.class, () -> read(model + "1 0 2 3\n"));
        assertTrue(e.detail().contains("line 13: token 15 has 2048 characters"), e.getMessage());
    }
}
