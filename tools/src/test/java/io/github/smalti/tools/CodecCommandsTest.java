package io.github.smalti.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.PictureQuality;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Raster;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.pipeline.ImageFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `encode`, `decode` and `reconstruct` with every codec.
class CodecCommandsTest {
    @TempDir
    Path folder;

    private static String path(String name) { return GoldenCase.path(name).toString(); }

    private static String text(int[] codes) {
        return IntStream.of(codes).mapToObj(Integer::toString).collect(Collectors.joining(","));
    }

    @Test
    void openAisDvaeFindsAndDrawsTheReferencesCodes() {
        GoldenCase golden = GoldenCase.of("openai-dvae/b/case");
        Run encoded = Run.of("encode", path("openai-dvae/b/image0.png"), "--vqgan", path("openai-dvae/b"), "--json");
        assertEquals(0, encoded.exit(), encoded.err());
        assertEquals(3, encoded.json().path("rows").asInt());
        assertEquals(5, encoded.json().path("columns").asInt());
        int[] codes = new int[15];
        for (int i = 0; i < 15; i++) codes[i] = encoded.json().path("codes").get(i).asInt();
        assertArrayEquals(golden.ints("token_ids"), codes);

        Path out = folder.resolve("drawn.png");
        Run decoded = Run.of("decode", text(codes), "--columns", "5", "--vqgan", path("openai-dvae/b/decoder.pkl"),
                "--threads", "1", "--out", out.toString());
        assertEquals(0, decoded.exit(), decoded.err());
        assertNearEightBits(golden.floats("roundtrip_pixels"), ImageFiles.read(out).samples());
    }

    /// Truncated, one level apart at most.
    private static void assertNearEightBits(float[] want, byte[] samples) {
        assertEquals(want.length, samples.length);
        for (int i = 0; i < want.length; i++) assertEquals((int) (want[i] * 255f), samples[i] & 0xff, 1, "sample " + i);
    }

    @ParameterizedTest
    @ValueSource(strings = {"vqgan/gumbel-f8", "mindalle/txt2img", "vqgan/f4-attn/last.ckpt"})
    void vqgansOfOtherLayoutsEncodeAndDecode(String codec) {
        Path out = folder.resolve("drawn.png");
        Run decoded = Run.of("decode", "1,2,3,4,5,6,7,8", "--columns", "4", "--vqgan", path(codec), "--out",
                out.toString());
        assertEquals(0, decoded.exit(), decoded.err());
        Run encoded = Run.of("encode", out.toString(), "--vqgan", path(codec), "--json");
        assertEquals(0, encoded.exit(), encoded.err());
        assertEquals(2, encoded.json().path("rows").asInt());
        assertEquals(4, encoded.json().path("columns").asInt());
    }

    @Test
    void refusesWhatIsNoCodec() {
        Run clip = Run.of("encode", path("openai-dvae/b/image0.png"), "--vqgan",
                path("mindalle/igpt-class/stage2_last.ckpt"));
        assertEquals(1, clip.exit());
        assertTrue(clip.err().contains("expected an image codec"), clip.err());
        Run none = Run.of("encode", path("openai-dvae/b/image0.png"), "--vqgan", folder.resolve("no").toString());
        assertEquals(1, none.exit());
        assertTrue(none.err().contains("no such file or folder"), none.err());
        Run threads = Run.of("encode", path("openai-dvae/b/image0.png"), "--threads", "5000");
        assertEquals(2, threads.exit());
        assertTrue(threads.err().contains("--threads: expected 0 to 1024, found 5000"), threads.err());
        Run drawsOnly = Run.of("reconstruct", path("openai-dvae/b/image0.png"), "--vqgan",
                path("vqgan/f4-attn/detoker.pt"), "--out", folder.resolve("x.png").toString());
        assertEquals(1, drawsOnly.exit());
        assertTrue(drawsOnly.err().contains("no encoder"), drawsOnly.err());
        assertFalse(Files.exists(folder.resolve("x.png")));
    }

    /// S7 and S20: the same figures as the reference's own round trip of the same picture, to every digit printed.
    @ParameterizedTest
    @CsvSource({"a, 0, 16, 128, 7", "a, 1, 16, 128, 7", "b, 0, 15, 96, 6.585"})
    void reconstructionIsAsNearAsTheReferences(String model, int picture, int codes, int codebook, double bits) {
        String image = path("openai-dvae/" + model + "/image" + picture + ".png");
        Path out = folder.resolve("both.png");
        Run run = Run.of("reconstruct", image, "--vqgan", path("openai-dvae/" + model), "--out", out.toString());
        assertEquals(0, run.exit(), run.err());
        assertEquals("", run.err());
        Raster original = ImageFiles.read(Path.of(image));
        Raster reference = referenceRoundTrip(model, picture, original);
        Pixels a = ImageFiles.toPixels(original);
        Pixels b = ImageFiles.toPixels(reference);
        String want = String.format(Locale.ROOT,
                "%s: %d x %d pixels as %d codes of %d: ×192 fewer values, %.3f bits per pixel%n"
                        + "PSNR %.2f dB, SSIM %.4f%n%s: original left, reconstruction right%n",
                image, original.cols(), original.rows(), codes, codebook, bits / 64, PictureQuality.psnr(a, b),
                PictureQuality.ssim(a, b), out);
        assertEquals(want.replace(System.lineSeparator(), "\n"), run.out().replace(System.lineSeparator(), "\n"));

        Raster both = ImageFiles.read(out);
        assertEquals(original.rows(), both.rows());
        assertEquals(2 * original.cols() + 8, both.cols());
        for (int y = 0; y < original.rows(); y++) {
            for (int x = 0; x < original.cols(); x++) {
                for (int c = 0; c < 3; c++) {
                    assertEquals(original.sample(y, x, c), both.sample(y, x, c));
                    assertEquals(reference.sample(y, x, c), both.sample(y, original.cols() + 8 + x, c), 1);
                }
            }
        }
    }

    private static Raster referenceRoundTrip(String model, int picture, Raster original) {
        float[] all = GoldenCase.of("openai-dvae/" + model + "/case").floats("roundtrip_pixels");
        int size = original.rows() * original.cols() * 3;
        float[] values = Arrays.copyOfRange(all, picture * size, (picture + 1) * size);
        return new Pixels(original.rows(), original.cols(), values).toRaster();
    }

    @Test
    void picturesThatDoNotDivideAreCutAndLargeOnesShrunk() throws IOException {
        byte[] samples = new byte[45 * 70];
        for (int i = 0; i < samples.length; i++) samples[i] = (byte) (i * 7);
        Path gray = folder.resolve("gray.png");
        ImageFiles.writePng(gray, new Raster(45, 70, 1, samples));
        Path out = folder.resolve("both.png");
        Run cut = Run.of("reconstruct", gray.toString(), "--out", out.toString(), "--json");
        assertEquals(0, cut.exit(), cut.err());
        assertTrue(
                cut.err().contains("the picture of 70 x 45 pixels is cut to 64 x 40, its middle, since a code stands "
                        + "for 8 x 8 pixels"),
                cut.err());
        JsonNode json = cut.json();
        assertEquals(40, json.path("rows").asInt());
        assertEquals("[5,8]", json.path("grid").toString());
        assertEquals(40, json.path("codes").asInt());
        assertEquals(10.0 / 64, json.path("bits_per_pixel").asDouble(), 1e-12, "1024 codes");
        assertTrue(json.path("psnr").asDouble() > 0 && json.path("ssim").asDouble() <= 1);
        assertEquals(samples[2 * 70 + 3], ImageFiles.read(out).samples()[0], "cut evenly at both sides");

        Run refused = Run.of("reconstruct", gray.toString(), "--out", out.toString());
        assertEquals(1, refused.exit());
        assertTrue(refused.err().contains("the file exists"), refused.err());
        Run shrunk = Run.of("reconstruct", gray.toString(), "--out", out.toString(), "--replace", "--size", "16");
        assertEquals(0, shrunk.exit(), shrunk.err());
        assertTrue(shrunk.err().contains("of 70 x 45 pixels is shrunk to 24 x 16, as --size asks"), shrunk.err());
        assertEquals(24 * 2 + 8, ImageFiles.read(out).cols());
        Run small = Run.of("reconstruct", gray.toString(), "--out", out.toString(), "--replace", "--size", "7");
        assertEquals(1, small.exit());
        assertTrue(small.err().contains("at least 8 x 8 pixels, found 10 x 7"), small.err());
        Run tiny = Run.of("reconstruct", gray.toString(), "--out", out.toString(), "--replace", "--size", "8",
                "--json");
        assertTrue(tiny.json().path("ssim").isNull(), tiny.out());
        Run wrong = Run.of("reconstruct", gray.toString(), "--size", "0");
        assertEquals(2, wrong.exit());
        assertTrue(wrong.err().contains("--size: expected 1 to 16384, found 0"), wrong.err());
        Run missing = Run.of("reconstruct", folder.resolve("no.png").toString(), "--out",
                folder.resolve("new.png").toString());
        assertEquals(1, missing.exit());
        assertTrue(missing.err().contains("no.png: no such file"), missing.err());
        try (var files = Files.list(folder)) {
            assertEquals(2, files.count(), "no temporary file stays");
        }
    }

    @Test
    void shrinkingTakesTheMeansOfAreas() {
        byte[] samples = new byte[4 * 6 * 3];
        for (int i = 0; i < samples.length; i++) samples[i] = (byte) (i % 3 * 50 + i / 18 * 10 + i / 3 % 6);
        Raster small = PictureFit.shrink(new Raster(4, 6, 3, samples), 2);
        assertEquals(2, small.rows());
        assertEquals(3, small.cols());
        assertEquals(Math.round(5 + 0.5), small.sample(0, 0, 0)); // rows 0 and 10, columns 0 and 1
        assertEquals(100 + 25 + 5, small.sample(1, 2, 2), 1); // rows 20 and 30, columns 4 and 5
        Raster thirds = PictureFit.shrink(new Raster(3, 3, 1, new byte[]{0, 30, 60, 0, 30, 60, 0, 30, 60}), 2);
        assertArrayEquals(new byte[]{10, 50, 10, 50}, thirds.samples());
        Raster same = new Raster(2, 2, 1, new byte[4]);
        assertEquals(same, PictureFit.shrink(same, 2));
    }
}
