package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Precision;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.pipeline.internal.Stages;
import io.github.smalti.tokenizer.YouTokenToMeTokenizer;
import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.CodeGenerators;
import io.github.smalti.transformer.ImagePrompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The DALL·E 1 family from prompt to picture, compared with what the reference implementations draw.
class FamiliesTest {
    private static final int[] PROMPTS = {0, 3, 2};

    private static int[] row(int[] rows, int row, int count) {
        int length = rows.length / count;
        return Arrays.copyOfRange(rows, row * length, (row + 1) * length);
    }

    @Test
    void minDalleDrawsTheReferencesPictures() {
        Path folder = GoldenCase.path("mindalle/txt2img");
        GoldenCase golden = GoldenCase.of("mindalle/txt2img/case");
        JsonNode cases = GoldenCase.json(folder.resolve("tokenizer-cases.json")).get("cases");
        List<Float> pixels = new ArrayList<>();
        try (var model = TextToImage.load(folder)) {
            assertEquals(Preset.MINDALLE.settings(), model.sampling());
            for (int i = 0; i < PROMPTS.length; i++) {
                String prompt = cases.get(PROMPTS[i]).get("text").asText();
                RankedImage image = model.generate(prompt, o -> o.images(1).temperature(0).topK(0)).getFirst();
                assertArrayEquals(row(golden.ints("greedy"), i, PROMPTS.length), image.codes(), prompt);
                for (float value : image.pixels().values()) pixels.add(value);
            }
            GeneratedImages random = model.generate("a cat", o -> o.images(3).seed(1));
            assertArrayEquals(random.get(1).codes(), model.replay(random.get(1).record()).codes());
        }
        float[] all = new float[pixels.size()];
        for (int i = 0; i < all.length; i++) all[i] = pixels.get(i);
        golden.assertClose("pixels", all);
        double squares = 0;
        float[] expected = golden.floats("pixels");
        for (int i = 0; i < all.length; i++) squares += Math.pow(all[i] - expected[i], 2);
        double rms = Math.sqrt(squares / all.length);
        assertTrue(rms < 1e-6, "root mean square of the pixels' errors: " + rms);
    }

    @Test
    void igptDrawsClasses() {
        GoldenCase golden = GoldenCase.of("mindalle/igpt-class/case");
        try (CodeGenerator generator = CodeGenerators.load(GoldenCase.path("mindalle/igpt-class"), Compute.shared(),
                Precision.F32);
                var model = model(generator, null)) {
            int[] labels = golden.ints("labels");
            for (int i = 0; i < labels.length; i++) {
                RankedImage image = model.generate(" " + labels[i] + " ", o -> o.images(1).temperature(0)).getFirst();
                assertArrayEquals(row(golden.ints("greedy"), i, labels.length), image.codes());
            }
            assertTrue(assertThrows(IllegalArgumentException.class, () -> model.generate("a cat")).getMessage()
                    .contains("expected the number of one, such as 207, found \"a cat\""));
        }
    }

    @Test
    void ruDalleDrawsTheReferencesCodesAndRanksByPerplexity(@TempDir Path folder) throws IOException {
        GoldenCase golden = GoldenCase.of("rudalle/malevich-tiny/case");
        int[] texts = golden.ints("text_ids");
        try (CodeGenerator generator = CodeGenerators.load(GoldenCase.path("rudalle/malevich-tiny"), Compute.shared(),
                Precision.F32)) {
            for (int i = 0; i < 3; i++) {
                int[] ids = row(texts, i, 3);
                var words = YouTokenToMeTokenizer.read(vocabulary(folder.resolve(i + ".model"), ids));
                var model = model(generator, words);
                RankedImage image = model.generate(prompt(ids), o -> o.images(1).temperature(0)).getFirst();
                assertArrayEquals(row(golden.ints("greedy_text_only"), i, 3), image.codes());
                assertTrue(image.hasPerplexity());
                int[] prefix = row(golden.ints("image_prefix"), i, 3);
                Integer[] given = new Integer[36];
                Arrays.setAll(given, at -> at < prefix.length ? prefix[at] : ImagePrompt.FREE);
                assertArrayEquals(row(golden.ints("greedy_image_prefix"), i, 3), model.generate(prompt(ids),
                        o -> o.images(1).temperature(0).imagePrompt(new ImagePrompt(Arrays.asList(given)))).getFirst()
                        .codes());
                int[] ranked = row(golden.ints("ranked_images"), i, 3);
                Integer[] all = Arrays.stream(ranked).boxed().toArray(Integer[]::new);
                float perplexity = model.generate(prompt(ids),
                        o -> o.images(1).imagePrompt(new ImagePrompt(Arrays.asList(all)))).getFirst().perplexity();
                assertEquals(golden.floats("perplexity")[i], perplexity, 1e-4 * golden.floats("perplexity")[i]);
                GeneratedImages many = model.generate(prompt(ids), o -> o.images(9).batch(4).keep(5).seed(3));
                for (int k = 1; k < 5; k++) assertTrue(many.get(k - 1).perplexity() <= many.get(k).perplexity());
            }
        }
    }

    /// A vocabulary in which each id of a text is one character, and the first one that of a word's mark and an "a".
    private static Path vocabulary(Path file, int[] ids) throws IOException {
        var free = new ArrayList<Integer>();
        for (int id = 4; id < 80; id++) {
            int candidate = id;
            if (Arrays.stream(ids).noneMatch(used -> used == candidate)) free.add(id);
        }
        var lines = new ArrayList<>(List.of("75 1"));
        for (int id = 4; id < 80; id++) {
            int codePoint = id == free.get(0) ? 0x2581 : id == free.get(1) ? 'a' : 0x4e00 + id;
            if (id != ids[1]) lines.add(codePoint + " " + id);
        }
        lines.add(free.get(0) + " " + free.get(1) + " " + ids[1]);
        lines.add("1 0 2 3");
        return Files.write(file, lines);
    }

    private static String prompt(int[] ids) {
        var text = new StringBuilder("a");
        for (int i = 2; ids[i] != 3; i++) text.appendCodePoint(0x4e00 + ids[i]);
        return text.toString();
    }

    private static TextToImage model(CodeGenerator generator, YouTokenToMeTokenizer words) {
        return new TextToImage(new Stages(words, generator, new Gray(generator), null, Preset.RUDALLE.settings(),
                () -> {}), new ModelInfo("tiny", "0".repeat(64), Precision.F32));
    }

    /// A codec without weights.
    private record Gray(CodeGenerator generator) implements ImageCodec {
        @Override
        public int codebookSize() { return generator.codebookSize(); }

        @Override
        public int gridRows() { return generator.gridRows(); }

        @Override
        public int gridCols() { return generator.gridCols(); }

        @Override
        public int pixelsPerCode() { return 1; }

        @Override
        public Pixels decode(int[] codes, int rows, int cols) {
            return new Pixels(rows, cols, new float[3 * rows * cols]);
        }

        @Override
        public int[] encode(Pixels picture) { throw new UnsupportedOperationException(); }

        @Override
        public boolean canEncode() { return false; }

        @Override
        public MemoryPlan plan(int rows, int cols) { return new MemoryPlan(0, 0, 0, 0); }

        @Override
        public void close() {}
    }
}
