package io.github.smalti.dvae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Pixels;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every family behind the one interface.
class ImageCodecsTest {
    @TempDir
    private Path folder;

    private static ImageCodec load(Path path) { return ImageCodecs.load(path, Compute.shared(), CodecOptions.DEFAULT); }

    @ParameterizedTest
    @CsvSource({"vqgan/f16, ZERO_TO_ONE, 16", "vqgan/f4-attn/flax_model.msgpack, ZERO_TO_ONE, 4",
            "vqgan/f4-attn/last.ckpt, MINUS_ONE_TO_ONE, 4", "vqgan/f4-attn/detoker.pt, ZERO_TO_ONE, 4",
            "vqgan/gumbel-f8, MINUS_ONE_TO_ONE, 8", "mindalle/txt2img, MINUS_ONE_TO_ONE, 2",
            "mindalle/txt2img/stage1_last.ckpt, MINUS_ONE_TO_ONE, 2"})
    void recognisesVqgans(String path, PixelRange range, int pixelsPerCode) {
        Path place = GoldenCase.path(path);
        try (ImageCodec codec = load(place)) {
            assertEquals(range, ((Vqgan) codec).pixelRange());
            assertEquals(pixelsPerCode, codec.pixelsPerCode());
            assertEquals(codec.plan(codec.gridRows(), codec.gridCols()),
                    ImageCodecs.plan(place, CodecOptions.DEFAULT));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai-dvae/a", "openai-dvae/b/encoder-legacy.pkl", "openai-dvae/b/decoder.safetensors"})
    void recognisesOpenAisDvae(String path) {
        Path place = GoldenCase.path(path);
        try (ImageCodec codec = load(place)) {
            assertTrue(codec instanceof OpenAiDvae && codec.canEncode());
            assertEquals(codec.plan(codec.gridRows(), codec.gridCols()),
                    ImageCodecs.plan(place, CodecOptions.DEFAULT));
        }
    }

    /// By its tensors, not by its name.
    @Test
    void aFileMayHaveAnyName() throws IOException {
        Path file = folder.resolve("codec.bin");
        Files.copy(GoldenCase.path("openai-dvae/a/decoder.pkl"), file);
        try (ImageCodec codec = load(file)) {
            assertEquals(128, codec.codebookSize());
            assertTrue(!codec.canEncode());
        }
    }

    @Test
    void refusesWhatIsNoCodec() throws IOException {
        assertRefused(folder, "expected an image codec", "decoder.pkl", "detoker.pt");
        assertRefused(GoldenCase.embeddedModels().resolve("emoji-scenes/clip"), "model.safetensors",
                "expected an image codec", "found CLIP (Hugging Face)");
        assertRefused(GoldenCase.path("mindalle/igpt-class/stage2_last.ckpt"), "stage2_last.ckpt",
                "found minDALL-E transformer");
        assertRefused(folder.resolve("none"), "none");
        Files.copy(GoldenCase.path("vqgan/f4-attn/detoker.pt"), folder.resolve("decoder.pkl"));
        String message = assertThrows(WeightsException.class, () -> OpenAiDvae.load(folder, Compute.shared()))
                .getMessage();
        assertTrue(message.contains("blocks.input.w"), message);
    }

    private static void assertRefused(Path path, String... parts) {
        String message = assertThrows(WeightsException.class, () -> load(path)).getMessage();
        for (String part : parts) assertTrue(message.contains(part), message);
        assertEquals(message, assertThrows(WeightsException.class,
                () -> ImageCodecs.plan(path, CodecOptions.DEFAULT)).getMessage());
    }

    /// minDALL-E's stage 1: latents, codes, the drawing before and after its range is turned.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void minDalleMatchesEveryArray(boolean hasConfig) throws IOException {
        GoldenCase golden = GoldenCase.of("mindalle/txt2img/case");
        Path published = GoldenCase.path("mindalle/txt2img");
        Files.copy(published.resolve("stage1_last.ckpt"), folder.resolve("stage1_last.ckpt"));
        Files.writeString(folder.resolve("stage2_last.ckpt"), "not read");
        if (hasConfig) Files.copy(published.resolve("config.yaml"), folder.resolve("config.yaml"));
        try (ImageCodec codec = load(folder)) {
            Vqgan vqgan = (Vqgan) codec;
            assertEquals(List.of(1, 1), vqgan.config().channelMultipliers());
            if (hasConfig) assertEquals(6, codec.gridRows());
            float[][] latents = new float[2][];
            int[][] codes = new int[2][];
            for (int i = 0; i < 2; i++) {
                float[] values = Arrays.copyOfRange(golden.floats("image"), i * 432, (i + 1) * 432);
                var picture = new Pixels(12, 12, values);
                latents[i] = vqgan.encoder().latents(vqgan.encoder().forward(vqgan.networkInput(picture))).toPixels();
                codes[i] = codec.encode(picture);
            }
            golden.assertClose("latents", OpenAiDvaeGoldenTest.joined(latents));
            golden.assertEqual("image_codes", Arrays.stream(codes).flatMapToInt(Arrays::stream).toArray());
            float[][] raw = new float[3][];
            float[][] pixels = new float[3][];
            for (int i = 0; i < 3; i++) {
                int[] greedy = Arrays.copyOfRange(golden.ints("greedy"), i * 36, (i + 1) * 36);
                raw[i] = vqgan.decodeRaw(greedy, 6, 6).toPixels();
                pixels[i] = codec.decode(greedy, 6, 6).values();
            }
            golden.assertClose("decoded_raw", OpenAiDvaeGoldenTest.joined(raw));
            golden.assertClose("pixels", OpenAiDvaeGoldenTest.joined(pixels));
        }
    }

    /// How far pixels are off the reference's, as root mean square; one level of 8 bits is 3.9e-3. The port's own epsilon
    /// takes it further from the original's pictures.
    @ParameterizedTest
    @CsvSource({"vqgan/f16, vqgan/f16/case, codes, pixels_dalle_mini, 1e-6",
            "vqgan/f4-attn/last.ckpt, vqgan/f4-attn/case, codes, pixels_taming, 1e-6",
            "vqgan/f4-attn/detoker.pt, vqgan/f4-attn/case, codes, pixels_dalle_mini, 1e-5",
            "vqgan/gumbel-f8, vqgan/gumbel-f8/case, codes, pixels_taming, 1e-6",
            "mindalle/txt2img, mindalle/txt2img/case, greedy, pixels, 1e-6",
            "openai-dvae/a, openai-dvae/a/case, codes, pixels, 2e-7",
            "openai-dvae/b, openai-dvae/b/case, codes, pixels, 2e-7"})
    void pixelsAreWithinRootMeanSquare(String path, String of, String codes, String pixels, double bound) {
        GoldenCase golden = GoldenCase.of(of);
        int[] shape = golden.array(pixels).shape();
        try (ImageCodec codec = load(GoldenCase.path(path))) {
            int rows = shape[1] / codec.pixelsPerCode();
            int cols = shape[2] / codec.pixelsPerCode();
            int[] all = golden.ints(codes);
            float[] want = golden.floats(pixels);
            double sum = 0;
            int size = shape[1] * shape[2] * 3;
            for (int i = 0; i < shape[0]; i++) {
                int[] grid = Arrays.copyOfRange(all, i * rows * cols, (i + 1) * rows * cols);
                float[] got = codec.decode(grid, rows, cols).values();
                for (int v = 0; v < size; v++) sum += Math.pow((double) got[v] - want[i * size + v], 2);
            }
            double rms = Math.sqrt(sum / want.length);
            assertTrue(rms <= bound, "root mean square " + rms);
        }
    }

    /// Rows and columns may differ; a picture that does not divide into codes is refused.
    @ParameterizedTest
    @ValueSource(strings = {"vqgan/f4-attn", "vqgan/gumbel-f8", "mindalle/txt2img", "openai-dvae/b"})
    void gridsNeedNotBeSquare(String path) {
        try (ImageCodec codec = load(GoldenCase.path(path))) {
            int side = codec.pixelsPerCode();
            int[] codes = new int[3 * 7];
            Arrays.setAll(codes, i -> i * 5 % codec.codebookSize());
            for (int[] grid : new int[][]{{3, 7}, {7, 3}, {1, 21}}) {
                Pixels picture = codec.decode(codes, grid[0], grid[1]);
                assertEquals(grid[0] * side, picture.rows());
                assertEquals(grid[1] * side, picture.cols());
                assertEquals(codes.length, codec.encode(picture).length);
                assertTrue(codec.plan(grid[0], grid[1]).scratchBytes() > 0);
            }
            int off = 3 * side + 1;
            String message = assertThrows(IllegalArgumentException.class,
                    () -> codec.encode(new Pixels(off, side, new float[off * side * 3]))).getMessage();
            assertEquals("picture: expected rows and columns that are multiples of " + side + ", found " + off + " × "
                    + side, message);
        }
    }

    /// A code reaches 6 codes to either side in the first group, then 3, 1.5 and 0.75: rows and columns are not mixed up.
    @ParameterizedTest
    @CsvSource({"1, 30", "30, 1"})
    void theLastCodeIsDrawnAtTheLastPlace(int rows, int cols) {
        try (ImageCodec codec = load(GoldenCase.path("openai-dvae/b"))) {
            int[] codes = new int[30];
            float[] plain = codec.decode(codes, rows, cols).values();
            codes[29] = 7;
            float[] changed = codec.decode(codes, rows, cols).values();
            boolean[] differs = new boolean[30];
            for (int i = 0; i < plain.length; i++) {
                int pixel = i / 3;
                if (plain[i] != changed[i]) differs[rows == 1 ? pixel % 240 / 8 : pixel / 64] = true;
            }
            assertTrue(differs[29]);
            for (int code = 0; code < 17; code++) assertTrue(!differs[code], "code " + code);
        }
    }

    /// S7: 256 × 256 × 3 values become 1,024 codes, 192 times fewer, of 13 bits: 0.203 bits a pixel.
    @Test
    void codesAreFewerThanPixels() {
        var published = new OpenAiDvaeConfig(256, 2, 128, 8192);
        assertEquals(1024, published.gridSide() * published.gridSide());
        assertEquals(256, published.gridSide() * published.pixelsPerCode());
        try (ImageCodec codec = load(GoldenCase.path("openai-dvae/a"))) {
            assertEquals(192, codec.valuesPerCode());
            assertEquals(256 * 256 * 3, codec.gridRows() * codec.gridCols() * codec.valuesPerCode());
            assertEquals(7, codec.bitsPerCode(), 1e-12, "128 codes");
            assertEquals(7.0 / 64, codec.bitsPerPixel(), 1e-12);
        }
        assertEquals(0.203, 1024 * 13 / 65536.0, 5e-4);
    }
}
