package io.github.smalti.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.golden.GoldenCase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/// Time in proportion to the text, also for texts made to be slow; the bounds are ten times what a slow core needs.
class LinearTimeTest {
    private static final BartTokenizer BART = BartTokenizer.read(GoldenCase.embeddedModels()
            .resolve("emoji-scenes/dalle"));
    private static final ClipTokenizer CLIP = ClipTokenizer.read(GoldenCase.path("vocabularies/clip-bpe"));
    private static final YouTokenToMeTokenizer YOU_TOKEN_TO_ME = YouTokenToMeTokenizer.read(GoldenCase
            .path("rudalle/tokenizer/bpe.model"));
    private static final CharBpeTokenizer CHAR_BPE = CharBpeTokenizer.read(GoldenCase.path("mindalle/txt2img"));
    private static final List<String> UNITS = List.of("a", " ", "ab", "\ud83d\ude00", "&", "(", "<", "'", "\u03a3",
            "\u0301\u0323", "\u00c3\u0082", "&amp;", "&a", "&#", "#a", "<person>,", "<person", "aaaa ", "a.", "a-", ",",
            "\u043a\u043e\u0442", "\u0438",
            "1,", "\"", "[", "http", "\n", "a cat, a dog and 3 birds. ", "\u001b[", "\u732b", "\u00e9", "\ud83d",
            "<|startoftext|>", "\u0130", "x'", "1/", "&amp", "\u2764\ufe0f\u200d", "\ud83c\uddeb");

    @TestFactory
    List<DynamicTest> takesAMillionCharacters() { return tests(1_000_000, Duration.ofSeconds(15)); }

    @TestFactory
    @Tag("slow")
    List<DynamicTest> takesTenMillionCharacters() { return tests(10_000_000, Duration.ofSeconds(90)); }

    private static List<DynamicTest> tests(int length, Duration limit) {
        List<DynamicTest> tests = new ArrayList<>();
        for (String unit : UNITS) {
            String name = unit.length() < 5
                    ? unit.chars().mapToObj(c -> String.format("%04x", c)).toList().toString()
                    : unit.strip();
            tests.add(DynamicTest.dynamicTest(name, () -> {
                String text = unit.repeat(length / unit.length());
                assertTimeout(limit, () -> check(text));
            }));
        }
        return tests;
    }

    private static void check(String text) {
        int[] ids = BART.encodeAll(text);
        assertEquals(BART.eosId(), ids[ids.length - 1]);
        int[] clipIds = CLIP.encodeAll(text);
        assertTrue(clipIds.length >= 2);
        assertEquals(64, BART.encode(text, 64).ids().length);
        int[] russianIds = YOU_TOKEN_TO_ME.encodeAll(text);
        assertEquals(YOU_TOKEN_TO_ME.eosId(), russianIds[russianIds.length - 1]);
        assertEquals(64, CHAR_BPE.encode(text, 64).ids().length);
        int mostSmallLetters = 2; // of a capital I with a dot
        assertTrue(CHAR_BPE.encodeAll(text).length <= mostSmallLetters * text.length());
        assertEquals(' ', TextNormalizerTest.NORMALIZER.normalize(text).charAt(0));
    }
}
