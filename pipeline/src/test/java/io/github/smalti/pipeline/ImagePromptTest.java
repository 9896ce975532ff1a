package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Raster;
import io.github.smalti.transformer.ImagePrompt;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// S38: a caption and some codes of a picture, the rest is drawn; on the embedded model, 8 x 8 codes.
class ImagePromptTest {
    private static final int GRID = 8;
    private static final int CODES = GRID * GRID;
    private static TextToImage model;
    private static int[] cat;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() {
        model = TextToImage.embedded(LoadOptions.DEFAULT.withEncoder(true));
        cat = model.generate("a cat", o -> o.images(1).seed(3)).getFirst().codes();
    }

    @AfterAll
    static void close() { model.close(); }

    /// The first codes of a picture, the others free.
    private static ImagePrompt first(int[] codes, int count) {
        Integer[] given = new Integer[CODES];
        Arrays.setAll(given, at -> at < count ? codes[at] : ImagePrompt.FREE);
        return new ImagePrompt(Arrays.asList(given));
    }

    private static int[] draw(ImagePrompt prompt) {
        return model.generate("a red car", o -> o.images(2).seed(7).rankBy(RankBy.NONE).imagePrompt(prompt)).getLast()
                .codes();
    }

    @Test
    void givenCodesStayForAnyNumberOfThem() {
        for (int count = 0; count <= CODES; count++) {
            int[] drawn = draw(first(cat, count));
            assertArrayEquals(Arrays.copyOf(cat, count), Arrays.copyOf(drawn, count), "n = " + count);
        }
    }

    @Test
    void ofItsOwnCodesTheSameDrawingComes() {
        int[] plain = draw(ImagePrompt.NONE);
        for (int count : new int[]{0, 1, 8, 31, 63, 64}) {
            assertArrayEquals(plain, draw(first(plain, count)), "random numbers belong to positions, n = " + count);
        }
        ImagePrompt box = ImagePrompt.box(plain, GRID, 2, 3, 4, 2);
        assertArrayEquals(plain, draw(box));
    }

    @Test
    void whatComesBeforeTheFirstGivenCodeIsTheDrawingWithoutIt() {
        int[] plain = draw(ImagePrompt.NONE);
        int[] boxed = draw(ImagePrompt.box(cat, GRID, 3, 2, 3, 4));
        int firstGiven = 3 * GRID + 2;
        assertArrayEquals(Arrays.copyOf(plain, firstGiven), Arrays.copyOf(boxed, firstGiven));
        for (int row = 3; row < 6; row++) {
            for (int col = 2; col < 6; col++) assertEquals(cat[row * GRID + col], boxed[row * GRID + col]);
        }
    }

    @Test
    void allCodesGivenIsThePictureItself() {
        RankedImage image = model.generate("a red car", o -> o.images(1).imagePrompt(first(cat, CODES))).getFirst();
        assertArrayEquals(cat, image.codes());
        assertArrayEquals(model.generate("a cat", o -> o.images(1).seed(3)).getFirst().pixels().values(),
                image.pixels().values());
    }

    @Test
    void replaysFromThePng() {
        RankedImage image = model.generate("a red car", o -> o.images(3).seed(7).imagePrompt(first(cat, 20))).getLast();
        Path file = folder.resolve("prompted.png");
        image.writePng(file);
        ImageRecord record = ImageRecord.read(file);
        assertEquals(first(cat, 20), record.imagePrompt());
        RankedImage again = model.replay(record);
        assertArrayEquals(image.pixels().values(), again.pixels().values());
        assertEquals(image.record(), again.record());
    }

    @Test
    void refusesCodesThatDoNotFit() {
        assertRefused("image prompt: expected 64 codes, found 63", new ImagePrompt(Collections.nCopies(63, 1)));
        int size = model.generate("a", o -> o.images(1)).size();
        assertEquals(1, size);
        assertRefused("image prompt, code 0: expected 0 to ", new ImagePrompt(Collections.nCopies(64, 1 << 20)));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> new ImagePrompt(List.of(-2))).getMessage()
                .contains("expected 0 or more"));
    }

    private static void assertRefused(String start, ImagePrompt prompt) {
        String message = assertThrows(IllegalArgumentException.class, () -> draw(prompt)).getMessage();
        assertTrue(message.startsWith(start), message);
    }

    /// What is kept of a picture of the model's size are the codes of that picture; other sizes are resized and cut.
    @Test
    void makesPromptsOfPictures() {
        Raster drawn = model.generate("a cat", o -> o.images(1).seed(3)).getFirst().toRaster();
        ImagePrompt all = model.imagePrompt(drawn, CodeBox.firstRows(GRID));
        assertEquals(CODES, all.count());
        ImagePrompt upper = model.imagePrompt(drawn, CodeBox.firstRows(3));
        assertEquals(all.codes().subList(0, 3 * GRID), upper.codes().subList(0, 3 * GRID));
        assertEquals(3 * GRID, upper.count());
        ImagePrompt box = model.imagePrompt(drawn, new CodeBox(1, 2, 3, 4));
        assertEquals(12, box.count());
        assertEquals(all.codes().get(GRID + 2), box.codes().get(GRID + 2));
        Raster wide = ImageGrid.of(List.of(drawn, drawn, drawn), 3, 0);
        assertEquals(all, model.imagePrompt(wide, CodeBox.firstRows(GRID)), "the middle third is the picture itself");
        assertEquals(all, model.imagePrompt(ImageFiles.toBufferedImage(drawn), CodeBox.firstRows(GRID)));
        assertEquals("rows to keep: expected 0 to 8, found 9", assertThrows(IllegalArgumentException.class,
                () -> model.imagePrompt(drawn, CodeBox.firstRows(9))).getMessage());
        assertThrows(IllegalArgumentException.class, () -> model.imagePrompt(drawn, new CodeBox(0, 7, 1, 2)));
    }

    @Test
    void saysHowToLoadTheEncoderAndCountsIt() {
        Raster picture = new Raster(64, 64, 3, new byte[64 * 64 * 3]);
        try (var plain = TextToImage.embedded()) {
            assertTrue(assertThrows(ModelUnavailableException.class,
                    () -> plain.imagePrompt(picture, CodeBox.firstRows(4))).getMessage().contains("withEncoder(true)"));
            assertTrue(plain.plan(1, true).weightBytes() < model.plan(1, true).weightBytes());
        }
        assertEquals(model.plan(1, true),
                TextToImage.plan(ModelPaths.embedded(), LoadOptions.DEFAULT.withEncoder(true), 1, true));
    }
}
