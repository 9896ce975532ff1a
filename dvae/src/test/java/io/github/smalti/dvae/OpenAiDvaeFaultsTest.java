package io.github.smalti.dvae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAiDvaeFaultsTest {
    private static final Path A = GoldenCase.path("openai-dvae/a");
    private static final Path B = GoldenCase.path("openai-dvae/b");

    @TempDir
    private Path folder;

    private static OpenAiDvae load(Path path) { return OpenAiDvae.load(path, Compute.shared()); }

    private void assertRefused(Path path, String... parts) {
        String message = assertThrows(WeightsException.class, () -> load(path)).getMessage();
        for (String part : parts) assertTrue(message.contains(part), message);
    }

    private void copy(Path from, String name, String as) throws IOException {
        Files.copy(from.resolve(name), folder.resolve(as));
    }

    @Test
    void refusesFoldersAndFilesThatAreNoDvae() throws IOException {
        assertRefused(folder, "expected decoder.pkl or decoder.safetensors");
        copy(A, "encoder.pkl", "encoder.pkl");
        assertRefused(folder, "expected decoder.pkl or decoder.safetensors");
        assertRefused(folder.resolve("encoder.pkl"), "expected its decoder, decoder.pkl");
        copy(GoldenCase.path("vqgan/f4-attn"), "detoker.pt", "decoder.pkl");
        assertRefused(folder, "decoder.pkl", "blocks.input.w", "other tensors");
        assertRefused(folder.resolve("none.pkl"), "none.pkl");
    }

    @Test
    void refusesHalvesOfDifferentModels() throws IOException {
        copy(A, "decoder.pkl", "decoder.pkl");
        copy(B, "encoder.pkl", "encoder.pkl");
        assertRefused(folder, "encoder.pkl", "n_blk_per_group: expected 1 as the decoder has, found 2",
                "different models");
        try (OpenAiDvae alone = OpenAiDvae.load(folder, Compute.shared(), CodecOptions.DECODER_ONLY)) {
            assertEquals(128, alone.codebookSize(), "an encoder that is not asked for is not read");
        }
    }

    @Test
    void refusesAnEncoderAsDecoder() throws IOException {
        copy(A, "encoder.pkl", "decoder.pkl");
        assertRefused(folder, "decoder.pkl", "expected");
        Files.delete(folder.resolve("decoder.pkl"));
        copy(A, "decoder.pkl", "decoder.pkl");
        copy(A, "decoder.pkl", "encoder.pkl");
        assertRefused(folder, "encoder.pkl", "expected");
    }

    @ParameterizedTest
    @ValueSource(strings = {"decoder.pkl", "encoder.pkl", "decoder-legacy.pkl", "decoder.safetensors"})
    void truncatedFilesAreRefused(String name) throws IOException {
        for (String file : new String[]{"decoder.pkl", "encoder.pkl"}) copy(A, file, file);
        Path cut = folder.resolve(name);
        byte[] bytes = Files.readAllBytes(A.resolve(name));
        for (int length : new int[]{0, 1, 100, bytes.length / 3, bytes.length - 1000, bytes.length - 1}) {
            Files.write(cut, Arrays.copyOf(bytes, length));
            String message = assertThrows(WeightsException.class, () -> load(cut), length + " bytes").getMessage();
            assertTrue(message.contains(name), message);
        }
    }

    @Test
    void aPixelRangeCannotBeChosen() {
        var options = new CodecOptions(PixelRange.ZERO_TO_ONE, true);
        assertArgument("pixel range", "ZERO_TO_ONE", () -> OpenAiDvae.load(A, Compute.shared(), options));
        assertArgument("pixel range", "logit-Laplace", () -> OpenAiDvae.plan(A, options));
    }

    @Test
    void namesWrongSizes() {
        assertArgument("n_hid", "6", () -> new OpenAiDvaeConfig(6, 1, 8, 64));
        assertArgument("n_blk_per_group", "0", () -> new OpenAiDvaeConfig(8, 0, 8, 64));
        assertArgument("n_init", "0", () -> new OpenAiDvaeConfig(8, 1, 0, 64));
        assertArgument("vocab_size", "0", () -> new OpenAiDvaeConfig(8, 1, 8, 0));
    }

    @Test
    void namesWrongCodesAndPictures() {
        OpenAiDvae codec = load(A);
        try (codec) {
            assertArgument("code 128 at position 1", "codebook of 128", () -> codec.decode(new int[]{127, 128}, 1, 2));
            assertArgument("code -1 at position 0", "codebook of 128", () -> codec.decode(new int[]{-1}, 1, 1));
            assertArgument("2 × 2 grid", "expected 4, found 3", () -> codec.decode(new int[3], 2, 2));
            assertArgument("grid", "0 × 4", () -> codec.decode(new int[0], 0, 4));
            assertArgument("grid of 8000 × 8000", "draw fewer", () -> codec.decode(new int[0], 8000, 8000));
            assertArgument("grid", "2147483647", () -> codec.plan(Integer.MAX_VALUE, Integer.MAX_VALUE));
            assertArgument("multiples of 8", "12 × 16", () -> codec.encode(new Pixels(12, 16, new float[12 * 16 * 3])));
            assertArgument("multiples of 8", "16 × 12", () -> codec.logits(new Pixels(16, 12, new float[12 * 16 * 3])));
            assertArgument("grid", "0 × 0", () -> codec.encode(new Pixels(0, 0, new float[0])));
        }
        var picture = new Pixels(8, 8, new float[192]);
        assertThrows(IllegalStateException.class, () -> codec.decode(new int[1], 1, 1));
        assertThrows(IllegalStateException.class, () -> codec.encode(picture));
        assertThrows(IllegalStateException.class, () -> codec.logits(picture));
        codec.close();
    }

    private static void assertArgument(String first, String second, org.junit.jupiter.api.function.Executable call) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(first) && message.contains(second), message);
    }

    @Test
    void decoderAloneDrawsTheSame() throws IOException {
        copy(A, "decoder.pkl", "decoder.pkl");
        int[] codes = {3, 1, 4, 1, 5, 9};
        try (OpenAiDvae both = load(A);
                OpenAiDvae decoder = OpenAiDvae.load(A, Compute.shared(), CodecOptions.DECODER_ONLY);
                OpenAiDvae alone = load(folder)) {
            assertFalse(decoder.canEncode() || alone.canEncode());
            assertArrayEquals(both.decode(codes, 2, 3).values(), decoder.decode(codes, 2, 3).values());
            assertArrayEquals(both.decode(codes, 2, 3).values(), alone.decode(codes, 2, 3).values());
            var picture = new Pixels(8, 8, new float[192]);
            assertThrows(UnsupportedOperationException.class, () -> decoder.encode(picture));
            assertThrows(UnsupportedOperationException.class, () -> alone.logits(picture));
            assertTrue(decoder.packedBytes() < both.packedBytes());
        }
    }
}
