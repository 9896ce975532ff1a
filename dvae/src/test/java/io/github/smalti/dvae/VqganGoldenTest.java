package io.github.smalti.dvae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.golden.GoldenCase;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every array of the reference, from every file layout.
class VqganGoldenTest {
    /// Arrays that are compared below, or fed.
    private static final Set<String> COMPARED = Set.of("image", "encoder_out", "latents", "quant_logits", "token_ids",
            "codes", "decoded_raw", "pixels_dalle_mini", "pixels_taming", "pixels_dalle_mini_u8", "roundtrip_raw");

    @ParameterizedTest
    @CsvSource({"f16, f16, ZERO_TO_ONE", "f4-attn, f4-attn, ZERO_TO_ONE",
            "f4-attn, f4-attn/last.ckpt, MINUS_ONE_TO_ONE", "f4-attn, f4-attn/detoker.pt, ZERO_TO_ONE",
            "gumbel-f8, gumbel-f8, MINUS_ONE_TO_ONE"})
    void matchesEveryArray(String model, String file, PixelRange range) {
        GoldenCase golden = GoldenCase.of("vqgan/" + model + "/case");
        assertEquals(Set.of(), new HashSet<>(golden.names().stream().filter(n -> !COMPARED.contains(n)).toList()));
        try (Vqgan vqgan = Vqgan.load(GoldenCase.path("vqgan/" + file), Compute.shared())) {
            assertEquals(range, vqgan.pixelRange());
            int side = golden.manifest().path("latent_side").asInt();
            if (vqgan.canEncode()) {
                assertEquals(side, vqgan.gridRows());
                assertEquals(side, vqgan.gridCols());
                assertEncodes(vqgan, golden);
            } else {
                assertTrue(file.endsWith("detoker.pt"));
                assertThrows(UnsupportedOperationException.class, () -> vqgan.encode(new Pixels(0, 0, new float[0])));
            }
            assertDecodes(vqgan, golden);
        }
    }

    private static void assertEncodes(Vqgan vqgan, GoldenCase golden) {
        int[] shape = golden.array("image").shape();
        float[] images = golden.floats("image");
        int size = images.length / shape[0];
        float[][] encoded = new float[shape[0]][];
        float[][] latents = new float[shape[0]][];
        float[][] logits = new float[shape[0]][];
        int[][] codes = new int[shape[0]][];
        for (int i = 0; i < shape[0]; i++) {
            float[] image = Arrays.copyOfRange(images, i * size, (i + 1) * size);
            FeatureMap h = vqgan.encoder().forward(FeatureMap.of(image, shape[1], shape[2], 3));
            FeatureMap z = vqgan.encoder().latents(h);
            encoded[i] = h.toPixels();
            latents[i] = z.toPixels();
            logits[i] = vqgan.encoder().scores(z);
            codes[i] = vqgan.encoder().codes(z);
            // the golden images are fed as they are; encode turns 0..1 into the network's range
            for (int v = 0; v < size; v++) image[v] = vqgan.pixelRange().toUnit(image[v]);
            assertArrayEquals(codes[i], vqgan.encode(new Pixels(shape[1], shape[2], image)));
        }
        golden.assertClose("encoder_out", joined(encoded));
        golden.assertClose("latents", joined(latents));
        if (golden.names().contains("quant_logits")) golden.assertClose("quant_logits", joined(logits));
        golden.assertEqual("token_ids", Arrays.stream(codes).flatMapToInt(Arrays::stream).toArray());
    }

    private static void assertDecodes(Vqgan vqgan, GoldenCase golden) {
        float[] raw = decodeRaw(vqgan, golden, "codes");
        golden.assertClose("decoded_raw", raw);
        golden.assertClose("roundtrip_raw", decodeRaw(vqgan, golden, "token_ids"));
        golden.assertClose("pixels_dalle_mini", mapped(raw, PixelRange.ZERO_TO_ONE));
        golden.assertClose("pixels_taming", mapped(raw, PixelRange.MINUS_ONE_TO_ONE));
        assertEightBits(golden.ints("pixels_dalle_mini_u8"), mapped(raw, PixelRange.ZERO_TO_ONE));
        golden.assertClose(vqgan.pixelRange() == PixelRange.ZERO_TO_ONE ? "pixels_dalle_mini" : "pixels_taming",
                decode(vqgan, golden));
    }

    /// Truncated, one level apart at most, as the manifest allows.
    private static void assertEightBits(int[] want, float[] unit) {
        byte[] got = new Pixels(1, unit.length / 3, unit).toRaster().samples();
        assertEquals(want.length, got.length);
        for (int i = 0; i < want.length; i++) assertEquals(want[i], got[i] & 0xff, 1, "sample " + i);
    }

    static float[] decodeRaw(Vqgan vqgan, GoldenCase golden, String codes) {
        int side = golden.manifest().path("latent_side").asInt();
        int[] all = golden.ints(codes);
        int count = all.length / (side * side);
        float[][] out = new float[count][];
        for (int i = 0; i < count; i++) {
            int[] one = Arrays.copyOfRange(all, i * side * side, (i + 1) * side * side);
            out[i] = vqgan.decodeRaw(one, side, side).toPixels();
        }
        return joined(out);
    }

    private static float[] decode(Vqgan vqgan, GoldenCase golden) {
        int side = golden.manifest().path("latent_side").asInt();
        int[] all = golden.ints("codes");
        int count = all.length / (side * side);
        float[][] out = new float[count][];
        for (int i = 0; i < count; i++) {
            int[] one = Arrays.copyOfRange(all, i * side * side, (i + 1) * side * side);
            out[i] = vqgan.decode(one, side, side).values();
        }
        return joined(out);
    }

    private static float[] mapped(float[] raw, PixelRange range) {
        float[] out = raw.clone();
        for (int i = 0; i < out.length; i++) out[i] = range.toUnit(out[i]);
        return out;
    }

    private static float[] joined(float[]... parts) {
        int length = List.of(parts).stream().mapToInt(p -> p.length).sum();
        float[] out = new float[length];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, out, at, part.length);
            at += part.length;
        }
        return out;
    }
}
