package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.clip.Clip;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Raster;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.golden.Npy;
import io.github.smalti.transformer.GenerationCancelledException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// From a sentence to ranked pictures with the embedded model; expectations come from an independent implementation.
class EmbeddedModelDrawsTest {
    /// The blog's prompts (S49).
    private static final List<String> PROMPTS = List.of("Dog wearing clothes",
            "An astronaut relaxing beside a sweeping pool.", "Man sitting on top of a cat.", "A Cat with a hat.");
    private static final Path EXPECTED = GoldenCase.path("emoji-scenes/expected");
    private static final JsonNode MANIFEST = GoldenCase.json(EXPECTED.resolve("manifest.json"));
    private static TextToImage model;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() { model = TextToImage.embedded(); }

    @AfterAll
    static void close() { model.close(); }

    @Test
    void fiveLinesSuffice() {
        int count = 0;
        try (var model = TextToImage.embedded()) {
            for (RankedImage image : model.generate("a cat with a hat", options -> options.images(8).seed(7))) {
                assertEquals(++count, image.rank());
                assertEquals(64, image.toBufferedImage().getWidth());
                assertEquals(64, image.codes().length);
                assertTrue(Math.abs(image.score().cosine()) <= 1);
            }
        }
        assertEquals(8, count);
    }

    @Test
    void drawsWhatTheReferenceDraws() {
        double atol = MANIFEST.path("tolerances").path("pixels").asDouble();
        for (JsonNode expected : MANIFEST.path("cases")) {
            String prompt = expected.path("prompt").asText();
            for (JsonNode greedy : expected.path("greedy")) {
                float scale = (float) greedy.path("scale").asDouble();
                RankedImage image = model.generate(prompt,
                        options -> options.images(1).temperature(0).guidanceScale(scale)).getFirst();
                int[] codes = new int[greedy.path("tokens").size()];
                for (int i = 0; i < codes.length; i++) codes[i] = greedy.path("tokens").get(i).asInt();
                assertTrue(greedy.path("smallest_top1_top2_gap").asDouble() > 1e-3);
                assertArrayEquals(codes, image.codes(), prompt + " at " + scale);
                float[] pixels = Npy.read(EXPECTED.resolve(greedy.path("pixels").asText())).floats();
                GoldenCase.assertClose(prompt + " at " + scale, pixels, image.pixels().values(), atol, 0);
                Raster png = ImageFiles.read(EXPECTED.resolve(greedy.path("png").asText()));
                byte[] drawn = image.toRaster().samples();
                for (int i = 0; i < drawn.length; i++) {
                    assertEquals(png.samples()[i] & 0xff, drawn[i] & 0xff, 1, prompt + " sample " + i);
                }
            }
        }
    }

    /// The reference scores unrounded pixels; a generation scores the picture in 8 bits, as any reader of the file would.
    @Test
    void scoresWhatTheReferenceScores() {
        JsonNode clipCases = MANIFEST.path("clip");
        double atol = MANIFEST.path("tolerances").path("clip_logits").asDouble();
        try (Clip clip = Clip.load(ModelPaths.embedded().clip(), Compute.shared(), Precision.F32)) {
            int row = 0;
            for (JsonNode expected : MANIFEST.path("cases")) {
                for (JsonNode greedy : expected.path("greedy")) {
                    assertEquals(clipCases.path("images").get(row).asText(), greedy.path("pixels").asText());
                    float scale = (float) greedy.path("scale").asDouble();
                    RankedImage image = model.generate(expected.path("prompt").asText(),
                            options -> options.images(1).temperature(0).guidanceScale(scale)).getFirst();
                    float[] exact = clip.embedPixels(List.of(image.pixels()))[0];
                    float[] rounded = clip.embedImages(List.of(image.toRaster()))[0];
                    for (int column = 0; column < clipCases.path("prompts").size(); column++) {
                        String prompt = clipCases.path("prompts").get(column).asText();
                        float[] text = clip.embedTexts(List.of(prompt))[0];
                        double logit = clipCases.path("logits_per_image").get(row).get(column).asDouble();
                        assertEquals(logit, clip.score(exact, text).logit(), atol, image + " and " + prompt);
                        if (prompt.equals(expected.path("prompt").asText())) {
                            assertEquals(clip.score(rounded, text), image.score());
                            assertEquals(logit, image.score().logit(), 0.5);
                        }
                    }
                    row++;
                }
            }
            assertEquals(clipCases.path("images").size(), row);
        }
    }

    /// The settings that lie beside the model, and not those of DALL·E mini's notebook.
    @Test
    void hasItsOwnSettings() {
        assertEquals(new SamplingSettings(0.5f, 0, 1, 2), model.sampling());
        assertTrue(model.ranks());
        assertEquals(ModelPaths.embedded().dalle().getParent().getFileName().toString(), model.info().name());
    }

    @Test
    void drawsTheSameWithAnyNumberOfThreads() {
        GeneratedImages expected = model.generate("a red car", options -> options.images(3).seed(7));
        for (int threads : new int[]{1, 2, 7}) {
            try (var other = TextToImage.embedded(LoadOptions.DEFAULT.withThreads(threads))) {
                assertSame(expected, other.generate("a red car", options -> options.images(3).seed(7)));
            }
        }
    }

    @Test
    void drawsTheSameAloneAndInABatch() {
        GeneratedImages eight = model.generate("a red car", options -> options.images(8).seed(7));
        RankedImage third = image(eight, 3);
        assertSame(third, model.generate("a red car", o -> o.images(1).firstImage(3).seed(7)).getFirst());
        assertSame(third, image(model.generate("a red car", o -> o.images(4).seed(7)), 3));
        assertSame(third, image(model.generate("a red car", o -> o.images(4).seed(7).batch(3)), 3));
    }

    private static void assertSame(GeneratedImages expected, GeneratedImages found) {
        assertEquals(expected.size(), found.size());
        for (int i = 0; i < expected.size(); i++) assertSame(expected.get(i), found.get(i));
    }

    private static void assertSame(RankedImage expected, RankedImage found) {
        assertEquals(expected.index(), found.index());
        assertArrayEquals(expected.codes(), found.codes());
        assertArrayEquals(expected.pixels().values(), found.pixels().values());
        assertEquals(expected.score(), found.score());
        assertEquals(expected.record(), found.record());
    }

    private static RankedImage image(GeneratedImages images, int index) {
        return images.stream().filter(image -> image.index() == index).findFirst().orElseThrow();
    }

    /// S44: at guidance 1 the other stream has no part, and is not paid for.
    @Test
    void guidanceOneIsThePromptAlone() {
        RankedImage plain = model.generate("a red car", o -> o.images(1).seed(7).guidanceScale(1)).getFirst();
        RankedImage negative = model.generate("a red car",
                o -> o.images(1).seed(7).guidanceScale(1).negativePrompt("a cat")).getFirst();
        assertArrayEquals(plain.codes(), negative.codes());
        assertArrayEquals(plain.pixels().values(), negative.pixels().values());
        long guided = model.plan(4, true).cacheBytes();
        assertEquals(guided, 2 * model.plan(4, false).cacheBytes(), guided / 20.0);
    }

    @Test
    void guidanceZeroIsTheNegativePromptAlone() {
        RankedImage prompt = model.generate("a cat", o -> o.images(1).temperature(0).guidanceScale(1)).getFirst();
        RankedImage negative = model.generate("a red car",
                o -> o.images(1).temperature(0).guidanceScale(0).negativePrompt("a cat")).getFirst();
        assertArrayEquals(prompt.codes(), negative.codes());
        RankedImage blank = model.generate("", o -> o.images(1).temperature(0).guidanceScale(1)).getFirst();
        RankedImage unconditional = model.generate("a red car", o -> o.images(1).temperature(0).guidanceScale(0))
                .getFirst();
        assertArrayEquals(blank.codes(), unconditional.codes());
    }

    /// S46: clip to 0..1, times 255, fractions cut off.
    @Test
    void eightBitsAreCutOffNotRounded() {
        RankedImage image = model.generate("a red car", o -> o.images(1).seed(7)).getFirst();
        float[] values = image.pixels().values();
        byte[] samples = image.toRaster().samples();
        for (int i = 0; i < values.length; i++) {
            float clipped = Math.max(0, Math.min(1, values[i]));
            assertEquals((int) (clipped * 255f), samples[i] & 0xff);
        }
    }

    /// S48 (the notebook drew one picture n times) with S43's settings and S49's prompts.
    @Test
    void imagesOfACallAreDifferentDrawingsAndEachCanBeDrawnAgain() {
        for (String prompt : PROMPTS) {
            GeneratedImages images = model.generate(prompt, o -> o.images(5).preset(Preset.BLOG).seed(3));
            Set<String> drawings = new HashSet<>();
            for (RankedImage image : images) drawings.add(Arrays.toString(image.codes()));
            assertEquals(5, drawings.size(), prompt);
            RankedImage last = images.getLast();
            assertArrayEquals(last.codes(), model.generate(prompt,
                    o -> o.indexes(last.index()).preset(Preset.BLOG).seed(3)).getFirst().codes());
        }
    }

    /// S37: N candidates, best k.
    @Test
    void keepsTheBestOfMany() {
        GeneratedImages all = model.generate("a red car", o -> o.images(12).seed(5).temperature(1));
        GeneratedImages best = model.generate("a red car", o -> o.images(12).keep(3).seed(5).temperature(1));
        assertEquals(3, best.size());
        for (int i = 0; i < 3; i++) assertSame(all.get(i), best.get(i));
        assertTrue(all.getFirst().score().cosine() > all.getLast().score().cosine());
    }

    @Test
    void replaysFromThePngBitForBit() {
        RankedImage image = model.generate("a red car 🚗\n\u0007", o -> o.images(2).seed(-9).negativePrompt("sea"))
                .getLast();
        Path file = folder.resolve("image.png");
        image.writePng(file);
        RankedImage again = model.replay(ImageRecord.read(file));
        assertArrayEquals(image.codes(), again.codes());
        assertArrayEquals(image.pixels().values(), again.pixels().values());
        assertEquals(image.record(), again.record());
    }

    @Test
    void halfWeightsAreAnotherModelToARecord() {
        try (var half = TextToImage.embedded(LoadOptions.DEFAULT.withPrecision(Precision.BF16))) {
            assertEquals(model.info().sha256(), half.info().sha256());
            ImageRecord record = half.generate("a red car", o -> o.images(1).seed(7)).getFirst().record();
            assertEquals(Precision.BF16, record.model().precision());
            assertThrows(ModelMismatchException.class, () -> model.replay(record));
            assertTrue(half.plan(8, true).weightBytes() < model.plan(8, true).weightBytes());
        }
    }

    @Test
    void planIsKnownBeforeLoading() {
        assertEquals(model.plan(8, true), TextToImage.plan(ModelPaths.embedded(), LoadOptions.DEFAULT, 8, true));
        assertNotEquals(0, model.plan(1, false).weightBytes());
    }

    @Test
    void manyThreadsGetTheirOwnPictures() throws Exception {
        List<Callable<GeneratedImages>> calls = new ArrayList<>();
        List<GeneratedImages> expected = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String prompt = PROMPTS.get(i % PROMPTS.size());
            int seed = i;
            calls.add(() -> model.generate(prompt, o -> o.images(1 + seed % 3).seed(seed).guidanceScale(1 + seed % 2)));
            expected.add(calls.getLast().call());
        }
        try (var threads = Executors.newFixedThreadPool(8)) {
            List<Future<GeneratedImages>> found = threads.invokeAll(calls);
            for (int i = 0; i < 8; i++) assertSame(expected.get(i), found.get(i).get());
        }
    }

    @Test
    void cancelsWithinOneTokenAndDrawsOnAsIfNothingHappened() {
        GeneratedImages expected = model.generate("a red car", o -> o.images(2).seed(7));
        for (int stop : new int[]{1, 17, 63, 64}) {
            List<Integer> done = new ArrayList<>();
            assertThrows(GenerationCancelledException.class,
                    () -> model.generate("a cat", o -> o.images(1).progress(event -> {
                        if (!(event instanceof Progress.TokensDone tokens)) return true;
                        done.add(tokens.done());
                        return tokens.done() < stop;
                    })));
            assertEquals(stop, done.getLast());
        }
        assertSame(expected, model.generate("a red car", o -> o.images(2).seed(7)));
    }

    @Test
    void closingFromAnotherThreadEndsTheCall() throws Exception {
        for (int delay = 0; delay < 200; delay += 40) {
            TextToImage mine = TextToImage.embedded();
            long pause = delay;
            Thread closer = Thread.ofVirtual().start(() -> {
                try {
                    Thread.sleep(pause);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                mine.close();
            });
            assertThrows(ModelClosedException.class, () -> mine.generate("a cat", o -> o.images(4096)));
            closer.join();
        }
    }

    @Test
    void previewsGrowRowByRow() {
        List<Progress.Preview> previews = new ArrayList<>();
        model.generate("a red car", o -> o.images(1).seed(7).previews(3)
                .progress(event -> !(event instanceof Progress.Preview preview) || previews.add(preview)));
        assertEquals(List.of(3, 6), previews.stream().map(Progress.Preview::rows).toList());
        assertEquals(24, previews.getFirst().pixels().rows());
        assertEquals(64, previews.getFirst().pixels().cols());
    }

    @Test
    void quotesWhatWasCutOfALongPrompt() {
        String prompt = "a cat with a hat and ".repeat(500_000);
        GeneratedImages images = model.generate(prompt, o -> o.images(1).seed(7));
        assertEquals(2, images.warnings().size(), images.warnings().toString());
        assertTrue(images.warnings().getFirst().contains("cat with a hat"), images.warnings().getFirst());
        assertArrayEquals(images.getFirst().codes(), model.replay(images.getFirst().record()).codes());
        assertFalse(images.getFirst().record().prompt().isEmpty());
    }

    @Test
    void refusesForeignAndMissingParts() {
        ModelPaths embedded = ModelPaths.embedded();
        Path foreign = GoldenCase.path("vqgan/f4-attn");
        assertThrows(ModelMismatchException.class,
                () -> TextToImage.load(new ModelPaths(embedded.dalle(), foreign, null)));
        String message = assertThrows(ModelUnavailableException.class, () -> TextToImage.load(folder)).getMessage();
        assertTrue(message.contains("found no dalle/"), message);
        Path missing = folder.resolve("missing");
        assertEquals(missing + ": no such folder",
                assertThrows(ModelUnavailableException.class, () -> TextToImage.load(missing)).getMessage());
        for (ModelPaths paths : List.of(new ModelPaths(missing, embedded.vqgan(), null),
                new ModelPaths(embedded.dalle(), missing, null),
                new ModelPaths(embedded.dalle(), embedded.vqgan(), missing),
                new ModelPaths(embedded.vqgan(), embedded.dalle(), embedded.clip()))) {
            RuntimeException e = assertThrows(RuntimeException.class, () -> TextToImage.load(paths));
            assertTrue(e.getClass().getName().startsWith("io.github.smalti."), e.toString());
        }
    }

    @Test
    void drawsWithoutClip() {
        ModelPaths embedded = ModelPaths.embedded();
        try (var unranked = TextToImage.load(new ModelPaths(embedded.dalle(), embedded.vqgan(), null))) {
            assertEquals(model.info(), unranked.info());
            GeneratedImages images = unranked.generate("a red car", o -> o.images(3).seed(7));
            assertFalse(images.isRanked());
            assertArrayEquals(image(model.generate("a red car", o -> o.images(3).seed(7)), 2).codes(),
                    images.get(2).codes());
        }
    }
}
