package io.github.smalti.transformer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.AttentionPattern;
import io.github.smalti.golden.GoldenCase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every array of the reference, from the original files, at the stated tolerances.
class RuDalleGoldenTest {
    private static final int TEXTS = 3;

    private static GoldenCase golden(String model) { return GoldenCase.of("rudalle/" + model + "/case"); }

    private static RuDalle load(String model) {
        return RuDalle.load(GoldenCase.path("rudalle/" + model), Compute.shared(), Precision.F32);
    }

    /// The text of a row, without its padding.
    private static TextIds text(GoldenCase golden, RuDalle model, int row) {
        int length = model.textLength();
        int[] ids = Arrays.copyOfRange(golden.ints("text_ids"), row * length, (row + 1) * length);
        int used = length;
        while (ids[used - 1] == 0) used--;
        return new TextIds(ids, used);
    }

    private static int[] row(int[] rows, int row) {
        int length = rows.length / TEXTS;
        return Arrays.copyOfRange(rows, row * length, (row + 1) * length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"malevich-tiny", "plain-v2"})
    void fillsPaddingByPosition(String name) {
        GoldenCase golden = golden(name);
        try (RuDalle model = load(name)) {
            golden.assertEqual("text_ids_filled", IntStream.range(0, TEXTS)
                    .mapToObj(row -> model.filled(text(golden, model, row))).flatMapToInt(Arrays::stream).toArray());
        }
    }

    /// All positions in blocks, and all columns of the head, those of the text's tokens too, which the model does not load.
    @ParameterizedTest
    @ValueSource(strings = {"malevich-tiny", "plain-v2"})
    void givesTheLogitsOfTheFullPass(String name) {
        GoldenCase golden = golden(name);
        try (RuDalle model = load(name)) {
            var head = new WholeHead(model);
            List<float[]> logits = new ArrayList<>();
            for (int row = 0; row < TEXTS; row++) {
                var walk = new DecoderWalk(model, text(golden, model, row));
                walk.readPrompt();
                walk.hidden().forEach(hidden -> logits.add(head.logits(hidden)));
                int[] forced = row(golden.ints("forced_image_tokens"), row);
                for (int from = -model.decoder().leadingRows(), end; from < forced.length; from = end) {
                    end = walk.read(forced, from, forced.length);
                    walk.hidden().forEach(hidden -> logits.add(head.logits(hidden)));
                }
            }
            DecoderWalk.assertClose(golden, "full_logits", logits);
        }
    }

    /// One position after the other, after the text and after each forced token.
    @ParameterizedTest
    @ValueSource(strings = {"malevich-tiny", "plain-v2"})
    void givesTheLogitsOfCachedSteps(String name) {
        GoldenCase golden = golden(name);
        try (RuDalle model = load(name)) {
            var head = new WholeHead(model);
            List<float[]> logits = new ArrayList<>();
            for (int row = 0; row < TEXTS; row++) {
                var walk = new DecoderWalk(model, text(golden, model, row));
                walk.readPrompt();
                int[] forced = row(golden.ints("forced_image_tokens"), row);
                if (model.decoder().leadingRows() > 0) walk.read(forced, -1, 0);
                logits.add(head.logits(walk.hidden().getLast()));
                for (int i = 0; i < forced.length; i++) {
                    walk.read(forced, i, i + 1);
                    logits.add(head.logits(walk.hidden().getLast()));
                }
            }
            DecoderWalk.assertClose(golden, "step_logits", logits);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"malevich-tiny", "plain-v2"})
    void drawsTheReferencesGreedyCodes(String name) {
        GoldenCase golden = golden(name);
        try (RuDalle model = load(name)) {
            for (String drawing : List.of("greedy_text_only", "greedy_image_prefix")) {
                if (!golden.names().contains(drawing)) continue;
                boolean isPrefixed = drawing.endsWith("prefix");
                List<float[]> logits = new ArrayList<>();
                int[] codes = new int[TEXTS * model.codeCount()];
                for (int row = 0; row < TEXTS; row++) {
                    int[] prefix = isPrefixed ? row(golden.ints("image_prefix"), row) : new int[0];
                    TextIds text = text(golden, model, row);
                    int[] drawn = DecoderWalk.greedy(model, text, prefix);
                    System.arraycopy(drawn, 0, codes, row * drawn.length, drawn.length);
                    logits.addAll(DecoderWalk.logitsOf(model, text, drawn, prefix.length));
                }
                golden.assertEqual(drawing, codes);
                DecoderWalk.assertClose(golden, drawing + "_logits", logits);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"malevich-tiny", "plain-v2"})
    void ranksByTheReferencesPerplexity(String name) {
        GoldenCase golden = golden(name);
        try (RuDalle model = load(name)) {
            float[] got = new float[TEXTS];
            int[][] pictures = new int[TEXTS][];
            Arrays.setAll(pictures, row -> row(golden.ints("ranked_images"), row));
            for (int row = 0; row < TEXTS; row++) {
                TextIds text = text(golden, model, row);
                got[row] = model.perplexities(text, new int[][]{pictures[row]}, (_, _) -> true)[0];
                assertEquals(got[row], model.perplexities(text, pictures, (_, _) -> true)[row], "among others");
            }
            golden.assertClose("perplexity", got);
            if (golden.names().contains("perplexity_upstream")) {
                float[] upstream = new float[TEXTS];
                for (int row = 0; row < TEXTS; row++) {
                    upstream[row] = onePositionOff(model, text(golden, model, row), pictures[row]);
                }
                golden.assertClose("perplexity_upstream", upstream);
            }
        }
    }

    /// What upstream computes for v2: the logits of code i judge code i + 1.
    private static float onePositionOff(RuDalle model, TextIds text, int[] codes) {
        List<float[]> logits = DecoderWalk.logitsOf(model, text, codes, 0);
        double sum = 0;
        for (int i = 1; i < codes.length; i++) {
            double total = 0;
            float[] before = logits.get(i - 1);
            for (float logit : before) total += Math.exp(logit - before[codes[i]]);
            sum += total;
        }
        return (float) (sum / (codes.length - 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"malevich-tiny", "plain-v2"})
    void laysOutTheReferencesLayersAndMasks(String name) {
        GoldenCase golden = golden(name);
        try (RuDalle model = load(name)) {
            List<AttentionPattern> patterns = model.config().patterns();
            JsonNode kinds = golden.manifest().path("layer_mask_kinds");
            assertEquals(kinds.size(), patterns.size());
            for (int layer = 0; layer < patterns.size(); layer++) {
                String kind = kinds.get(layer).asText();
                int[] want = golden.ints("mask_" + kind);
                assertArrayEquals(want, mask(patterns.get(layer), model.textLength()), "layer " + layer + ", " + kind);
            }
            assertTrue(patterns.size() >= 4);
        }
    }

    private static int[] mask(AttentionPattern pattern, int textLength) {
        int size = textLength + pattern.length();
        int[] mask = new int[size * size];
        for (int from = 0; from < size; from++) {
            for (int to = 0; to <= from; to++) {
                boolean sees = to < textLength || pattern.sees(from - textLength, to - textLength);
                mask[from * size + to] = sees ? 1 : 0;
            }
        }
        return mask;
    }

    /// The whole head by scalar arithmetic, from the checkpoint itself.
    private static final class WholeHead {
        private final float[] weight;
        private final float[] bias;

        WholeHead(RuDalle model) {
            String folder = model.config().version() == RuDalleConfig.Version.V2 ? "plain-v2" : "malevich-tiny";
            weight = DecoderWalk.tensor("rudalle/" + folder + "/pytorch_model.bin", "to_logits.1.weight");
            bias = DecoderWalk.tensor("rudalle/" + folder + "/pytorch_model.bin", "to_logits.1.bias");
        }

        float[] logits(float[] hidden) { return DecoderWalk.dense(weight, bias, hidden); }
    }
}
