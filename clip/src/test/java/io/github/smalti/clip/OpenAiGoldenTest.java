package io.github.smalti.clip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Precision;
import io.github.smalti.golden.GoldenCase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAiGoldenTest {
    private static final GoldenCase GOLDEN = GoldenCase.of("clip/openai/case");
    private static final String SCRIPT = "model-torchscript.pt";

    private static ClipTowers open(String file) {
        return ClipTowers.open(GoldenCase.path("clip/openai").resolve(file), TestPictures.SCALAR, Precision.F32);
    }

    @ParameterizedTest
    @ValueSource(strings = {"model-statedict.pt", SCRIPT})
    void archivesGiveTheReferenceScoresWithoutConfiguration(String file) {
        int[] ids = GOLDEN.ints("token_ids");
        List<int[]> texts = new ArrayList<>();
        for (int i = 0; i < 5; i++) texts.add(Arrays.copyOfRange(ids, i * 20, (i + 1) * 20));
        try (ClipTowers towers = open(file)) {
            assertEquals("ViT-128/16@48", towers.image().config().name());
            float[][] text = towers.text().embed(texts);
            float[][] image = towers.image().embed(TestPictures.fromPlanes(GOLDEN.floats("pixel_values"), 3));
            GOLDEN.assertClose("text_embeds_raw", TestPictures.flat(text));
            GOLDEN.assertClose("image_embeds_raw", TestPictures.flat(image));
            for (float[] embedding : text) Embeddings.normalizeInPlace(embedding);
            for (float[] embedding : image) Embeddings.normalizeInPlace(embedding);
            GOLDEN.assertClose("text_embeds", TestPictures.flat(text));
            GOLDEN.assertClose("image_embeds", TestPictures.flat(image));
            float[] logits = new float[15];
            int[] ranking = new int[15];
            for (int t = 0; t < 5; t++) {
                float[] scores = new float[3];
                for (int i = 0; i < 3; i++) {
                    scores[i] = (float) (towers.logitScale() * Embeddings.dot(image[i], text[t]));
                    logits[i * 5 + t] = scores[i];
                }
                System.arraycopy(Ranking.order(scores), 0, ranking, t * 3, 3);
            }
            GOLDEN.assertClose("logits_per_image", logits);
            GOLDEN.assertEqual("ranking", ranking);
        }
    }

    @Test
    void scriptedArchiveKeepsItsMixedTypes() {
        try (ClipTowers towers = open(SCRIPT)) {
            var types = GOLDEN.manifest().get("dtypes_in_torchscript");
            assertTrue(types.size() > 50);
            assertEquals("float16", types.get("visual.proj").asText());
            assertEquals("f16", type(towers, "visual_projection.weight"));
            assertEquals("f16", type(towers, "vision_model.embeddings.patch_embedding.weight"));
            assertEquals("f32", type(towers, "vision_model.pre_layrnorm.weight"));
            assertEquals("f32", type(towers, "text_model.embeddings.token_embedding.weight"));
        }
    }

    private static String type(ClipTowers towers, String name) {
        String described = towers.weights().tensor(name).toString();
        return described.substring(described.lastIndexOf(' ') + 1);
    }
}
