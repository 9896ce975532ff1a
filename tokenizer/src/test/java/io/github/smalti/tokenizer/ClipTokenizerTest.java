package io.github.smalti.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.tokenizer.internal.ClipText;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ClipTokenizerTest {
    private static final ClipTokenizer CLIP = ClipTokenizer.read(GoldenCase.path("vocabularies/clip-bpe"));

    @Test
    void statesTheMarksOfBothLayouts() {
        JsonNode golden = GoldenCase.json(GoldenCase.path("tokenizer/clip-bpe.json"));
        assertEquals(golden.get("sot").asInt(), CLIP.startId());
        assertEquals(golden.get("eot").asInt(), CLIP.endId());
        assertEquals(golden.get("pad").asInt(), CLIP.padId());
        assertEquals(golden.get("context").asInt(), CLIP.contextLength());
        assertEquals(49408, CLIP.vocabSize());
        ClipTokenizer scenes = ClipTokenizer.read(GoldenCase.embeddedModels().resolve("emoji-scenes/clip"));
        assertEquals(scenes.endId(), scenes.padId());
        assertEquals(32, scenes.contextLength());
        assertEquals(2112, scenes.startId());
    }

    @Test
    void equalsTheReferenceInEveryCase() {
        JsonNode cases = GoldenCase.json(GoldenCase.path("tokenizer/clip-bpe.json")).get("cases");
        assertEquals(448, cases.size());
        for (JsonNode golden : cases) {
            String id = golden.get("id").asText();
            String text = golden.get("text").asText();
            int[] all = BartTokenizerTest.ints(golden.get("ids"));
            assertEquals(golden.get("clean").asText(), ClipText.clean(text), id);
            assertArrayEquals(all, CLIP.encodeAll(text), id);
            TokenIds cut = CLIP.encode(text, 77);
            assertArrayEquals(BartTokenizerTest.ints(golden.get("ids_77")), cut.ids(), id);
            assertEquals(Math.min(77, all.length), cut.length(), id);
            if (golden.has("decoded")) {
                assertEquals(golden.get("decoded").asText(), CLIP.decode(Arrays.copyOfRange(all, 1, all.length - 1)));
            }
            if (golden.path("too_long").asBoolean()) {
                var refusal = assertThrows(IllegalArgumentException.class, () -> CLIP.encodeStrict(text, 77));
                assertTrue(refusal.getMessage().length() < 2000);
            } else {
                assertArrayEquals(cut.ids(), CLIP.encodeStrict(text, 77).ids(), id);
            }
        }
    }

    @Test
    void equalsTheReferenceOnTheEmbeddedModel() {
        ClipTokenizer scenes = ClipTokenizer.read(GoldenCase.embeddedModels().resolve("emoji-scenes/clip"));
        JsonNode cases = GoldenCase.json(GoldenCase.path("emoji-scenes/expected/manifest.json")).get("cases");
        assertTrue(cases.size() > 0);
        for (JsonNode golden : cases) {
            String prompt = golden.get("prompt").asText();
            assertArrayEquals(BartTokenizerTest.ints(golden.get("clip_ids")), scenes.encode(prompt, 32).ids(), prompt);
        }
    }

    @Test
    void takesLoneSurrogatesAsReplacementCharacters() {
        JsonNode cases = GoldenCase.json(GoldenCase.path("tokenizer/policy-surrogates.json")).get("cases");
        assertEquals(5, cases.size());
        for (JsonNode golden : cases) {
            String text = golden.get("text").asText();
            assertTrue(text.chars().anyMatch(c -> Character.isSurrogate((char) c)));
            assertArrayEquals(BartTokenizerTest.ints(golden.get("clip_ids")), CLIP.encodeAll(text));
        }
    }

    @Test
    void quotesWhatDidNotFit() {
        assertEquals("and a bird", CLIP.encode("A Cat, a DOG  and a bird", 7).cut());
        assertEquals("", CLIP.encode("a cat", 77).cut());
        assertEquals(CLIP.endId(), CLIP.encode("a b c d e f", 4).ids()[3]);
        var refusal = assertThrows(IllegalArgumentException.class, () -> CLIP.encodeStrict("a cat sits", 4));
        assertTrue(refusal.getMessage().contains("sits"), refusal.getMessage());
    }
}
