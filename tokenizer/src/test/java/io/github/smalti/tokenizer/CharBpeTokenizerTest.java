package io.github.smalti.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.golden.GoldenCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CharBpeTokenizerTest {
    private static final CharBpeTokenizer TINY = CharBpeTokenizer.read(GoldenCase.path("mindalle/txt2img"));
    private static final String VOCABULARY = """
            {"[PAD]": 0, "[UNK]": 1, "a": 2, "b": 3, "a</w>": 4, "b</w>": 5, "ab": 6, "ab</w>": 7, "i": 8, "i</w>": 9,
             "\u0307</w>": 10, "\u732b</w>": 11, ".</w>": 12, "\u03c3</w>": 13}
            """;

    @TempDir
    Path folder;

    private CharBpeTokenizer small() throws IOException {
        Files.writeString(folder.resolve("bpe-16k-vocab.json"), VOCABULARY);
        Files.writeString(folder.resolve("bpe-16k-merges.txt"), "#version: 0.2\na b</w>\na b\n");
        return CharBpeTokenizer.read(folder);
    }

    @ParameterizedTest
    @ValueSource(strings = {"txt2img", "approx-nobias"})
    void equalsTheReferenceInEveryCase(String model) {
        CharBpeTokenizer tokenizer = CharBpeTokenizer.read(GoldenCase.path("mindalle/" + model));
        JsonNode golden = GoldenCase.json(GoldenCase.path("mindalle/" + model + "/tokenizer-cases.json"));
        int length = golden.get("context_length").asInt();
        assertEquals(golden.get("pad").asInt(), tokenizer.padId());
        assertEquals(golden.get("unk").asInt(), tokenizer.unkId());
        assertEquals(400, tokenizer.vocabSize());
        assertEquals(10, golden.get("cases").size());
        for (JsonNode one : golden.get("cases")) {
            String text = one.get("text").asText();
            int[] all = BartTokenizerTest.ints(one.get("ids"));
            assertArrayEquals(all, tokenizer.encodeAll(text), text);
            TokenIds fixed = tokenizer.encode(text, length);
            assertArrayEquals(BartTokenizerTest.ints(one.get("ids_padded")), fixed.ids(), text);
            assertEquals(Math.min(length, all.length), fixed.length(), text);
            assertEquals(all.length <= length, fixed.cut().isEmpty(), text);
            assertTrue(text.endsWith(fixed.cut()), text);
        }
    }

    @Test
    void cleansAndSplitsAsBertDoes() throws IOException {
        CharBpeTokenizer small = small();
        assertArrayEquals(new int[]{7}, small.encodeAll("A\u0000\u200d\ufffd\u0085\ud83d\ue000\u000bB\u0001"));
        assertArrayEquals(new int[]{4, 5, 4}, small.encodeAll("\u00a0a\tb\u2028a\r\n"));
        assertArrayEquals(new int[]{7, 11, 11, 4, 12, 12, 5}, small.encodeAll("ab\u732b\u732ba..b"));
        assertArrayEquals(new int[]{1, 1, 6, 1}, small.encodeAll("\u3002\u20bd ab\u20bd"));
        assertArrayEquals(new int[]{}, small.encodeAll(" \u0001 \u0000"));
        assertArrayEquals(new int[]{6, 6, 7}, small.encodeAll("ababab"));
    }

    @Test
    void lowersInAnyLocaleLetterByLetter() throws IOException {
        CharBpeTokenizer small = small();
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.of("tr", "TR"));
            assertArrayEquals(new int[]{8, 9}, small.encodeAll("II"));
            assertArrayEquals(new int[]{8, 10}, small.encodeAll("\u0130"));
            assertArrayEquals(new int[]{2, 13}, small.encodeAll("A\u03a3"), "no final sigma");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void takesSpecialTokensInTheTextByTheirIds() throws IOException {
        assertArrayEquals(new int[]{4, 0, 5, 1}, small().encodeAll("a[PAD]b [UNK]"));
        assertArrayEquals(new int[]{1, 1, 1}, small().encodeAll("[x]"));
    }

    @Test
    void quotesWhatDidNotFit() throws IOException {
        CharBpeTokenizer small = small();
        TokenIds ids = small.encode("AB ab\u0001aBab x", 3);
        assertArrayEquals(new int[]{7, 6, 6}, ids.ids());
        assertEquals(3, ids.length());
        assertEquals("ab x", ids.cut());
        assertEquals("\u0130", small.encode("a \u0130", 2).cut(), "half of it is inside");
        assertEquals("[PAD]", small.encode("a b[PAD]", 2).cut());
        assertEquals("", small.encode("a b", 2).cut());
        assertArrayEquals(new int[]{0, 0}, small.encode("", 2).ids());
        assertEquals(0, small.encode("", 2).length());
        assertThrows(IllegalArgumentException.class, () -> small.encode("a", 1));
    }

    @Test
    void decodesWhatItEncodes() {
        assertEquals("a painting , of a cat", TINY.decode(TINY.encodeAll("A painting, of  a CAT")));
        assertEquals("a [PAD][PAD]", TINY.decode(TINY.encode("a", 3).ids()));
        assertEquals("c[UNK]", TINY.decode(TINY.encodeAll("c\u00e9")));
        assertThrows(IndexOutOfBoundsException.class, () -> TINY.decode(new int[]{400}));
    }

    @Test
    void namesWhatIsMissing() throws IOException {
        var e = assertThrows(TokenizerException.class, () -> CharBpeTokenizer.read(folder));
        assertTrue(e.getMessage().contains("bpe-16k-vocab.json: no such file"), e.getMessage());
        Path subfolder = Files.createDirectory(folder.resolve("tokenizer"));
        Files.writeString(subfolder.resolve("bpe-16k-vocab.json"), "{\"[UNK]\": 0}");
        e = assertThrows(TokenizerException.class, () -> CharBpeTokenizer.read(folder));
        assertTrue(e.getMessage().contains("[PAD]") && e.getMessage().contains("tokenizer"), e.getMessage());
        Files.writeString(subfolder.resolve("bpe-16k-vocab.json"), VOCABULARY);
        e = assertThrows(TokenizerException.class, () -> CharBpeTokenizer.read(folder));
        assertTrue(e.getMessage().contains("bpe-16k-merges.txt: no such file"), e.getMessage());
        assertEquals(14, small().vocabSize(), "the folder comes before its subfolder");
    }
}
