package io.github.smalti.transformer;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.golden.GoldenCase;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What bf16 and int8 weights do to logits; prints the lines of docs/performance/quality.md.
class PrecisionGoldenTest {
    /// The matrices that a logit has come through in the smaller golden model: 2 layers of 4 in the encoder, 2 of 8 in
    /// the decoder, and the last one.
    private static final int MATRICES = 25;

    /// Normalised mean square error that rounding may cause, if each matrix adds its own.
    ///
    /// | precision | error of a weight | relative to the weights' mean square |
    /// |---|---|---|
    /// | bf16, 7 bits behind the point | uniform within 2⁻⁸ of its power of two | at most 2⁻¹⁶ / 3 |
    /// | int8 | uniform within half a step, largest / 127 | largest² / (12 · 127²), the largest within 4 standard deviations |
    private static double allowed(Precision precision) {
        return MATRICES * switch (precision) {
            case F32 -> 1e-12;
            case BF16 -> 0x1p-16 / 3;
            case INT8 -> 16 / (12.0 * 127 * 127);
        };
    }

    @ParameterizedTest
    @EnumSource
    void logitsStayWithinTheErrorOfRounding(Precision precision) {
        for (String model : new String[]{"mini", "mega-fp16"}) {
            for (String name : new String[]{"padded", "full", "one_word"}) {
                GoldenCase golden = GoldenCase.of("dalle-mini/" + model + "/cases/" + name);
                float[] want = golden.floats("decoder_logits");
                float[] got = logits(model, golden, precision);
                double error = 0;
                double square = 0;
                double worst = 0;
                for (int i = 0; i < want.length; i++) {
                    error += Math.pow((double) got[i] - want[i], 2);
                    square += (double) want[i] * want[i];
                    worst = Math.max(worst, Math.abs(got[i] - want[i]));
                }
                System.out.printf(Locale.ROOT, "| %s %s | %s | %.2g | %.1e |%n", model, name, precision, worst,
                        error / square);
                assertTrue(error / square <= allowed(precision), model + " " + name + " " + precision + ": "
                        + error / square + ", allowed " + allowed(precision));
            }
        }
    }

    /// Logits (2, forced, imageRows) of the golden case's forced tokens.
    private static float[] logits(String model, GoldenCase golden, Precision precision) {
        try (DalleBart bart = DalleBart.load(GoldenCase.path("dalle-mini/" + model), Compute.shared(), precision)) {
            int length = bart.textLength();
            int[] ids = golden.ints("text_ids");
            int[] mask = golden.ints("text_mask");
            TextIds[] texts = new TextIds[2];
            for (int row = 0; row < 2; row++) {
                texts[row] = new TextIds(Arrays.copyOfRange(ids, row * length, (row + 1) * length),
                        Arrays.stream(mask, row * length, (row + 1) * length).sum());
            }
            EncodedPrompts encoded = bart.encoder().encode(texts);
            int[] forced = golden.ints("forced_decoder_input");
            int columns = bart.config().imageRows();
            float[] out = new float[2 * forced.length * columns];
            DalleBartDecoder.State state = bart.decoder().new State(Arena.ofAuto(), encoded, new int[]{0, 1});
            for (int i = 0; i < forced.length; i++) {
                float[] step = bart.decoder().step(new int[]{forced[i], forced[i]}, i, state);
                System.arraycopy(step, 0, out, i * columns, columns);
                System.arraycopy(step, columns, out, (forced.length + i) * columns, columns);
            }
            return out;
        }
    }

    /// The reference's greedy tokens are fed, so that one other choice does not make all later ones differ.
    @ParameterizedTest
    @EnumSource
    void mostGreedyTokensOfTheEmbeddedModelStay(Precision precision) {
        JsonNode expected = GoldenCase.json(GoldenCase.path("emoji-scenes/expected/manifest.json"));
        TextIds empty = new TextIds(EmojiScenesTest.ints(expected.path("unconditional_ids")), 2);
        int tokens = 0;
        int equal = 0;
        try (DalleBart bart = DalleBart.load(GoldenCase.embeddedModels().resolve("emoji-scenes/dalle"),
                Compute.shared(), precision)) {
            for (JsonNode c : expected.path("cases")) {
                var text = new TextIds(EmojiScenesTest.ints(c.path("text_ids")),
                        Arrays.stream(EmojiScenesTest.ints(c.path("text_mask"))).sum());
                for (JsonNode greedy : c.path("greedy")) {
                    int[] want = EmojiScenesTest.ints(greedy.path("tokens"));
                    equal += equalChoices(bart, text, empty, greedy.path("scale").floatValue(), want);
                    tokens += want.length;
                }
            }
        }
        System.out.printf(Locale.ROOT, "| greedy tokens, the reference's fed | %s | %d of %d | %.1f %% |%n", precision,
                equal, tokens, 100.0 * equal / tokens);
        double share = precision == Precision.F32 ? 1 : precision == Precision.BF16 ? 0.95 : 0.9;
        assertTrue(equal >= share * tokens, precision + ": " + equal + " of " + tokens);
    }

    private static int equalChoices(DalleBart bart, TextIds text, TextIds empty, float scale, int[] want) {
        var state = bart.decoder().new State(Arena.ofAuto(), bart.encoder().encode(text, empty), new int[]{0, 1});
        int columns = bart.config().imageRows();
        int token = bart.config().startToken();
        int equal = 0;
        for (int position = 0; position < want.length; position++) {
            float[] step = bart.decoder().step(new int[]{token, token}, position, state);
            int best = 0;
            float highest = Float.NEGATIVE_INFINITY;
            for (int n = 0; n < bart.codebookSize(); n++) {
                float logit = step[columns + n] + scale * (step[n] - step[columns + n]);
                if (logit > highest) {
                    highest = logit;
                    best = n;
                }
            }
            token = want[position];
            if (best == token) equal++;
        }
        return equal;
    }
}
