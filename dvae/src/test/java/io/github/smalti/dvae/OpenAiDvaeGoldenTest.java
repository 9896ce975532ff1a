package io.github.smalti.dvae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.golden.GoldenCase;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every array of the reference, from every file form.
class OpenAiDvaeGoldenTest {
    /// Arrays that are compared below, or fed.
    private static final Set<String> COMPARED = Set.of("image", "mapped_pixels", "z_logits", "token_ids", "codes",
            "decoder_out", "pixels", "roundtrip_pixels");

    @ParameterizedTest
    @CsvSource({"a, a", "a, a/decoder.pkl", "a, a/decoder-legacy.pkl", "a, a/encoder.safetensors", "b, b",
            "b, b/decoder.pkl", "b, b/encoder-legacy.pkl", "b, b/decoder.safetensors"})
    void matchesEveryArray(String model, String file) {
        GoldenCase golden = GoldenCase.of("openai-dvae/" + model + "/case");
        assertEquals(Set.of(), new HashSet<>(golden.names().stream().filter(n -> !COMPARED.contains(n)).toList()));
        try (OpenAiDvae codec = OpenAiDvae.load(GoldenCase.path("openai-dvae/" + file), Compute.shared())) {
            assertSizes(codec, golden);
            assertEncodes(codec, golden);
            assertDecodes(codec, golden);
        }
    }

    private static void assertSizes(OpenAiDvae codec, GoldenCase golden) {
        var sizes = golden.manifest().path("config");
        assertEquals(new OpenAiDvaeConfig(sizes.path("n_hid").asInt(), sizes.path("n_blk").asInt(),
                sizes.path("n_init").asInt(), sizes.path("vocab").asInt()), codec.config());
        assertEquals(8, codec.pixelsPerCode());
        assertEquals(32, codec.gridRows());
        assertEquals(32, codec.gridCols());
        assertEquals(sizes.path("vocab").asInt(), codec.codebookSize());
    }

    /// The pictures of a case.
    static Pixels[] pictures(GoldenCase golden) {
        int[] shape = golden.array("image").shape();
        int[] bytes = golden.ints("image");
        var out = new Pixels[shape[0]];
        int size = bytes.length / shape[0];
        for (int i = 0; i < out.length; i++) {
            float[] values = new float[size];
            for (int v = 0; v < size; v++) values[v] = bytes[i * size + v] / 255f;
            out[i] = new Pixels(shape[1], shape[2], values);
        }
        return out;
    }

    private static void assertEncodes(OpenAiDvae codec, GoldenCase golden) {
        Pixels[] pictures = pictures(golden);
        float[][] mapped = new float[pictures.length][];
        float[][] logits = new float[pictures.length][];
        int[][] codes = new int[pictures.length][];
        for (int i = 0; i < pictures.length; i++) {
            FeatureMap input = OpenAiDvae.networkInput(pictures[i]);
            assertEquals(3, input.border());
            mapped[i] = input.toPixels();
            logits[i] = channelsFirst(codec.logits(pictures[i]), codec.codebookSize());
            codes[i] = codec.encode(pictures[i]);
        }
        golden.assertClose("mapped_pixels", joined(mapped));
        golden.assertClose("z_logits", joined(logits));
        golden.assertEqual("token_ids", Arrays.stream(codes).flatMapToInt(Arrays::stream).toArray());
    }

    private static void assertDecodes(OpenAiDvae codec, GoldenCase golden) {
        int[] shape = golden.array("codes").shape();
        float[][] raw = new float[shape[0]][];
        float[][] pixels = new float[shape[0]][];
        float[][] again = new float[shape[0]][];
        for (int i = 0; i < shape[0]; i++) {
            int[] codes = codes(golden, "codes", i);
            FeatureMap out = codec.decodeRaw(codes, shape[1], shape[2]);
            raw[i] = channelsFirst(out.toPixels(), OpenAiDvaeDecoder.OUTPUTS);
            Pixels picture = codec.decode(codes, shape[1], shape[2]);
            assertEquals(8 * shape[1], picture.rows());
            assertEquals(8 * shape[2], picture.cols());
            pixels[i] = picture.values();
            again[i] = codec.decode(codes(golden, "token_ids", i), shape[1], shape[2]).values();
        }
        golden.assertClose("decoder_out", joined(raw));
        golden.assertClose("pixels", joined(pixels));
        golden.assertClose("roundtrip_pixels", joined(again));
    }

    /// The codes of one picture of a case.
    static int[] codes(GoldenCase golden, String name, int picture) {
        int[] shape = golden.array(name).shape();
        int count = shape[1] * shape[2];
        return Arrays.copyOfRange(golden.ints(name), picture * count, (picture + 1) * count);
    }

    /// (pixels, channels) as PyTorch stores it, (channels, pixels).
    static float[] channelsFirst(float[] values, int channels) {
        float[] out = new float[values.length];
        int pixels = values.length / channels;
        for (int i = 0; i < pixels; i++)
            for (int c = 0; c < channels; c++) out[c * pixels + i] = values[i * channels + c];
        return out;
    }

    static float[] joined(float[]... parts) {
        int length = Arrays.stream(parts).mapToInt(p -> p.length).sum();
        float[] out = new float[length];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, out, at, part.length);
            at += part.length;
        }
        return out;
    }

    @ParameterizedTest
    @CsvSource({"a", "b"})
    void fileFormsGiveTheSameBits(String model) {
        GoldenCase golden = GoldenCase.of("openai-dvae/" + model + "/case");
        int[] shape = golden.array("codes").shape();
        Pixels picture = pictures(golden)[0];
        float[] drawn = null;
        float[] logits = null;
        for (String file : new String[]{"decoder.pkl", "decoder-legacy.pkl", "decoder.safetensors"}) {
            try (OpenAiDvae codec = OpenAiDvae.load(GoldenCase.path("openai-dvae/" + model).resolve(file),
                    Compute.shared())) {
                float[] nowDrawn = codec.decode(codes(golden, "codes", 0), shape[1], shape[2]).values();
                float[] nowLogits = codec.logits(picture);
                if (drawn == null) {
                    drawn = nowDrawn;
                    logits = nowLogits;
                }
                assertArrayEquals(drawn, nowDrawn, file);
                assertArrayEquals(logits, nowLogits, file);
            }
        }
    }
}
