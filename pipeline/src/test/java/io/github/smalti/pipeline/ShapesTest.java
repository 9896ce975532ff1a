package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Raster;
import io.github.smalti.core.json.Json;
import io.github.smalti.transformer.ImagePrompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Image prompts and shapes other than the model's own, drawn by the embedded model and by stages without weights.
class ShapesTest {
    private static TextToImage model;

    @BeforeAll
    static void load() { model = TextToImage.load(ModelPaths.embedded(), LoadOptions.DEFAULT.withEncoder()); }

    @AfterAll
    static void close() { model.close(); }

    private static RankedImage draw(java.util.function.Consumer<GenerationOptions.Builder> more) {
        return model.generate("a cat with a hat", options -> more.accept(options.images(1).seed(7))).getFirst();
    }

    private static ImagePrompt prefix(int[] codes, int count) {
        Integer[] given = new Integer[codes.length];
        Arrays.setAll(given, at -> at < count ? codes[at] : ImagePrompt.FREE);
        return new ImagePrompt(Arrays.asList(given));
    }

    @Test
    void keepsGivenCodesOfAnyNumber() {
        int[] other = model.generate("a rocket at night", o -> o.images(1).seed(3)).getFirst().codes();
        for (int count : new int[]{0, 1, 5, 8, 13, 32, 63, 64}) {
            int[] drawn = draw(o -> o.imagePrompt(prefix(other, count))).codes();
            assertArrayEquals(Arrays.copyOf(other, count), Arrays.copyOf(drawn, count));
        }
        assertArrayEquals(other, draw(o -> o.imagePrompt(prefix(other, 64))).codes());
        assertArrayEquals(draw(_ -> {}).codes(), draw(o -> o.imagePrompt(prefix(other, 0))).codes());
    }

    @Test
    void goesOnAsItsOwnDrawingDid() {
        int[] own = draw(_ -> {}).codes();
        for (int count : new int[]{1, 20, 40}) {
            assertArrayEquals(own, draw(o -> o.imagePrompt(prefix(own, count))).codes());
        }
    }

    @Test
    void keepsABoxAndReplaysIt() {
        int[] other = model.generate("three apples", o -> o.images(1).seed(5)).getFirst().codes();
        var box = ImagePrompt.box(other, model.gridCols(), 2, 3, 4, 5);
        RankedImage image = draw(o -> o.imagePrompt(box));
        int[] drawn = image.codes();
        for (int at = 0; at < drawn.length; at++) { if (box.gives(at)) assertEquals(other[at], drawn[at]); }
        ImageRecord record = ImageRecord.fromJson(Json.parse(Json.write(image.record().toJson())));
        assertEquals(image.record(), record);
        assertArrayEquals(drawn, model.replay(record).codes());
    }

    @Test
    void refusesCodesThatDoNotFit() {
        assertTrue(assertThrows(IllegalArgumentException.class,
                () -> draw(o -> o.imagePrompt(new ImagePrompt(List.of(1, 2, 3))))).getMessage()
                .contains("expected 64 codes, found 3"));
        int[] codes = new int[64];
        codes[9] = 1 << 20;
        assertTrue(assertThrows(IllegalArgumentException.class,
                () -> draw(o -> o.imagePrompt(prefix(codes, 64)))).getMessage().contains("code 9"));
        assertThrows(IllegalArgumentException.class,
                () -> draw(o -> o.shape(PictureShape.SEAMLESS).imagePrompt(prefix(new int[64], 64))));
        assertThrows(IllegalArgumentException.class, () -> new PictureShape(3, 0));
        assertThrows(IllegalArgumentException.class, () -> new PictureShape(257, 1));
    }

    @Test
    void findsTheCodesOfAnyPicture() {
        RankedImage drawn = draw(_ -> {});
        int[] found = model.encode(drawn.toRaster(), PictureShape.OWN);
        assertEquals(64, found.length);
        long same = IntStream.range(0, 64).filter(i -> found[i] == drawn.codes()[i]).count();
        assertTrue(same > 16, same + " of 64 codes come back");
        byte[] wide = new byte[100 * 300 * 4];
        Arrays.fill(wide, (byte) 90);
        assertEquals(8 * 12, model.encode(new Raster(100, 300, 4, wide), new PictureShape(8, 12)).length);
        try (var drawing = TextToImage.embedded()) {
            assertThrows(UnsupportedOperationException.class,
                    () -> drawing.encode(drawn.toRaster(), PictureShape.OWN));
        }
    }

    @Test
    void smallerShapesAreCutOutOfTheWhole() {
        int[] whole = draw(_ -> {}).codes();
        RankedImage part = draw(o -> o.shape(new PictureShape(3, 5)));
        assertEquals(24, part.pixels().rows());
        assertEquals(40, part.pixels().cols());
        for (int at = 0; at < 15; at++) assertEquals(whole[at / 5 * 8 + at % 5], part.codes()[at]);
    }

    @Test
    void largerShapesBeginWithTheWholeAndAreReplayed() {
        int[] whole = draw(_ -> {}).codes();
        RankedImage large = draw(o -> o.shape(new PictureShape(11, 15)));
        assertEquals(88, large.pixels().rows());
        assertEquals(120, large.pixels().cols());
        for (int at = 0; at < 64; at++) assertEquals(whole[at], large.codes()[at / 8 * 15 + at % 8]);
        for (int code : large.codes()) assertTrue(code >= 0);
        assertArrayEquals(large.codes(), model.replay(large.record()).codes());
        RankedImage second = model.generate("a cat with a hat",
                o -> o.images(3).seed(7).shape(new PictureShape(11, 15))).stream().filter(i -> i.index() == 0)
                .findFirst()
                .orElseThrow();
        assertArrayEquals(large.codes(), second.codes());
    }

    @Test
    void largerShapesTakeImagePromptsOfTheirSize() {
        int[] given = IntStream.range(0, 10 * 8).map(i -> i % 7).toArray();
        var prompt = ImagePrompt.box(given, 8, 5, 1, 4, 4);
        int[] drawn = draw(o -> o.shape(new PictureShape(10, 8)).imagePrompt(prompt)).codes();
        for (int at = 0; at < 80; at++) { if (prompt.gives(at)) assertEquals(given[at], drawn[at]); }
    }

    @Test
    void seamlessPicturesContinueAtTheirBorders() {
        double plain = 0;
        double seamless = 0;
        for (int seed = 0; seed < 8; seed++) {
            int s = seed;
            plain += seam(draw(o -> o.seed(s)).toRaster());
            RankedImage image = draw(o -> o.seed(s).shape(PictureShape.SEAMLESS));
            seamless += seam(image.toRaster());
            if (s == 0) assertArrayEquals(image.codes(), model.replay(image.record()).codes());
        }
        assertTrue(seamless < 1.5 * 8, "mean step at the seams, by that inside: " + seamless / 8);
        assertTrue(seamless < plain / 2, "seamless " + seamless / 8 + ", plain " + plain / 8);
    }

    /// The mean step across the borders by the mean step between neighbours inside.
    private static double seam(Raster picture) {
        int rows = picture.rows();
        int cols = picture.cols();
        double border = 0;
        double inside = 0;
        for (int c = 0; c < 3; c++) {
            for (int y = 0; y < rows; y++) {
                for (int x = 0; x < cols; x++) {
                    double step = Math.abs(picture.sample(y, x, c) - picture.sample(y, (x + 1) % cols, c));
                    double down = Math.abs(picture.sample(y, x, c) - picture.sample((y + 1) % rows, x, c));
                    if (x == cols - 1) border += step / rows;
                    if (x < cols - 1) inside += step / rows / (cols - 1);
                    if (y == rows - 1) border += down / cols;
                    if (y < rows - 1) inside += down / cols / (rows - 1);
                }
            }
        }
        return border / inside;
    }

    @Test
    void keepsNoMoreThanTheBestAndABatch() {
        var fake = new FakeStages();
        List<Integer> all = fake.model().generate("a cat", o -> o.images(512).seed(7)).stream().limit(32)
                .map(RankedImage::index).toList();
        var told = new ArrayList<List<Integer>>();
        fake = new FakeStages();
        List<Integer> kept = fake.model().generate("a cat", o -> o.images(512).keep(32).seed(7)
                .progress(e -> !(e instanceof Progress.BestSoFar(List<RankedImage> best, int done, int total))
                        || told.add(List.of(best.size(), best.getLast().rank(), done, total))))
                .stream()
                .map(RankedImage::index).toList();
        assertEquals(all, kept);
        assertEquals(63, told.size());
        assertEquals(List.of(8, 8, 8, 512), told.getFirst());
        assertEquals(List.of(32, 32, 504, 512), told.getLast());
        assertTrue(fake.mostPictures() <= 32 + 8 + 1, "pictures held at once: " + fake.mostPictures());
    }

    @Test
    void ranksByPerplexityLowestFirst() {
        var fake = new FakeStages();
        fake.hasPerplexity = true;
        GeneratedImages images = fake.model().generate("a cat",
                o -> o.images(6).seed(7).rankedBy(RankedBy.PERPLEXITY));
        assertTrue(images.isRanked());
        assertFalse(images.getFirst().hasScore());
        for (int i = 1; i < 6; i++) assertTrue(images.get(i - 1).perplexity() <= images.get(i).perplexity());
        fake.ranks = false;
        assertTrue(fake.model().generate("a cat", o -> o.images(2)).getFirst().hasPerplexity());
        assertThrows(IllegalArgumentException.class,
                () -> fake.model().generate("a cat", o -> o.rankedBy(RankedBy.CLIP)));
        fake.hasPerplexity = false;
        assertThrows(IllegalArgumentException.class,
                () -> fake.model().generate("a cat", o -> o.rankedBy(RankedBy.PERPLEXITY)));
        GeneratedImages unranked = fake.model().generate("a cat", o -> o.images(3).rankedBy(RankedBy.NOTHING));
        assertEquals(List.of(0, 1, 2), unranked.stream().map(RankedImage::index).toList());
    }
}
