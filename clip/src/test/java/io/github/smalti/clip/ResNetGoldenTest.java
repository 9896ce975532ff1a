package io.github.smalti.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.golden.GoldenCase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResNetGoldenTest {
    private static final GoldenCase GOLDEN = GoldenCase.of("clip-resnet/openai/case");
    private static final String SCRIPT = "model-torchscript.pt";
    private static final int PICTURES = 3;
    private static final int TEXTS = 5;

    private static Path file(String name) { return GoldenCase.path("clip-resnet/openai").resolve(name); }

    private static ClipTowers open(String name, Compute compute) {
        return ClipTowers.open(file(name), compute, Precision.F32);
    }

    private static List<float[]> pictures() { return TestPictures.fromPlanes(GOLDEN.floats("pixel_values"), PICTURES); }

    @ParameterizedTest
    @ValueSource(strings = {"model-statedict.pt", SCRIPT})
    void archivesGiveTheReferenceScoresWithoutConfiguration(String name) {
        int[] ids = GOLDEN.ints("token_ids");
        List<int[]> texts = new ArrayList<>();
        for (int i = 0; i < TEXTS; i++) texts.add(Arrays.copyOfRange(ids, i * 16, (i + 1) * 16));
        try (ClipTowers towers = open(name, TestPictures.SCALAR)) {
            assertEquals("RN-8/1-2-1-1@64", towers.image().config().name());
            float[][] text = towers.text().embed(texts);
            float[][] image = towers.image().embed(pictures());
            GOLDEN.assertClose("text_embeds_raw", TestPictures.flat(text));
            GOLDEN.assertClose("image_embeds_raw", TestPictures.flat(image));
            for (float[] embedding : text) Embeddings.normalizeInPlace(embedding);
            for (float[] embedding : image) Embeddings.normalizeInPlace(embedding);
            GOLDEN.assertClose("text_embeds", TestPictures.flat(text));
            GOLDEN.assertClose("image_embeds", TestPictures.flat(image));
            float[] logits = new float[PICTURES * TEXTS];
            int[] ranking = new int[PICTURES * TEXTS];
            for (int t = 0; t < TEXTS; t++) {
                float[] scores = new float[PICTURES];
                for (int i = 0; i < PICTURES; i++) {
                    scores[i] = (float) (towers.logitScale() * Embeddings.dot(image[i], text[t]));
                    logits[i * TEXTS + t] = scores[i];
                }
                System.arraycopy(Ranking.order(scores), 0, ranking, t * PICTURES, PICTURES);
            }
            GOLDEN.assertClose("logits_per_image", logits);
            GOLDEN.assertEqual("ranking", ranking);
        }
    }

    /// The reference, in float32 too, was off by 2.0e-6 from a forward pass in float64; numbers have up to 4.
    @Test
    void foldedBatchNormsAreAsNearAsFloat32Allows() {
        try (ClipTowers towers = open(SCRIPT, TestPictures.SCALAR)) {
            float[] image = TestPictures.flat(towers.image().embed(pictures()));
            GoldenCase.assertClose("image_embeds_raw", GOLDEN.floats("image_embeds_raw"), image, 1e-5, 0);
        }
    }

    @Test
    void bitsDependNeitherOnBatchNorThreadsNorKernels() {
        float[][] want;
        try (ClipTowers towers = open(SCRIPT, TestPictures.SCALAR)) {
            want = towers.image().embed(pictures());
            for (int i = 0; i < PICTURES; i++) {
                assertArrayEquals(want[i], towers.image().embed(pictures().subList(i, i + 1))[0]);
            }
        }
        assertTrue(!Arrays.equals(want[0], want[1]));
        for (int threads : new int[]{1, 2, 7}) {
            try (var team = new Team(threads);
                    ClipTowers towers = open(SCRIPT, new Compute(Kernels.best(), team))) {
                assertArrayEquals(want, towers.image().embed(pictures()));
            }
        }
    }

    @Test
    void scriptedArchiveKeepsItsMixedTypes() {
        try (ClipTowers towers = open(SCRIPT, TestPictures.SCALAR)) {
            assertTrue(GOLDEN.manifest().get("dtypes_in_torchscript").size() > 50);
            for (String name : List.of("visual.conv1.weight", "visual.layer2.0.downsample.0.weight",
                    "visual.attnpool.q_proj.weight", "visual.bn1.running_var",
                    "visual.attnpool.positional_embedding")) {
                String type = GOLDEN.manifest().get("dtypes_in_torchscript").get(name).asText();
                String found = towers.weights().tensor(name).toString();
                assertTrue(found.endsWith(type.replace("float", "f")), name + ": " + found + " is not " + type);
            }
        }
    }
}
