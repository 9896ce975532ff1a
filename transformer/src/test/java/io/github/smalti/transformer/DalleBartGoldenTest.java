package io.github.smalti.transformer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.golden.GoldenCase;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every intermediate result of the reference, from the original file formats, at the stated tolerances.
class DalleBartGoldenTest {
    static Stream<Arguments> everyModelAndCase() {
        return Stream.of("mini", "mini-chunked", "mini-unscanned", "mini-port", "mega-fp16", "mini-bf16")
                .flatMap(model -> Stream.of("padded", "full", "one_word").map(name -> Arguments.of(model, name)));
    }

    /// The folder whose cases belong to a model: the same weights in other layouts share them.
    private static String casesOf(String model) {
        return Files.exists(GoldenCase.path("dalle-mini/" + model + "/cases")) ? model : "mini";
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("everyModelAndCase")
    void matchesTheReference(String model, String name) throws Exception {
        GoldenCase golden = GoldenCase.of("dalle-mini/" + casesOf(model) + "/cases/" + name);
        try (DalleBart bart = DalleBart.load(GoldenCase.path("dalle-mini/" + model), Compute.shared(), Precision.F32)) {
            TextIds[] texts = texts(golden, bart.textLength());
            checkEncoder(bart, golden, texts);
            float[] firstLogits = checkForcedLogits(bart, golden, texts);
            checkGreedy(bart, golden, texts);
            checkDistributions(bart, golden, firstLogits);
        }
    }

    private static TextIds[] texts(GoldenCase golden, int length) {
        int[] ids = golden.ints("text_ids");
        int[] mask = golden.ints("text_mask");
        TextIds[] texts = new TextIds[2]; // unconditional, conditional
        for (int row = 0; row < 2; row++) {
            int[] rowIds = Arrays.copyOfRange(ids, row * length, (row + 1) * length);
            texts[row] = new TextIds(rowIds, Arrays.stream(mask, row * length, (row + 1) * length).sum());
        }
        return texts;
    }

    private static void checkEncoder(DalleBart bart, GoldenCase golden, TextIds[] texts) {
        int length = bart.textLength();
        int dModel = bart.config().dModel();
        float[] hidden = new float[2 * length * dModel];
        for (int row = 0; row < 2; row++) {
            System.arraycopy(bart.encoder().encode(texts[row], length), 0, hidden, row * length * dModel,
                    length * dModel);
        }
        golden.assertClose("encoder_hidden", hidden);
    }

    private static float[] checkForcedLogits(DalleBart bart, GoldenCase golden, TextIds[] texts) {
        int[] forced = golden.ints("forced_decoder_input");
        int columns = bart.config().imageRows();
        float[] logits = new float[2 * forced.length * columns];
        float[] guided = new float[forced.length * columns];
        DalleBartDecoder.State state = state(bart, texts);
        for (int i = 0; i < forced.length; i++) {
            float[] step = bart.decoder().step(new int[]{forced[i], forced[i]}, i, state);
            System.arraycopy(step, 0, logits, i * columns, columns);
            System.arraycopy(step, columns, logits, (forced.length + i) * columns, columns);
            mix(step, columns, 10f, guided, i * columns);
        }
        golden.assertClose("decoder_logits", logits);
        golden.assertClose("supercond_logits_s10", guided);
        float[] first = new float[2 * columns];
        System.arraycopy(logits, 0, first, 0, columns);
        System.arraycopy(logits, forced.length * columns, first, columns, columns);
        return first;
    }

    private static DalleBartDecoder.State state(DalleBart bart, TextIds[] texts) {
        EncodedPrompts encoded = bart.encoder().encode(texts[0], texts[1]);
        return bart.decoder().new State(Arena.ofAuto(), encoded, new int[]{0, 1});
    }

    private static void mix(float[] step, int columns, float scale, float[] out, int at) {
        for (int n = 0; n < columns; n++) {
            out[at + n] = scale == 1f ? step[columns + n] : step[n] + scale * (step[columns + n] - step[n]);
        }
    }

    private static void checkGreedy(DalleBart bart, GoldenCase golden, TextIds[] texts) {
        JsonNode config = GoldenCase.json(golden.folder().resolve("../../config.json"));
        int eos = config.path("eos_token_id").asInt();
        for (int scale : new int[]{1, 10}) {
            String name = "greedy_s" + scale + "_";
            var request = new CodeRequest(texts[1], texts[0], new Sampling.Greedy(), scale, 0, new int[]{0});
            golden.assertEqual(name + "image_vocab", bart.generate(request, (_, _) -> true)[0]);

            float[] logits = new float[bart.codeCount() * bart.config().imageRows()];
            greedy(bart, texts, scale, bart.codebookSize(), -1, logits);
            golden.assertClose(name + "image_vocab_logits", logits);
            golden.assertEqual(name + "all_but_eos",
                    greedy(bart, texts, scale, bart.config().imageRows(), eos, logits));
        }
    }

    private static int[] greedy(DalleBart bart, TextIds[] texts, float scale, int rows, int eos, float[] logits) {
        int columns = bart.config().imageRows();
        DalleBartDecoder.State state = state(bart, texts);
        int[] codes = new int[bart.codeCount()];
        int token = bart.config().startToken();
        for (int position = 0; position < codes.length; position++) {
            mix(bart.decoder().step(new int[]{token, token}, position, state), columns, scale, logits,
                    position * columns);
            token = -1;
            for (int n = 0; n < rows; n++) {
                if (n != eos && (token < 0 || logits[position * columns + n] > logits[position * columns + token]))
                    token = n;
            }
            codes[position] = token;
        }
        return codes;
    }

    private static void checkDistributions(DalleBart bart, GoldenCase golden, float[] firstLogits) throws Exception {
        int columns = bart.config().imageRows();
        int checked = 0;
        for (String name : golden.names()) {
            if (!name.startsWith("sample_probs_")) continue;
            JsonNode settings = new ObjectMapper().readTree(golden.entry(name).path("note").asText());
            var sampler = new CodeSampler(Compute.shared().kernels(), bart.codebookSize());
            sampler.guide(firstLogits, columns, 0, settings.path("scale").floatValue());
            var random = new Sampling.Random(settings.path("temperature").floatValue(), settings.path("top_k").asInt(),
                    1f);
            golden.assertClose(name, sampler.distribution(random));
            checked++;
        }
        assertEquals(5, checked);
    }
}
