package io.github.smalti.transformer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.golden.Npy;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The embedded model: greedy codes of the reference, and what holds for every drawing.
class EmojiScenesTest {
    private static final Path MODEL = GoldenCase.embeddedModels().resolve("emoji-scenes/dalle");
    private static final JsonNode EXPECTED = GoldenCase.json(GoldenCase.path("emoji-scenes/expected/manifest.json"));
    private static DalleBart bart;

    @BeforeAll
    static void load() { bart = DalleBart.load(MODEL, Compute.shared(), Precision.F32); }

    @AfterAll
    static void close() { bart.close(); }

    static int[] ints(JsonNode list) { return IntStream.range(0, list.size()).map(i -> list.get(i).asInt()).toArray(); }

    private static TextIds prompt(int index) {
        JsonNode c = EXPECTED.path("cases").get(index);
        return new TextIds(ints(c.path("text_ids")), Arrays.stream(ints(c.path("text_mask"))).sum());
    }

    private static TextIds empty() { return new TextIds(ints(EXPECTED.path("unconditional_ids")), 2); }

    private static CodeRequest random(int prompt, float scale, long seed, int... images) {
        return new CodeRequest(prompt(prompt), empty(), new Sampling.Random(1f, 0, 1f), scale, seed, images);
    }

    private static int[][] draw(DalleBart model, CodeRequest request) {
        return model.generate(request, (_, _) -> true);
    }

    @Test
    void drawsTheReferencesGreedyCodes() {
        int sequences = 0;
        for (int i = 0; i < EXPECTED.path("cases").size(); i++) {
            for (JsonNode greedy : EXPECTED.path("cases").get(i).path("greedy")) {
                float scale = greedy.path("scale").floatValue();
                var request = new CodeRequest(prompt(i), empty(), new Sampling.Greedy(), scale, 0, new int[]{0});
                assertArrayEquals(ints(greedy.path("tokens")), draw(bart, request)[0],
                        "prompt " + i + " scale " + scale);
                sequences++;
            }
        }
        assertTrue(sequences >= 12, sequences + " sequences");
    }

    @Test
    void encodesAsTheReference() {
        Npy want = Npy.read(GoldenCase.path("emoji-scenes/expected/00-encoder-hidden.npy"));
        float[] got = bart.encoder().encode(prompt(0), bart.textLength());
        int conditional = want.floats().length - got.length;
        assertEquals(2 * got.length, want.floats().length, "rows: " + Arrays.toString(want.shape()));
        GoldenCase.assertClose("encoder hidden", Arrays.copyOfRange(want.floats(), conditional, want.floats().length),
                got,
                1e-4, 1e-4);
        GoldenCase.assertClose("encoder hidden, empty prompt", Arrays.copyOf(want.floats(), got.length),
                bart.encoder().encode(empty(), bart.textLength()), 1e-4, 1e-4);
    }

    /// The reference's tokens are fed, so that every step can be compared, whatever the one before would have drawn.
    @Test
    void givesTheReferencesLogitsAtEveryStep() {
        double tolerance = EXPECTED.path("tolerances").path("logits").asDouble();
        for (int i = 0; i < EXPECTED.path("cases").size(); i++) {
            for (JsonNode greedy : EXPECTED.path("cases").get(i).path("greedy")) {
                int scale = greedy.path("scale").asInt();
                String what = "prompt " + i + " scale " + scale;
                float[] logits = forced(prompt(i), scale, ints(greedy.path("tokens")));
                Path stored = GoldenCase.path("emoji-scenes/expected/0" + i + "-s" + scale + "-logits.npy");
                if (Files.exists(stored)) {
                    GoldenCase.assertClose(what, Npy.read(stored).floats(), logits, tolerance, 0);
                }
                int columns = bart.config().imageRows();
                double sum = 0;
                for (int n = 0; n < columns; n++) sum += logits[n];
                assertEquals(greedy.path("first_step_logits_sum").asDouble(), sum, tolerance * columns / 10, what);
                for (int step = 0; step < bart.codeCount(); step++) {
                    double norm = 0;
                    for (int n = 0; n < columns; n++) norm += Math.pow(logits[step * columns + n], 2);
                    assertEquals(greedy.path("logits_norm_per_step").get(step).asDouble(), Math.sqrt(norm), tolerance,
                            what + " step " + step);
                }
            }
        }
    }

    /// Guided logits (steps, imageRows) while the given tokens are fed.
    private static float[] forced(TextIds text, float scale, int[] tokens) {
        int columns = bart.config().imageRows();
        EncodedPrompts encoded = bart.encoder().encode(text, empty());
        DalleBartDecoder.State state = bart.decoder().new State(Arena.ofAuto(), encoded, new int[]{0, 1});
        float[] out = new float[tokens.length * columns];
        int token = bart.config().startToken();
        for (int step = 0; step < tokens.length; step++) {
            float[] logits = bart.decoder().step(new int[]{token, token}, step, state);
            for (int n = 0; n < columns; n++) {
                float other = logits[columns + n];
                out[step * columns + n] = scale == 1 ? logits[n] : other + scale * (logits[n] - other);
            }
            token = tokens[step];
        }
        return out;
    }

    @Test
    void entropyRisesWithTemperature() {
        var sampler = new CodeSampler(Kernels.best(), bart.codebookSize());
        assertTrue(sampler.guide(forced(prompt(1), 2f, new int[]{0}), 0, -1, 1f));
        double last = -1;
        for (float temperature : new float[]{0.1f, 0.5f, 0.85f, 1f, 1.5f, 3f}) {
            double entropy = 0;
            for (float p : sampler.distribution(new Sampling.Random(temperature, 0, 1f))) {
                if (p > 0) entropy -= p * Math.log(p);
            }
            assertTrue(entropy > last, "temperature " + temperature + ": " + entropy + " nats after " + last);
            last = entropy;
        }
        assertTrue(last < Math.log(bart.codebookSize()), "never above that of equal chances");
    }

    @Test
    void imagesDoNotDependOnTheirBatch() {
        int[][] eight = draw(bart, random(1, 2f, 7, 0, 1, 2, 3, 4, 5, 6, 7));
        assertArrayEquals(eight[3], draw(bart, random(1, 2f, 7, 3))[0], "image 3 alone");
        assertArrayEquals(eight[3], draw(bart, random(1, 2f, 7, 1, 2, 3))[2], "image 3 of 3");
    }

    @Test
    void imagesOfOneCallDifferAndSeedsMatter() {
        int[][] eight = draw(bart, random(0, 3f, 7, 0, 1, 2, 3, 4, 5, 6, 7));
        long distinct = Arrays.stream(eight).map(Arrays::toString).distinct().count();
        assertEquals(8, distinct, "the notebook drew one picture n times (S48)");
        assertNotEquals(Arrays.toString(eight[0]), Arrays.toString(draw(bart, random(0, 3f, 8, 0))[0]));
    }

    @Test
    void drawsTheSameOnAnyThreadsAndKernels() {
        int[][] want = draw(bart, random(2, 2f, 11, 0, 1, 2));
        for (int threads : new int[]{1, 2, 7}) {
            for (Kernels kernels : List.of(Kernels.best(), Kernels.scalar())) {
                try (Team team = new Team(threads);
                        DalleBart other = DalleBart.load(MODEL, new Compute(kernels, team), Precision.F32)) {
                    assertTrue(Arrays.deepEquals(want, draw(other, random(2, 2f, 11, 0, 1, 2))),
                            kernels.name() + " on " + threads);
                }
            }
        }
    }

    @Test
    void guidanceOfOneIsThePromptsStreamAlone() {
        var alone = new CodeRequest(prompt(1), empty(), new Sampling.Random(0.9f, 0, 1f), 1f, 5, new int[]{0, 1});
        var otherNegative = new CodeRequest(prompt(1), prompt(2), new Sampling.Random(0.9f, 0, 1f), 1f, 5,
                new int[]{0, 1});
        assertFalse(alone.isGuided());
        assertTrue(Arrays.deepEquals(draw(bart, alone), draw(bart, otherNegative)), "the other branch plays no part");
        assertTrue(bart.plan(8, true).cacheBytes() > 1.9 * bart.plan(8, false).cacheBytes(),
                "one stream, half the cache");
    }

    @Test
    void noFilterEqualsTheWholeVocabulary() {
        int[][] none = draw(bart, random(0, 2f, 3, 0, 1));
        for (Sampling all : List.of(new Sampling.Random(1f, 1024, 1f), new Sampling.Random(1f, 5000, 1f))) {
            var request = new CodeRequest(prompt(0), empty(), all, 2f, 3, new int[]{0, 1});
            assertTrue(Arrays.deepEquals(none, draw(bart, request)), all.toString());
        }
    }

    @Test
    void negativePromptChangesTheDrawing() {
        var request = new CodeRequest(prompt(0), prompt(3), new Sampling.Greedy(), 3f, 0, new int[]{0});
        var plain = new CodeRequest(prompt(0), empty(), new Sampling.Greedy(), 3f, 0, new int[]{0});
        assertFalse(Arrays.equals(draw(bart, request)[0], draw(bart, plain)[0]));
    }

    @Test
    void stopsWithinOneTokenAndLeavesNothingBehind() {
        int[] calls = new int[1];
        assertThrows(GenerationCancelledException.class,
                () -> bart.generate(random(0, 2f, 1, 0), (done, codes) -> ++calls[0] < 5));
        assertEquals(5, calls[0]);
        assertArrayEquals(draw(bart, random(0, 2f, 1, 0))[0], draw(bart, random(0, 2f, 1, 0))[0]);
    }

    @Test
    void manyThreadsShareOneModel() throws Exception {
        List<int[]> want = new ArrayList<>();
        for (int i = 0; i < 6; i++) want.add(draw(bart, random(i % 4, 2f, i, i))[0]);
        try (var pool = Executors.newFixedThreadPool(6)) {
            List<Callable<int[]>> calls = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                int n = i;
                calls.add(() -> draw(bart, random(n % 4, 2f, n, n))[0]);
            }
            var got = pool.invokeAll(calls);
            for (int i = 0; i < 6; i++) assertArrayEquals(want.get(i), got.get(i).get(), "caller " + i);
        }
    }

    @Test
    void bfloat16StaysCloseToFloat32() {
        try (DalleBart half = DalleBart.load(MODEL, Compute.shared(), Precision.BF16)) {
            float[] want = firstLogits(bart);
            float[] got = firstLogits(half);
            double difference = 0;
            double norm = 0;
            for (int i = 0; i < want.length; i++) {
                difference += Math.pow(want[i] - got[i], 2);
                norm += Math.pow(want[i], 2);
            }
            double relative = Math.sqrt(difference / norm);
            assertTrue(relative > 0 && relative < 0.02, "relative distance of the logits " + relative);
            assertTrue(half.plan(1, false).weightBytes() < 0.51 * bart.plan(1, false).weightBytes());
        }
    }

    private static float[] firstLogits(DalleBart model) {
        EncodedPrompts encoded = model.encoder().encode(prompt(0));
        int start = model.config().startToken();
        return model.decoder()
                .step(new int[]{start}, 0, model.decoder().new State(Arena.ofAuto(), encoded, new int[]{0})).clone();
    }

    @Test
    void planIsTrue() {
        var plan = DalleBart.plan(MODEL, Precision.F32, 4, true);
        assertEquals(plan, bart.plan(4, true), "the same before and after loading");
    }

    @Test
    void refusesIdsThatTheModelHasNoRowFor() {
        for (int id : new int[]{1861, -1, Integer.MAX_VALUE}) {
            TextIds text = new TextIds(new int[]{0, id, 2}, 3);
            var e = assertThrows(GenerationException.class, () -> draw(bart, greedy(text, empty(), 1f)));
            assertTrue(e.getMessage().contains("prompt's token 1 has id " + id), e.getMessage());
            assertTrue(e.getMessage().contains("1861 tokens"), e.getMessage());
            var negative = assertThrows(GenerationException.class, () -> draw(bart, greedy(empty(), text, 2f)));
            assertTrue(negative.getMessage().contains("negative prompt"), negative.getMessage());
        }
    }

    @Test
    void refusesRequestsThatDoNotFit() {
        var tooLong = greedy(new TextIds(new int[33], 33), empty(), 1f);
        var e = assertThrows(IllegalArgumentException.class, () -> draw(bart, tooLong));
        assertTrue(e.getMessage().contains("at most 32") && e.getMessage().contains("33"), e.getMessage());
        var many = random(0, 2f, 1, IntStream.range(0, 200_000).toArray());
        assertTrue(assertThrows(IllegalArgumentException.class, () -> draw(bart, many)).getMessage()
                .contains("found 200000"));
        assertThrows(IllegalArgumentException.class, () -> random(0, Float.NaN, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> random(0, 1f, 1));
        assertThrows(IllegalArgumentException.class, () -> random(0, 1f, 1, -1));
    }

    @Test
    void neverDrawsFromLogitsThatAreNotFinite() {
        for (Sampling sampling : List.of(new Sampling.Greedy(), new Sampling.Random(1f, 0, 1f))) {
            var request = new CodeRequest(prompt(0), empty(), sampling, Float.MAX_VALUE, 0, new int[]{7});
            var e = assertThrows(GenerationException.class, () -> draw(bart, request));
            assertTrue(e.getMessage().contains("image 7, token 0: the guided logits are not finite"), e.getMessage());
        }
    }

    private static CodeRequest greedy(TextIds prompt, TextIds negative, float scale) {
        return new CodeRequest(prompt, negative, new Sampling.Greedy(), scale, 0, new int[]{0});
    }
}
