package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.Raster;
import io.github.smalti.golden.GoldenCase;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFilesTest {
    @TempDir
    Path folder;

    static Stream<JsonNode> badFiles() {
        JsonNode cases = GoldenCase.json(GoldenCase.path("bad-files/manifest.json")).path("cases");
        return StreamSupport.stream(cases.spliterator(), false).filter(c -> c.path("reader").asText().equals("image"));
    }

    @Test
    void thereAreTwentyOneFiles() { assertEquals(21, badFiles().count()); }

    @ParameterizedTest
    @MethodSource("badFiles")
    void readsOrRefusesAsListed(JsonNode listed) {
        Path file = GoldenCase.path("bad-files").resolve(listed.path("file").asText());
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> {
            String outcome = listed.path("outcome").asText();
            if (outcome.equals("error")) {
                String message = assertThrows(ImageFileException.class, () -> ImageFiles.read(file)).getMessage();
                assertTrue(message.contains(file.getFileName().toString()) && message.length() < 2000, message);
                for (JsonNode mention : listed.path("mentions"))
                    assertTrue(message.contains(mention.asText()), message);
                return;
            }
            Raster image;
            try {
                image = ImageFiles.read(file);
            } catch (ImageFileException e) {
                assertEquals("pixels-or-error", outcome, e.getMessage());
                return;
            }
            assertEquals(listed.path("width").asInt(), image.cols());
            assertEquals(listed.path("height").asInt(), image.rows());
            int tolerance = file.toString().endsWith(".jpg") ? 2 : 0;
            for (int i = 0; i < listed.path("first_pixels").size(); i++) {
                assertPixel(listed.path("first_pixels").get(i), image, 0, i, tolerance);
            }
            if (listed.has("last_pixel")) {
                assertPixel(listed.path("last_pixel"), image, image.rows() - 1, image.cols() - 1, tolerance);
            }
        });
    }

    private static void assertPixel(JsonNode expected, Raster image, int y, int x, int tolerance) {
        for (int c = 0; c < 3; c++) {
            assertEquals(expected.get(c).asInt(), image.sample(y, x, c), tolerance, "pixel " + y + ", " + x);
        }
    }

    private static Raster random(int rows, int cols, int channels, long seed) {
        byte[] samples = new byte[rows * cols * channels];
        new Random(seed).nextBytes(samples);
        return new Raster(rows, cols, channels, samples);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4})
    void writesWhatImageIoAndItselfRead(int channels) throws IOException {
        for (int[] size : new int[][]{{1, 1}, {1, 9}, {7, 1}, {13, 17}, {64, 64}}) {
            Raster image = random(size[0], size[1], channels, size[1]);
            Path file = folder.resolve(size[0] + "x" + size[1] + ".png");
            ImageFiles.writePng(file, image);
            Raster again = ImageFiles.read(file);
            assertEquals(channels, again.channels());
            assertArrayEquals(image.samples(), again.samples());
            BufferedImage seen = ImageIO.read(file.toFile());
            assertArrayEquals(image.samples(), ImageFiles.toRaster(seen).samples());
            byte[] bytes = Files.readAllBytes(file);
            ImageFiles.replacePng(file, image);
            assertArrayEquals(bytes, Files.readAllBytes(file), "same picture, same bytes");
        }
    }

    @Test
    void compressesSmoothPictures() throws IOException {
        byte[] samples = new byte[256 * 256 * 3];
        for (int i = 0; i < samples.length; i++) samples[i] = (byte) (i / 3 % 256 / 2 + i / 768 / 2);
        Path file = folder.resolve("smooth.png");
        ImageFiles.writePng(file, new Raster(256, 256, 3, samples));
        assertTrue(Files.size(file) < 10_000, "bytes: " + Files.size(file));
    }

    @Test
    void readsSixteenBitsGrayAndPalettes() throws IOException {
        for (int type : new int[]{BufferedImage.TYPE_USHORT_GRAY, BufferedImage.TYPE_BYTE_GRAY}) {
            var gray = new BufferedImage(3, 1, type);
            int unit = type == BufferedImage.TYPE_USHORT_GRAY ? 257 : 1;
            gray.getRaster().setPixels(0, 0, 3, 1, new int[]{0, 100 * unit, 255 * unit});
            Raster read = ImageFiles.read(saved(gray, "gray" + type + ".png"));
            assertEquals(1, read.channels());
            assertArrayEquals(new byte[]{0, 100, (byte) 255}, read.samples());
        }
        var palette = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_INDEXED);
        palette.setRGB(1, 0, 0xffff0000);
        Raster read = ImageFiles.read(saved(palette, "palette.png"));
        assertEquals(255, read.sample(0, 1, 0));
        assertEquals(0, read.sample(0, 1, 1));
    }

    private Path saved(BufferedImage image, String name) throws IOException {
        Path file = folder.resolve(name);
        ImageIO.write(image, "png", file.toFile());
        return file;
    }

    @Test
    void limitsPixels() {
        Path file = folder.resolve("a.png");
        ImageFiles.writePng(file, random(10, 10, 3, 1));
        assertEquals(file + ": 10 x 10 pixels, expected 1 to 99 pixels",
                assertThrows(ImageFileException.class, () -> ImageFiles.read(file, 99)).getMessage());
        assertEquals(100, ImageFiles.read(file, 100).samples().length / 3);
    }

    /// Every message is typed, whatever byte is changed (run with -Dtests.seed to repeat).
    @Test
    void refusesOrReadsMutants() throws IOException {
        long seed = Long.getLong("tests.seed", System.nanoTime());
        var random = new Random(seed);
        for (String name : new String[]{"good.png", "good.jpg"}) {
            byte[] good = Files.readAllBytes(GoldenCase.path("bad-files/image/" + name));
            Path file = folder.resolve("mutant-" + name);
            for (int round = 0; round < 300; round++) {
                byte[] mutant = good.clone();
                for (int i = 0; i <= random.nextInt(4); i++) {
                    mutant[random.nextInt(mutant.length)] = (byte) random.nextInt(256);
                }
                Files.write(file, mutant);
                try {
                    Raster image = ImageFiles.read(file, 1_000_000);
                    assertTrue(image.rows() > 0);
                } catch (ImageFileException e) {
                    assertTrue(e.getMessage().length() < 2000);
                } catch (RuntimeException | Error e) {
                    throw new AssertionError("-Dtests.seed=" + seed + " round " + round + " of " + name, e);
                }
            }
        }
    }

    @Test
    void neverOverwrites() throws IOException {
        Path file = folder.resolve("a.png");
        Files.writeString(file, "mine");
        String message = assertThrows(ImageFileException.class,
                () -> ImageFiles.writePng(file, random(2, 2, 3, 1))).getMessage();
        assertEquals(file + ": the file exists: choose another name or ask for it to be replaced", message);
        assertEquals("mine", Files.readString(file));
        ImageFiles.replacePng(file, random(2, 2, 3, 1));
        assertEquals(2, ImageFiles.read(file).rows());
        assertOnly("a.png");
    }

    @Test
    void namesTheFolderThatCannotBeWritten() throws IOException {
        Path missing = folder.resolve("missing/a.png");
        assertEquals(missing + ": cannot be written (there is no such folder)", assertThrows(ImageFileException.class,
                () -> ImageFiles.writePng(missing, random(2, 2, 3, 1))).getMessage());
        Path file = folder.resolve("file");
        Files.writeString(file, "x");
        assertThrows(ImageFileException.class, () -> ImageFiles.writePng(file.resolve("a.png"), random(2, 2, 3, 1)));
        assertOnly("file");
    }

    /// The disk is full after n bytes, for all n.
    @Test
    void fullDiskLeavesNothingAndSaysHowManyBytesAreNeededAndFree() throws IOException {
        Path file = folder.resolve("a.png");
        Raster image = random(5, 7, 3, 1);
        ImageFiles.writePng(file, image);
        int size = (int) Files.size(file);
        byte[] old = Files.readAllBytes(file);
        Path other = folder.resolve("b.png");
        for (int bytes = 0; bytes < size; bytes++) {
            var disk = new FullDisk(bytes);
            String said = assertThrows(ImageFileException.class,
                    () -> ImageFiles.write(disk, other, image, Map.of(), false)).getMessage();
            assertTrue(said.matches("(?s).*/b.png: cannot be written \\(No space left on device\\): it takes " + size
                    + " bytes, [0-9]+ are free in its folder"), said);
            assertThrows(ImageFileException.class, () -> ImageFiles.write(disk, file, image, Map.of(), true));
            assertOnly("a.png");
        }
        assertArrayEquals(old, Files.readAllBytes(file));
        ImageFiles.write(new FullDisk(size), file, image, Map.of(), true);
    }

    @Test
    void interruptedWritingLeavesNothingAndKeepsTheInterrupt() throws IOException {
        Path file = folder.resolve("a.png");
        Thread.currentThread().interrupt();
        String said = assertThrows(ImageFileException.class, () -> ImageFiles.writePng(file, random(5, 7, 3, 1)))
                .getMessage();
        assertTrue(Thread.interrupted(), "the interrupt is kept");
        assertEquals(file + ": cannot be written (the thread was interrupted)", said);
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(0, files.count());
        }
    }

    @Test
    void laysPicturesOutInAGrid() {
        var red = new Raster(1, 2, 3, new byte[]{(byte) 255, 0, 0, (byte) 255, 0, 0});
        var clear = new Raster(1, 1, 4, new byte[]{0, 0, 0, 0});
        var gray = new Raster(1, 2, 1, new byte[]{7, 9});
        Raster grid = ImageGrid.of(List.of(red, clear, gray), 2, 1);
        assertEquals(3, grid.rows());
        assertEquals(5, grid.cols());
        int w = 255;
        int[] expected = {w, 0, 0, w, 0, 0, w, w, w, w, w, w, w, w, w, //
                w, w, w, w, w, w, w, w, w, w, w, w, w, w, w, //
                7, 7, 7, 9, 9, 9, w, w, w, w, w, w, w, w, w};
        for (int i = 0; i < expected.length; i++) assertEquals(expected[i], grid.samples()[i] & 0xff, "sample " + i);
        assertEquals(2, ImageGrid.of(List.of(red), 8, 5).cols());
        assertThrows(IllegalArgumentException.class, () -> ImageGrid.of(List.of(), 2, 1));
        assertThrows(IllegalArgumentException.class, () -> ImageGrid.of(List.of(red), 0, 1));
        assertThrows(IllegalArgumentException.class, () -> ImageGrid.of(List.of(red, red), 2, 64_000_000));
    }

    @Test
    void turnsSamplesIntoNumbers() {
        var gray = new Raster(1, 1, 1, new byte[]{51});
        assertArrayEquals(new float[]{0.2f, 0.2f, 0.2f}, ImageFiles.toPixels(gray).values());
        var clear = new Raster(1, 1, 4, new byte[]{0, 51, (byte) 255, 0});
        assertArrayEquals(new float[]{0, 0.2f, 1}, ImageFiles.toPixels(clear).values());
    }

    private void assertOnly(String name) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(name), files.map(f -> f.getFileName().toString()).toList());
        }
        assertFalse(Files.exists(folder.resolve("missing")));
    }
}
