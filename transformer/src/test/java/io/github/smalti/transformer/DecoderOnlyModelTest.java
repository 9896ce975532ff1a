package io.github.smalti.transformer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.golden.GoldenCase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// What holds for every drawing of every decoder-only model.
class DecoderOnlyModelTest {
    static final List<String> MODELS = List.of("rudalle/malevich-tiny", "rudalle/plain-v2", "mindalle/txt2img",
            "mindalle/approx-nobias", "mindalle/igpt-class");
    private static final Sampling RANDOM = new Sampling.Random(1f, 20, 0.95f);

    private static DecoderOnlyModel load(String name) { return load(name, Compute.shared(), Precision.F32); }

    private static DecoderOnlyModel load(String name, Compute compute, Precision precision) {
        return (DecoderOnlyModel) CodeGenerators.load(GoldenCase.path(name), compute, precision);
    }

    private static TextIds prompt(DecoderOnlyModel model, int variant) {
        int[] ids = new int[model.textLength()];
        for (int i = 0; i < ids.length; i++) ids[i] = i == 0 || 2 * i < ids.length ? 2 + (variant + i) % 4 : 0;
        return new TextIds(ids, ids.length);
    }

    private static CodeRequest request(DecoderOnlyModel model, float scale, long seed, ImagePrompt given,
            int... images) {
        return new CodeRequest(prompt(model, 0), prompt(model, 1), RANDOM, scale, seed, images, given);
    }

    private static int[][] draw(DecoderOnlyModel model, CodeRequest request) {
        return model.generate(request, (_, _) -> true);
    }

    private static ImagePrompt given(int[] codes, int... positions) {
        Integer[] given = new Integer[codes.length];
        Arrays.fill(given, ImagePrompt.FREE);
        for (int position : positions) given[position] = codes[position];
        return new ImagePrompt(Arrays.asList(given));
    }

    @ParameterizedTest
    @FieldSource("MODELS")
    void imagesDoNotDependOnTheirBatch(String name) {
        try (DecoderOnlyModel model = load(name)) {
            for (float scale : new float[]{1f, 2.5f}) {
                int[][] many = draw(model, request(model, scale, 7, ImagePrompt.NONE, 0, 1, 2, 3, 4, 5, 6, 7, 8));
                assertArrayEquals(many[3], draw(model, request(model, scale, 7, ImagePrompt.NONE, 3))[0], "3 alone");
                assertArrayEquals(many[3], draw(model, request(model, scale, 7, ImagePrompt.NONE, 1, 3))[1], "3 of 2");
                assertEquals(9, Arrays.stream(many).map(Arrays::toString).distinct().count());
                assertNotEquals(Arrays.toString(many[0]),
                        Arrays.toString(draw(model, request(model, scale, 8, ImagePrompt.NONE, 0))[0]));
            }
        }
    }

    @ParameterizedTest
    @FieldSource("MODELS")
    void drawsTheSameOnAnyThreadsAndKernels(String name) {
        int[][] want = null;
        float[] perplexities = null;
        for (int threads : new int[]{1, 2, 7}) {
            for (Kernels kernels : List.of(Kernels.best(), Kernels.scalar())) {
                try (Team team = new Team(threads);
                        DecoderOnlyModel model = load(name, new Compute(kernels, team), Precision.F32)) {
                    int[][] codes = draw(model, request(model, 2f, 11, ImagePrompt.NONE, 0, 1, 2));
                    float[] judged = model.perplexities(prompt(model, 0), codes, (_, _) -> true);
                    if (want == null) {
                        want = codes;
                        perplexities = judged;
                    }
                    assertTrue(Arrays.deepEquals(want, codes), kernels.name() + " on " + threads);
                    assertArrayEquals(perplexities, judged, kernels.name() + " on " + threads);
                }
            }
        }
    }

    /// Given codes go through in blocks: of every length, they leave the same in the cache as stepping does (S38).
    @ParameterizedTest
    @FieldSource("MODELS")
    void keepsGivenCodesOfAnyNumberAndGoesOnAsIfItHadDrawnThem(String name) {
        try (DecoderOnlyModel model = load(name)) {
            int[][] free = draw(model, request(model, 2f, 3, ImagePrompt.NONE, 4, 5));
            for (int rows = 0; rows <= model.codeCount(); rows++) {
                int[] first = IntStream.range(0, rows).toArray();
                int[] got = draw(model, request(model, 2f, 3, given(free[0], first), 4))[0];
                assertArrayEquals(free[0], got, rows + " given");
            }
            int[] scattered = IntStream.range(0, model.codeCount()).filter(i -> i % 7 < 3 || i > 20).toArray();
            assertArrayEquals(free[0], draw(model, request(model, 2f, 3, given(free[0], scattered), 4))[0]);
            int[] box = draw(model, request(model, 2f, 3, given(free[1], scattered), 4))[0];
            for (int position : scattered) assertEquals(free[1][position], box[position], "position " + position);
        }
    }

    @ParameterizedTest
    @FieldSource("MODELS")
    void blocksGiveTheBitsOfSteps(String name) {
        for (Precision precision : Precision.values()) {
            try (DecoderOnlyModel model = load(name, Compute.shared(), precision)) {
                int[] codes = draw(model, request(model, 1f, 5, ImagePrompt.NONE, 0))[0];
                List<float[]> steps = DecoderWalk.logitsOf(model, prompt(model, 0), codes, 0);
                int leading = model.decoder().leadingRows();
                for (int end = 1; end < codes.length; end += 3) {
                    var walk = new DecoderWalk(model, prompt(model, 0));
                    walk.readPrompt();
                    for (int from = -leading; from < end;) from = walk.read(codes, from, end);
                    assertArrayEquals(steps.get(end), walk.logits(), precision + ", " + end + " codes");
                }
            }
        }
    }

    @ParameterizedTest
    @FieldSource("MODELS")
    void guidanceMovesAwayFromTheOtherPrompt(String name) {
        try (DecoderOnlyModel model = load(name)) {
            int[][] plain = draw(model, request(model, 1f, 5, ImagePrompt.NONE, 0, 1));
            var same = new CodeRequest(prompt(model, 0), prompt(model, 0), RANDOM, 3f, 5, new int[]{0, 1});
            assertTrue(Arrays.deepEquals(plain, draw(model, same)), "a prompt away from itself is itself");
            var other = new CodeRequest(prompt(model, 0), prompt(model, 2), RANDOM, 1f, 5, new int[]{0, 1});
            assertTrue(Arrays.deepEquals(plain, draw(model, other)), "scale 1 is the prompt's stream alone");
            assertTrue(!Arrays.deepEquals(plain, draw(model, request(model, 4f, 5, ImagePrompt.NONE, 0, 1))));
        }
    }

    @ParameterizedTest
    @FieldSource("MODELS")
    void tellsOfEachTokenOnceAndStopsWithinOne(String name) {
        try (DecoderOnlyModel model = load(name)) {
            int[] codes = draw(model, request(model, 1f, 1, ImagePrompt.NONE, 0))[0];
            ImagePrompt half = given(codes, IntStream.range(0, codes.length / 2).toArray());
            for (ImagePrompt given : List.of(ImagePrompt.NONE, half)) {
                List<Integer> told = new ArrayList<>();
                model.generate(request(model, 1f, 1, given, 0), (done, soFar) -> {
                    for (int i = 0; i < done; i++) assertEquals(codes[i], soFar[0][i]);
                    return told.add(done);
                });
                assertEquals(IntStream.rangeClosed(1, codes.length).boxed().toList(), told);
                for (int stop : new int[]{1, 3, codes.length}) {
                    told.clear();
                    assertThrows(GenerationCancelledException.class, () -> model
                            .generate(request(model, 1f, 1, given, 0), (done, _) -> told.add(done) && done < stop));
                    assertEquals(stop, told.size());
                }
            }
            int[] calls = new int[1];
            assertThrows(GenerationCancelledException.class,
                    () -> model.perplexities(prompt(model, 0), new int[][]{codes}, (_, _) -> ++calls[0] < 2));
            assertEquals(2, calls[0]);
        }
    }

    @ParameterizedTest
    @FieldSource("MODELS")
    void perplexityIsThatOfTheSteps(String name) {
        try (DecoderOnlyModel model = load(name)) {
            int[][] pictures = draw(model, request(model, 1f, 9, ImagePrompt.NONE, IntStream.range(0, 40).toArray()));
            float[] got = model.perplexities(prompt(model, 0), pictures, (_, _) -> true);
            for (int i : new int[]{0, 17, 39}) {
                List<float[]> logits = DecoderWalk.logitsOf(model, prompt(model, 0), pictures[i], 0);
                double sum = 0;
                for (int position = 1; position < pictures[i].length; position++) {
                    float[] row = logits.get(position);
                    for (float logit : row) sum += Math.exp(logit - (double) row[pictures[i][position]]);
                }
                double want = sum / (pictures[i].length - 1);
                assertEquals(want, got[i], 1e-5 * want, "picture " + i);
            }
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (DecoderOnlyModel model = load("rudalle/plain-v2")) {
            String many = assertThrows(IllegalArgumentException.class, () -> draw(model,
                    request(model, 2f, 1, ImagePrompt.NONE, IntStream.range(0, 20_000_000).toArray()))).getMessage();
            assertTrue(many.contains("found 20000000"), many);
            var long9 = new CodeRequest(new TextIds(new int[9], 9), prompt(model, 0), RANDOM, 1f, 0, new int[]{0});
            assertTrue(assertThrows(IllegalArgumentException.class, () -> draw(model, long9)).getMessage()
                    .contains("at most 8 tokens, found 9"));
            for (int id : new int[]{70, -1, Integer.MAX_VALUE}) {
                var unknown = new CodeRequest(prompt(model, 0), new TextIds(new int[]{2, id}, 2), RANDOM, 2f, 0,
                        new int[]{0});
                String message = assertThrows(GenerationException.class, () -> draw(model, unknown)).getMessage();
                assertTrue(message.contains("negative prompt's token 1 has id " + id), message);
            }
            for (int[][] pictures : new int[][][]{{}, {new int[24]}, {new int[25], filled(25, 40)},
                    {filled(25, -1)}}) {
                assertThrows(IllegalArgumentException.class,
                        () -> model.perplexities(prompt(model, 0), pictures, (_, _) -> true));
            }
            assertThrows(NullPointerException.class,
                    () -> model.generate(request(model, 1f, 0, ImagePrompt.NONE, 0), null));
        }
        try (DecoderOnlyModel model = load("mindalle/igpt-class")) {
            var tenth = new CodeRequest(new TextIds(new int[]{9}, 1), prompt(model, 0), RANDOM, 1f, 0, new int[]{0});
            String message = assertThrows(GenerationException.class, () -> draw(model, tenth)).getMessage();
            assertTrue(message.contains("class 9") && message.contains("7 classes"), message);
        }
        try (DecoderOnlyModel model = load("mindalle/txt2img")) {
            var notPadded = new CodeRequest(new TextIds(new int[3], 3), prompt(model, 0), RANDOM, 1f, 0,
                    new int[]{0});
            assertTrue(assertThrows(IllegalArgumentException.class, () -> draw(model, notPadded)).getMessage()
                    .contains("expected 12 tokens, padding included, found 3"));
        }
    }

    private static int[] filled(int length, int code) {
        int[] codes = new int[length];
        codes[length / 2] = code;
        return codes;
    }

    @ParameterizedTest
    @FieldSource("MODELS")
    void roundedWeightsStayClose(String name) {
        List<float[]> exact = null;
        for (Precision precision : Precision.values()) {
            try (DecoderOnlyModel model = load(name, Compute.shared(), precision)) {
                int[] codes = IntStream.range(0, model.codeCount()).map(i -> i * 5 % model.codebookSize()).toArray();
                List<float[]> logits = DecoderWalk.logitsOf(model, prompt(model, 0), codes, 0);
                if (exact == null) exact = logits;
                double error = 0;
                double square = 0;
                for (int i = 0; i < logits.size(); i++) {
                    for (int n = 0; n < model.codebookSize(); n++) {
                        error += Math.pow(logits.get(i)[n] - exact.get(i)[n], 2);
                        square += Math.pow(exact.get(i)[n], 2);
                    }
                }
                double relative = Math.sqrt(error / square);
                double allowed = precision == Precision.F32 ? 0 : precision == Precision.BF16 ? 0.02 : 0.06;
                System.out.printf("| %s | %s | %.2g |%n", name, precision, relative);
                assertTrue(relative <= allowed, precision + ": relative distance of the logits " + relative);
            }
        }
    }
}
