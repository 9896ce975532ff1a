package io.github.smalti.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Precision;
import io.github.smalti.core.ShapeMismatchException;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.golden.GoldenCase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class EmojiScenesTest {
    private static final JsonNode MANIFEST = GoldenCase
            .json(GoldenCase.path("emoji-scenes/expected/manifest.json"));
    private static final List<Pixels> SCENES = TestPictures.scenes();
    private static final List<String> PROMPTS = new ArrayList<>();
    private static Clip clip;

    @BeforeAll
    static void load() {
        for (JsonNode prompt : MANIFEST.at("/clip/prompts")) PROMPTS.add(prompt.asText());
        clip = load(Compute.shared(), Precision.F32);
    }

    @AfterAll
    static void close() { clip.close(); }

    private static Clip load(Compute compute, Precision precision) {
        return Clip.load(GoldenCase.embeddedModels().resolve("emoji-scenes/clip"), compute, precision);
    }

    @Test
    void scoresAndOrderEqualTheReference() {
        float[][] texts = clip.embedTexts(PROMPTS);
        float[][] images = clip.embedPixels(SCENES);
        JsonNode want = MANIFEST.at("/clip/logits_per_image");
        assertEquals(12, images.length);
        assertEquals(6, texts.length);
        for (int t = 0; t < texts.length; t++) {
            float[] expected = new float[images.length];
            float[] found = new float[images.length];
            for (int i = 0; i < images.length; i++) {
                expected[i] = (float) want.get(i).get(t).asDouble();
                found[i] = clip.score(images[i], texts[t]).logit();
                assertEquals(twoDigits(expected[i]), twoDigits(found[i]), PROMPTS.get(t) + " " + i);
            }
            GoldenCase.assertClose(PROMPTS.get(t), expected, found, 0.001, 0);
            assertArrayEquals(Ranking.order(expected), Ranking.order(found), PROMPTS.get(t));
        }
    }

    private static String twoDigits(float score) { return String.format(Locale.ROOT, "%.2f", score); }

    @Test
    void embeddingsHaveLengthOneAndEqualWidths() {
        assertEquals(96, clip.embeddingSize());
        for (float[][] embeddings : List.of(clip.embedTexts(PROMPTS), clip.embedPixels(SCENES))) {
            for (float[] embedding : embeddings) {
                assertEquals(clip.embeddingSize(), embedding.length);
                assertEquals(1, Math.sqrt(Embeddings.dot(embedding, embedding)), 1e-6);
            }
        }
    }

    @Test
    void bitsDependNeitherOnBatchNorThreadsNorKernels() {
        float[][] texts = clip.embedTexts(PROMPTS);
        float[][] images = clip.embedPixels(SCENES);
        for (int i = 0; i < texts.length; i++) {
            assertArrayEquals(texts[i], clip.embedTexts(List.of(PROMPTS.get(i)))[0]);
        }
        for (int i = 0; i < images.length; i++) {
            assertArrayEquals(images[i], clip.embedPixels(List.of(SCENES.get(i)))[0]);
        }
        for (Kernels kernels : List.of(Kernels.scalar(), Kernels.best())) {
            for (int threads = 1; threads <= 3; threads += 2) {
                try (var team = new Team(threads); Clip other = load(new Compute(kernels, team), Precision.F32)) {
                    assertArrayEquals(texts, other.embedTexts(PROMPTS));
                    assertArrayEquals(images, other.embedPixels(SCENES));
                }
            }
        }
    }

    @Test
    void halfPrecisionStaysNearAndTakesHalfTheMemory() {
        try (Clip half = load(Compute.shared(), Precision.BF16)) {
            float[] full = clip.embedPixels(SCENES.subList(0, 1))[0];
            float cosine = clip.score(full, half.embedPixels(SCENES.subList(0, 1))[0]).cosine();
            assertTrue(cosine > 0.999, "cosine " + cosine);
            assertTrue(half.plan(1).weightBytes() * 1.9 < clip.plan(1).weightBytes());
        }
    }

    @Test
    void severalThreadsShareOneModel() throws InterruptedException {
        float[][] want = clip.embedTexts(PROMPTS);
        float[][][] found = new float[4][][];
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < found.length; i++) {
            int at = i;
            threads.add(Thread.ofPlatform().start(() -> found[at] = clip.embedTexts(PROMPTS)));
        }
        for (Thread thread : threads) thread.join();
        for (float[][] embeddings : found) assertArrayEquals(want, embeddings);
    }

    @Test
    void overlongTextKeepsTheEndMarkAndIsQuoted() {
        String fits = "a red cat ".repeat(10).strip();
        List<String> texts = List.of("a cat", fits, fits + " and two penguins");
        assertEquals(List.of("", "", "and two penguins"), clip.cutParts(texts));
        float[][] embeddings = clip.embedTexts(texts);
        assertArrayEquals(embeddings[1], embeddings[2]);
        assertFalse(Arrays.equals(embeddings[0], embeddings[1]));
    }

    @Test
    void anEndMarkInTheTextEndsIt() {
        float[][] embeddings = clip.embedTexts(List.of("a cat", "a cat<|endoftext|> with a hat", ""));
        assertArrayEquals(embeddings[0], embeddings[1]);
        assertEquals(1, Math.sqrt(Embeddings.dot(embeddings[2], embeddings[2])), 1e-6);
    }

    @Test
    void refusesUnfitArguments() {
        var small = new Pixels(32, 64, new float[32 * 64 * 3]);
        var refusal = assertThrows(IllegalArgumentException.class, () -> clip.embedPixels(List.of(small)));
        assertTrue(refusal.getMessage().contains("64 x 64 pixels, found 64 x 32"), refusal.getMessage());
        assertThrows(ShapeMismatchException.class, () -> clip.score(new float[96], new float[95]));
        assertThrows(IllegalArgumentException.class, () -> clip.plan(-1));
        assertEquals(0, clip.embedTexts(List.of()).length);
        assertEquals(0, clip.embedPixels(List.of()).length);
    }
}
