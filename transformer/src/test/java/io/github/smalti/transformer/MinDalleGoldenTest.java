package io.github.smalti.transformer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.golden.GoldenCase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every array of the reference's second stage, from the original files, at the stated tolerances.
class MinDalleGoldenTest {
    private static final int PROMPTS = 3;

    private static GoldenCase golden(String model) { return GoldenCase.of("mindalle/" + model + "/case"); }

    private static MinDalle load(String model) {
        return MinDalle.load(GoldenCase.path("mindalle/" + model), Compute.shared(), Precision.F32);
    }

    private static TextIds prompt(GoldenCase golden, MinDalle model, int row) {
        int[] ids = golden.ints(model.promptKind() == PromptKind.TEXT ? "text_ids" : "labels");
        int length = model.textLength();
        return new TextIds(Arrays.copyOfRange(ids, row * length, (row + 1) * length), length);
    }

    private static int[] row(int[] rows, int row) {
        int length = rows.length / PROMPTS;
        return Arrays.copyOfRange(rows, row * length, (row + 1) * length);
    }

    /// The text's own logits by the head that the model does not load, the image's in blocks.
    @ParameterizedTest
    @ValueSource(strings = {"txt2img", "approx-nobias", "igpt-class"})
    void givesTheLogitsOfTheFullPass(String name) {
        GoldenCase golden = golden(name);
        String file = "mindalle/" + name + "/stage2_last.ckpt";
        try (MinDalle model = load(name)) {
            boolean isText = model.promptKind() == PromptKind.TEXT;
            float[] imageHead = DecoderWalk.tensor(file, isText ? "head_img.weight" : "head.weight");
            float[] textHead = isText ? DecoderWalk.tensor(file, "head_txt.weight") : new float[0];
            List<float[]> ofText = new ArrayList<>();
            List<float[]> ofImage = new ArrayList<>();
            for (int row = 0; row < PROMPTS; row++) {
                var walk = new DecoderWalk(model, prompt(golden, model, row));
                walk.readPrompt();
                List<float[]> text = walk.hidden();
                text.subList(0, text.size() - 1)
                        .forEach(hidden -> ofText.add(DecoderWalk.dense(textHead, null, hidden)));
                ofImage.add(DecoderWalk.dense(imageHead, null, text.getLast()));
                int[] forced = row(golden.ints("forced_image_tokens"), row);
                for (int from = 0, end; from < forced.length - 1; from = end) {
                    end = walk.read(forced, from, forced.length - 1);
                    walk.hidden().forEach(hidden -> ofImage.add(DecoderWalk.dense(imageHead, null, hidden)));
                }
            }
            if (isText) DecoderWalk.assertClose(golden, "logits_txt", ofText);
            DecoderWalk.assertClose(golden, "logits_img", ofImage);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"txt2img", "approx-nobias", "igpt-class"})
    void givesTheLogitsOfCachedSteps(String name) {
        GoldenCase golden = golden(name);
        try (MinDalle model = load(name)) {
            List<float[]> logits = new ArrayList<>();
            List<float[]> first = new ArrayList<>();
            for (int row = 0; row < PROMPTS; row++) {
                List<float[]> steps = DecoderWalk.logitsOf(model, prompt(golden, model, row),
                        row(golden.ints("forced_image_tokens"), row), 0);
                logits.addAll(steps);
                first.add(steps.getFirst());
            }
            DecoderWalk.assertClose(golden, "step_logits", logits);
            checkDistributions(golden, first);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"txt2img", "approx-nobias", "igpt-class"})
    void drawsTheReferencesGreedyCodes(String name) {
        GoldenCase golden = golden(name);
        try (MinDalle model = load(name)) {
            int[] codes = new int[PROMPTS * model.codeCount()];
            List<float[]> logits = new ArrayList<>();
            for (int row = 0; row < PROMPTS; row++) {
                TextIds prompt = prompt(golden, model, row);
                int[] drawn = DecoderWalk.greedy(model, prompt, new int[0]);
                System.arraycopy(drawn, 0, codes, row * drawn.length, drawn.length);
                logits.addAll(DecoderWalk.logitsOf(model, prompt, drawn, 0));
            }
            golden.assertEqual("greedy", codes);
            DecoderWalk.assertClose(golden, "greedy_logits", logits);
        }
    }

    private static void checkDistributions(GoldenCase golden, List<float[]> first) {
        int checked = 0;
        for (String name : golden.names()) {
            if (!name.startsWith("sample_probs_")) continue;
            JsonNode settings = settings(golden, name);
            assertEquals("step_logits[:, 0]", settings.path("of").asText());
            var random = new Sampling.Random(settings.path("temperature").floatValue(), settings.path("top_k").asInt(),
                    settings.path("top_p").isNull() ? 1f : settings.path("top_p").floatValue());
            List<float[]> probabilities = new ArrayList<>();
            for (float[] logits : first) {
                var sampler = new CodeSampler(Compute.shared().kernels(), logits.length);
                assertTrue(sampler.guide(logits, 0, -1, 1f));
                probabilities.add(sampler.distribution(random));
            }
            DecoderWalk.assertClose(golden, name, probabilities);
            checked++;
        }
        assertEquals(7, checked);
    }

    private static JsonNode settings(GoldenCase golden, String name) {
        try {
            return new ObjectMapper().readTree(golden.entry(name).path("note").asText());
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new AssertionError(name, e);
        }
    }

    /// The mean over codes 1… of 1 / probability, by the reference's logits.
    @ParameterizedTest
    @ValueSource(strings = {"txt2img", "approx-nobias", "igpt-class"})
    void judgesPicturesByTheReferencesLogits(String name) {
        GoldenCase golden = golden(name);
        float[] logits = golden.floats("logits_img");
        try (MinDalle model = load(name)) {
            int columns = model.codebookSize();
            for (int row = 0; row < PROMPTS; row++) {
                int[] codes = row(golden.ints("forced_image_tokens"), row);
                double sum = 0;
                for (int i = 1; i < codes.length; i++) {
                    int at = (row * codes.length + i) * columns;
                    for (int n = 0; n < columns; n++) sum += Math.exp(logits[at + n] - logits[at + codes[i]]);
                }
                double want = sum / (codes.length - 1);
                float got = model.perplexities(prompt(golden, model, row), new int[][]{codes}, (_, _) -> true)[0];
                assertEquals(want, got, 1e-4 * want, "row " + row);
            }
        }
    }
}
