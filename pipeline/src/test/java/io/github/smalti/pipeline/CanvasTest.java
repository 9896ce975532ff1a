package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Pixels;
import io.github.smalti.transformer.ImagePrompt;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Pictures of other sizes and seamless ones; on the embedded model, 8 x 8 codes of 8 x 8 pixels.
class CanvasTest {
    private static final int GRID = 8;
    private static TextToImage model;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() { model = TextToImage.embedded(); }

    @AfterAll
    static void close() { model.close(); }

    private static RankedImage draw(int rows, int cols) {
        return model.generate("a red car", o -> o.images(2).seed(7).rankBy(RankBy.NONE).size(rows, cols)).getLast();
    }

    private static int[] box(int[] codes, int cols, int top, int left, int height, int width) {
        int[] out = new int[height * width];
        for (int at = 0; at < out.length; at++) out[at] = codes[(top + at / width) * cols + left + at % width];
        return out;
    }

    @Test
    void fewerRowsAreTheUpperRowsOfTheDrawing() {
        int[] full = draw(GRID, GRID).codes();
        for (int rows = 1; rows < GRID; rows++) {
            RankedImage upper = draw(rows, GRID);
            assertArrayEquals(Arrays.copyOf(full, rows * GRID), upper.codes());
            assertEquals(8 * rows, upper.pixels().rows());
            assertEquals(64, upper.pixels().cols());
        }
    }

    @Test
    void fewerRowsDrawNoMoreThanThose() {
        List<Integer> done = new ArrayList<>();
        model.generate("a red car", o -> o.images(1).size(3, GRID).progress(event -> {
            if (event instanceof Progress.TokensDone tokens) {
                done.add(tokens.done());
                assertEquals(24, tokens.total());
            }
            return true;
        }));
        assertEquals(24, done.size());
        assertEquals(24, done.getLast());
    }

    @Test
    void fewerColumnsAreTheMiddleOfTheDrawing() {
        int[] full = draw(GRID, GRID).codes();
        for (int cols = 1; cols < GRID; cols++) {
            assertArrayEquals(box(full, GRID, 0, (GRID - cols) / 2, 5, cols), draw(5, cols).codes());
        }
    }

    @Test
    void largerOnesGoOnFromTheDrawing() {
        int[] full = draw(GRID, GRID).codes();
        for (int[] size : new int[][]{{8, 9}, {8, 16}, {13, 8}, {16, 16}, {3, 20}}) {
            RankedImage large = draw(size[0], size[1]);
            int rows = Math.min(GRID, size[0]);
            assertArrayEquals(Arrays.copyOf(full, rows * GRID), box(large.codes(), size[1], 0, 0, rows, GRID),
                    Arrays.toString(size));
            assertEquals(8 * size[1], large.pixels().cols());
            assertEquals(8 * size[0], large.pixels().rows());
        }
    }

    @Test
    void largeOnesDependNeitherOnBatchNorOnTheirCompany() {
        GeneratedImages three = model.generate("a cat", o -> o.images(3).seed(5).size(12, 12));
        for (RankedImage image : three) {
            int[] alone = model.generate("a cat", o -> o.indexes(image.index()).seed(5).size(12, 12).batch(1))
                    .getFirst().codes();
            assertArrayEquals(image.codes(), alone);
        }
        Set<String> windows = new HashSet<>();
        int[] codes = three.getFirst().codes();
        for (int left : new int[]{0, 4}) windows.add(Arrays.toString(box(codes, 12, 0, left, 8, 8)));
        assertEquals(2, windows.size(), "the second window is another drawing");
    }

    @Test
    void replaysSizesAndTilesFromThePng() {
        for (Canvas canvas : List.of(Canvas.of(5, 8), Canvas.of(12, 9), Canvas.MODEL.tiled(true),
                Canvas.of(8, 12).tiled(true))) {
            RankedImage image = model.generate("a cat", o -> o.images(2).seed(5).canvas(canvas)).getLast();
            Path file = folder.resolve(canvas.rows() + "-" + canvas.cols() + canvas.isTile() + ".png");
            image.writePng(file);
            ImageRecord record = ImageRecord.read(file);
            assertEquals(canvas, record.canvas());
            assertArrayEquals(image.pixels().values(), model.replay(record).pixels().values());
        }
        RankedImage own = model.generate("a cat", o -> o.images(1).size(GRID, GRID)).getFirst();
        assertEquals(Canvas.MODEL, own.record().canvas(), "the model's own size is no other size");
    }

    @Test
    void givenCodesStayOnLargeCanvasesAndInTiles() {
        Integer[] given = new Integer[12 * 10];
        Arrays.setAll(given, at -> at % 7 == 0 ? at % 32 : ImagePrompt.FREE);
        for (boolean tile : new boolean[]{false, true}) {
            int[] codes = model.generate("a cat", o -> o.images(1).canvas(Canvas.of(12, 10).tiled(tile))
                    .imagePrompt(new ImagePrompt(Arrays.asList(given)))).getFirst().codes();
            for (int at = 0; at < codes.length; at += 7) assertEquals(at % 32, codes[at], "code " + at);
        }
    }

    /// The mean step across the edges, by the mean step between neighbours inside.
    private static double seam(Pixels picture) {
        int rows = picture.rows();
        int cols = picture.cols();
        double across = 0;
        double inside = 0;
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < cols; x++) {
                double right = step(picture, y, x, y, (x + 1) % cols);
                double down = step(picture, y, x, (y + 1) % rows, x);
                if (x + 1 == cols) across += right / rows;
                else
                    inside += right / (rows * (cols - 1.0));
                if (y + 1 == rows) across += down / cols;
                else
                    inside += down / (cols * (rows - 1.0));
            }
        }
        return across / inside;
    }

    private static double step(Pixels picture, int y, int x, int toY, int toX) {
        double sum = 0;
        for (int c = 0; c < 3; c++) {
            sum += Math.abs(picture.values()[(y * picture.cols() + x) * 3 + c]
                    - picture.values()[(toY * picture.cols() + toX) * 3 + c]);
        }
        return sum;
    }

    @Test
    void tilesHaveNoSeam() {
        double plain = 0;
        double tiled = 0;
        List<String> prompts = List.of("a red car", "a cat", "a green tree", "two blue fish");
        for (String prompt : prompts) {
            for (RankedImage image : model.generate(prompt, o -> o.images(4).seed(7).temperature(1))) {
                plain += seam(image.pixels()) / 16;
            }
            for (RankedImage image : model.generate(prompt, o -> o.images(4).seed(7).temperature(1).tile(true))) {
                tiled += seam(image.pixels()) / 16;
            }
        }
        String measured = "step across the edges by step inside: " + tiled + ", without --tile " + plain;
        assertTrue(tiled < plain, measured);
        assertTrue(tiled < 1.5, measured);
    }

    @Test
    void namesTheRange() {
        assertEquals("rows of codes: expected 1 to 256, found 0",
                assertThrows(IllegalArgumentException.class, () -> Canvas.of(0, 1)).getMessage());
        assertEquals("columns of codes: expected 1 to 256, found 257",
                assertThrows(IllegalArgumentException.class, () -> Canvas.of(1, 257)).getMessage());
        assertEquals("rows of codes of a tile: expected 4 to 256, found 3",
                assertThrows(IllegalArgumentException.class, () -> Canvas.of(3, 8).tiled(true)).getMessage());
        String message = assertThrows(IllegalArgumentException.class, () -> model.generate("a", o -> o.images(1)
                .size(8, 9).imagePrompt(new ImagePrompt(List.of(1))))).getMessage();
        assertEquals("image prompt: expected 72 codes, found 1", message);
    }
}
