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
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What only PyTorch's layouts have: pixel range, codebook names, the port's epsilon, no configuration.
class TorchLayoutsTest {
    private static final Path F4 = GoldenCase.path("vqgan/f4-attn");
    private static final String GUMBEL = "vqgan.gumbelf8-sber.model.ckpt";

    @TempDir
    private Path folder;

    private static Vqgan load(Path path) { return Vqgan.load(path, Compute.shared()); }

    @Test
    void tamingCheckpointDrawsTheBitsOfItsFlaxTwinInItsOwnRange() {
        GoldenCase golden = GoldenCase.of("vqgan/f4-attn/case");
        int[] codes = golden.ints("codes");
        var picture = new Pixels(24, 24, golden.floats("image"));
        try (Vqgan flax = load(F4); Vqgan taming = load(F4.resolve("last.ckpt"))) {
            assertEquals(flax.config(), taming.config());
            assertArrayEquals(flax.decodeRaw(codes, 6, 6).data(), taming.decodeRaw(codes, 6, 6).data());
            assertArrayEquals(flax.encoder().forward(flax.networkInput(picture)).data(),
                    taming.encoder().forward(flax.networkInput(picture)).data());
            golden.assertClose("pixels_dalle_mini", flax.decode(codes, 6, 6).values());
            golden.assertClose("pixels_taming", taming.decode(codes, 6, 6).values());
        }
    }

    @Test
    void portDrawsTheReferencePicturesAloneAndWithoutConfiguration() throws IOException {
        GoldenCase golden = GoldenCase.of("vqgan/f4-attn/case");
        Files.copy(F4.resolve("detoker.pt"), folder.resolve("detoker.pt"));
        try (Vqgan bare = load(folder); Vqgan flax = load(F4)) {
            assertFalse(bare.canEncode());
            assertEquals(new VqganConfig(256, 32, List.of(1, 1, 2), 1, List.of(128, 64), 20, 20, 50), bare.config());
            int[] codes = golden.ints("codes");
            golden.assertClose("decoded_raw", bare.decodeRaw(codes, 6, 6).toPixels());
            golden.assertClose("roundtrip_raw", bare.decodeRaw(golden.ints("token_ids"), 6, 6).toPixels());
            golden.assertClose("pixels_dalle_mini", bare.decode(codes, 6, 6).values());
            assertFalse(Arrays.equals(flax.decodeRaw(codes, 6, 6).data(), bare.decodeRaw(codes, 6, 6).data()),
                    "the port's epsilon is another");
        }
    }

    @Test
    void gumbelCodecNeedsNoConfigurationAndFeedsItsOwnRange() throws IOException {
        GoldenCase golden = GoldenCase.of("vqgan/gumbel-f8/case");
        Path published = GoldenCase.path("vqgan/gumbel-f8");
        Files.copy(published.resolve(GUMBEL), folder.resolve(GUMBEL));
        float[] fed = Arrays.copyOf(golden.floats("image"), 32 * 32 * 3);
        float[] unit = new float[fed.length];
        for (int i = 0; i < unit.length; i++) unit[i] = (fed[i] + 1) / 2;
        try (Vqgan inferred = load(folder); Vqgan read = load(published)) {
            assertEquals(PixelRange.MINUS_ONE_TO_ONE, read.pixelRange());
            assertEquals(List.of(1, 1, 1, 2), inferred.config().channelMultipliers());
            assertEquals(96, inferred.codebookSize());
            int[] want = Arrays.copyOf(golden.ints("token_ids"), 16);
            assertArrayEquals(want, read.encode(new Pixels(32, 32, unit)));
            assertArrayEquals(want, inferred.encode(new Pixels(32, 32, unit)));
            int[] codes = Arrays.copyOf(golden.ints("codes"), 16);
            assertArrayEquals(read.decode(codes, 4, 4).values(), inferred.decode(codes, 4, 4).values());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"f4-attn/flax_model.msgpack", "f4-attn/last.ckpt", "f4-attn/detoker.pt",
            "gumbel-f8/" + GUMBEL})
    void truncatedFilesAreRefused(String name) throws IOException {
        Path whole = GoldenCase.path("vqgan").resolve(name);
        byte[] bytes = Files.readAllBytes(whole);
        Path cut = folder.resolve(whole.getFileName().toString());
        for (int length : new int[]{0, 1, 100, bytes.length / 3, bytes.length - 1000, bytes.length - 1}) {
            Files.write(cut, Arrays.copyOf(bytes, length));
            String message = assertThrows(WeightsException.class, () -> load(cut), length + " bytes").getMessage();
            assertTrue(message.contains(cut.getFileName().toString()), message);
        }
    }
}
