package io.github.smalti.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.Raster;
import io.github.smalti.pipeline.ImageFiles;
import io.github.smalti.pipeline.ImageRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Image prompts, sizes, tiles and early looks by `generate` and `replay`.
class CanvasOptionsTest {
    @TempDir
    Path folder;

    private Path out() { return folder.resolve("out"); }

    private Run generate(String... more) {
        return Run.of(
                Stream.concat(Stream.of("generate", "a red car", "--images", "1", "--seed", "7", "--no-grid", "--out",
                        out().toString()), Stream.of(more)).toArray(String[]::new));
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private String picture() {
        generate();
        return out().resolve("01-a-red-car.png").toString();
    }

    @Test
    void goesOnFromAPictureAndReplays() {
        String picture = picture();
        JsonNode json = generate("--image-prompt", picture, "--keep-rows", "3", "--json").json();
        assertEquals(24, json.path("options").path("given_codes").asInt());
        Path file = Path.of(json.path("images").get(0).path("file").asText());
        assertEquals(24, ImageRecord.read(file).imagePrompt().count());
        JsonNode codes = json.path("images").get(0).path("codes");
        for (int i = 0; i < 24; i++) {
            assertEquals(ImageRecord.read(file).imagePrompt().codes().get(i), codes.get(i).asInt());
        }
        Run replayed = Run.of("replay", file.toString());
        assertEquals(0, replayed.exit(), replayed.err());
        assertTrue(replayed.out().contains("the same picture, bit for bit"));
        assertEquals(32, generate("--image-prompt", picture, "--json").json().path("options").path("given_codes")
                .asInt(), "the upper half if nothing is said");
        assertEquals(6, generate("--image-prompt", picture, "--keep-box", "1,2,2,3", "--json").json().path("options")
                .path("given_codes").asInt());
    }

    @Test
    void drawsOtherSizesAndTiles() {
        JsonNode json = generate("--size", "96x40", "--tile", "--json").json();
        Path file = Path.of(json.path("images").get(0).path("file").asText());
        Raster image = ImageFiles.read(file);
        assertEquals("96 40", image.cols() + " " + image.rows());
        assertEquals("[5,12]", json.path("options").path("grid").toString());
        assertTrue(json.path("options").path("tile").asBoolean());
        Run replayed = Run.of("replay", file.toString());
        assertEquals(0, replayed.exit(), replayed.err());
    }

    private void assertFault(int exit, String part, String... more) {
        Run run = generate(more);
        assertEquals(exit, run.exit(), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().contains(part), run.err());
    }

    @Test
    void saysWhatToTypeInstead() {
        assertFault(2, "name it by --image-prompt FILE", "--keep-rows", "3");
        assertFault(2, "--keep-box says what to keep", "--keep-box", "0,0,1,1");
        assertFault(2, "either --keep-rows or --keep-box", "--image-prompt", "x.png", "--keep-rows", "3", "--keep-box",
                "0,0,1,1");
        assertFault(2, "--keep-box: expected TOP,LEFT,ROWS,COLS in codes, such as 0,0,4,8; found \"1,2\"",
                "--image-prompt", "x.png", "--keep-box", "1,2");
        assertFault(2, "--size: expected WIDTHxHEIGHT in pixels, such as 256x128; found \"big\"", "--size", "big");
        assertFault(2, "--size: expected multiples of 8 pixels, found 60x64; the nearest is 64x64", "--size", "60x64");
        assertFault(2, "--size: columns of codes: expected 1 to 256, found 1000", "--size", "8000x64");
        assertFault(2, "of a tile: expected 4 to 256, found 2", "--size", "64x16", "--tile");
        assertFault(2, "this model family has none", "--rank", "perplexity");
        assertFault(2, "batch: expected 0 to 4096, found -1", "--batch", "-1");
        assertFault(1, "no such file", "--image-prompt", folder.resolve("x.png").toString());
        assertFalse(Files.exists(out()));
        String picture = picture();
        assertFault(2,
                "--keep-rows: rows to keep: expected 0 to 8, found 9; the drawing has 8 x 8 codes of 8 x 8 pixels",
                "--image-prompt", picture, "--keep-rows", "9");
        assertFault(2, "--keep-box: left of the kept box: expected 0 to 8, found 9", "--image-prompt", picture,
                "--keep-box", "0,9,1,1");
    }

    /// Standard error that notes whether the sheet is there whenever the bar is drawn.
    @Test
    void showsTheBestSoFarAndRemovesIt() throws IOException {
        Path sheet = out().resolve("best-so-far-a-cat.png");
        int[] seen = new int[2];
        var err = new ByteArrayOutputStream() {
            @Override
            public void write(byte[] bytes, int from, int count) {
                super.write(bytes, from, count);
                if (!Files.exists(sheet)) return;
                seen[0]++;
                seen[1] = ImageFiles.read(sheet).cols();
            }
        };
        int exit = Smalti.run(new Terminal(new PrintStream(new ByteArrayOutputStream()), new PrintStream(err), true,
                new Interruption()), "generate", "a cat", "--images", "24", "--keep", "4", "--batch", "4", "--seed",
                "7",
                "--no-grid", "--out", out().toString());
        assertEquals(0, exit, err.toString());
        assertTrue(seen[0] > 0, "the sheet was there");
        assertEquals(64 + 8 + 64, seen[1], "four pictures");
        assertEquals(List.of("01-a-cat.png", "02-a-cat.png", "03-a-cat.png", "04-a-cat.png"), names(out()));
        assertTrue(err.toString().contains("of 24 images, "), err.toString());
        assertTrue(err.toString().matches("(?s).*\\d+:\\d\\d left.*"), err.toString());
    }

    @Test
    void leavesAFileOfThatNameAloneAndNothingBehindWhenStopped() throws IOException {
        Files.createDirectories(out());
        Path own = Files.writeString(out().resolve("best-so-far-a-red-car.png"), "mine");
        assertEquals(0, generate("--batch", "1", "--keep", "1").exit());
        Run many = Run.of("generate", "a red car", "--images", "4", "--batch", "1", "--keep", "1", "--out",
                out().toString());
        assertEquals(0, many.exit(), many.err());
        assertEquals("mine", Files.readString(own));
    }
}
