package io.github.smalti.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Raster;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.tokenizer.ClipTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class HuggingFaceGoldenTest {
    private static final GoldenCase GOLDEN = GoldenCase.of("clip/hf/case");
    private static final List<String> IMAGES = strings("images");
    private static final List<String> TEXTS = strings("texts");

    private static List<String> strings(String member) {
        List<String> out = new ArrayList<>();
        for (JsonNode value : GOLDEN.manifest().get(member)) out.add(value.asText());
        return out;
    }

    private static List<Raster> pictures() {
        return IMAGES.stream().map(name -> TestPictures.decoded(GOLDEN, name)).toList();
    }

    private static List<float[]> prepared() {
        var preprocessor = ImagePreprocessor.read(GoldenCase.path("clip/hf"), 40);
        return pictures().stream().map(preprocessor::prepare).toList();
    }

    private static Clip load() { return Clip.load(GoldenCase.path("clip/hf"), TestPictures.SCALAR, Precision.F32); }

    private static ClipTowers towers() {
        return ClipTowers.open(GoldenCase.path("clip/hf/model.safetensors"), TestPictures.SCALAR, Precision.F32);
    }

    @Test
    void preparesEveryPictureAsPillowBitByBit() {
        assertEquals(5, IMAGES.size());
        float[][] planes = prepared().stream().map(TestPictures::planes).toArray(float[][]::new);
        GOLDEN.assertClose("pixel_values", TestPictures.flat(planes));
        GoldenCase.assertClose("pixel_values, bit-exact resizing", GOLDEN.floats("pixel_values"),
                TestPictures.flat(planes), 1e-6, 0);
    }

    @Test
    void losslessFilesDecodeAsInTheReference() {
        for (String name : IMAGES) {
            if (!name.endsWith(".png")) continue;
            Raster want = TestPictures.decoded(GOLDEN, name);
            Raster got = TestPictures.read(GoldenCase.path("clip/hf/images").resolve(name));
            assertEquals(want.channels(), got.channels(), name);
            assertArrayEquals(want.samples(), got.samples(), name);
        }
    }

    /// JDK 25.0.3 decodes this file to the very levels of Pillow; decoders may differ by a few.
    @Test
    void jpegDecodesWithinTwoLevelsOfTheReference() {
        Raster want = TestPictures.decoded(GOLDEN, "photo_97x64.jpg");
        Raster got = TestPictures.read(GoldenCase.path("clip/hf/images/photo_97x64.jpg"));
        assertEquals(want.samples().length, got.samples().length);
        for (int i = 0; i < want.samples().length; i++) {
            assertEquals(want.samples()[i] & 0xff, got.samples()[i] & 0xff, 2, "sample " + i);
        }
        try (Clip clip = load()) {
            float[][] embeddings = clip.embedImages(List.of(want, got));
            assertTrue(clip.score(embeddings[0], embeddings[1]).cosine() > 0.999);
        }
    }

    @Test
    void bothTowersGiveTheReferenceEmbeddings() {
        ClipTokenizer tokenizer = ClipTokenizer.read(GoldenCase.path("clip/hf"));
        int[] want = GOLDEN.ints("token_ids");
        List<int[]> rows = new ArrayList<>();
        for (int i = 0; i < TEXTS.size(); i++) {
            int[] row = Arrays.copyOfRange(want, i * 77, (i + 1) * 77);
            rows.add(row);
            var ids = tokenizer.encode(TEXTS.get(i), 77);
            assertArrayEquals(Arrays.copyOf(row, ids.length()), Arrays.copyOf(ids.ids(), ids.length()));
            assertEquals(tokenizer.endId(), row[ids.length() - 1]);
            for (int j = ids.length(); j < 77; j++) assertEquals(0, row[j], "padding of the reference");
            assertEquals(ids.length() - 1, TextTransformer.endPosition(row));
            assertEquals(ids.length() - 1, TextTransformer.endPosition(ids.ids()));
        }
        try (ClipTowers towers = towers()) {
            GOLDEN.assertClose("text_embeds_raw", TestPictures.flat(towers.text().embed(rows)));
            GOLDEN.assertClose("image_embeds_raw", TestPictures.flat(towers.image().embed(prepared())));
        }
    }

    @Test
    void modelGivesTheReferenceScoresAndRanking() {
        try (Clip clip = load()) {
            float[][] texts = clip.embedTexts(TEXTS);
            float[][] images = clip.embedImages(pictures());
            GOLDEN.assertClose("text_embeds", TestPictures.flat(texts));
            GOLDEN.assertClose("image_embeds", TestPictures.flat(images));
            float[] logits = new float[25];
            int[] ranking = new int[25];
            for (int t = 0; t < 5; t++) {
                float[] scores = new float[5];
                for (int i = 0; i < 5; i++) {
                    ClipScore score = clip.score(images[i], texts[t]);
                    assertEquals(score.cosine() * clip.logitScale(), score.logit());
                    scores[i] = logits[i * 5 + t] = score.logit();
                }
                System.arraycopy(Ranking.order(scores), 0, ranking, t * 5, 5);
            }
            GOLDEN.assertClose("logits_per_image", logits);
            GOLDEN.assertEqual("ranking", ranking);
        }
    }

    @Test
    void statesSizesAndMemory() {
        try (Clip clip = load()) {
            assertEquals(20, clip.embeddingSize());
            assertEquals("ViT-40/8@40", clip.name());
            assertTrue(clip.plan(1).mappedBytes() > 2_500_000);
            assertTrue(clip.plan(1).weightBytes() > 0);
            assertTrue(clip.plan(8).scratchBytes() > clip.plan(1).scratchBytes());
            assertEquals(clip.plan(8), clip.plan(1000));
            assertEquals(0, clip.plan(0).scratchBytes());
        }
    }
}
