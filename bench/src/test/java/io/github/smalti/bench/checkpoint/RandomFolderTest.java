package io.github.smalti.bench.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Pixels;
import io.github.smalti.dvae.CodecOptions;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.dvae.ImageCodecs;
import io.github.smalti.dvae.Vqgan;
import io.github.smalti.pipeline.GeneratedImages;
import io.github.smalti.pipeline.LoadOptions;
import io.github.smalti.pipeline.RankedImage;
import io.github.smalti.pipeline.TextToImage;
import io.github.smalti.tokenizer.BartTokenizer;
import io.github.smalti.tokenizer.ClipTokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What is written loads, draws, decodes and ranks with the real readers.
class RandomFolderTest {
    private static final RandomVqgan TINY_VQGAN = new RandomVqgan(64, 32, java.util.List.of(1, 1, 1, 1, 2), 1,
            java.util.List.of(4), 24, 16, 64);
    private static final RandomClip TINY_CLIP = new RandomClip(new RandomClip.Tower(64, 2, 1), 77, 49408,
            new RandomClip.Tower(64, 2, 1), 64, 16, 32);

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16"})
    void wholeModelDrawsDecodesAndRanks(DType dtype, @TempDir Path folder) throws Exception {
        var bart = new RandomDalleBart(64, 4, 90, 2, 50264, 64, 64, 16, 12);
        RandomFolder.of(bart, TINY_VQGAN, TINY_CLIP).write(folder, dtype, 3, (_, _) -> {});
        try (var model = TextToImage.load(folder, new LoadOptions(Precision.F32, 1))) {
            GeneratedImages images = model.generate("a red cat", options -> options.images(2).seed(1));
            assertEquals(2, images.size());
            for (RankedImage image : images) {
                assertTrue(Float.isFinite(image.score().logit()));
                assertTrue(Arrays.stream(image.codes()).distinct().count() > 4, "sampling does not get stuck");
                assertLively(image.pixels().values());
            }
            Path png = folder.resolve("x.png");
            images.getFirst().writePng(png);
            assertTrue(Files.size(png) > 1000);
        }
    }

    @Test
    void vqganUnderTorchNamesDrawsTheSameNetwork(@TempDir Path folder) throws Exception {
        TINY_VQGAN.writeTorchNames(folder, DType.F32, 3, (_, _) -> {});
        try (Vqgan vqgan = Vqgan.load(folder, Compute.shared())) {
            int[] codes = new int[16];
            Arrays.setAll(codes, i -> i * 3);
            assertLively(vqgan.decode(codes, 4, 4).values());
            assertTrue(vqgan.canEncode());
        }
    }

    @Test
    void codecsOfEightPixelsACodeDrawAndSee(@TempDir Path folder) throws Exception {
        RandomCheckpoint[] codecs = {new RandomOpenAiDvae(16, 2, 8, 64), new RandomGumbelVqgan(TINY_VQGAN)};
        for (RandomCheckpoint checkpoint : codecs) {
            Path place = Files.createDirectory(folder.resolve(checkpoint.getClass().getSimpleName()));
            checkpoint.write(place, DType.F16, 3, (_, _) -> {});
            try (ImageCodec codec = ImageCodecs.load(place, Compute.shared(), CodecOptions.DEFAULT)) {
                int[] codes = new int[16];
                Arrays.setAll(codes, i -> i * 3);
                Pixels picture = codec.decode(codes, 4, 4);
                assertLively(picture.values());
                assertTrue(Arrays.stream(codec.encode(picture)).distinct().count() > 1);
            }
        }
    }

    /// Neither black nor white nor flat: most values lie inside and spread.
    private static void assertLively(float[] pixels) {
        double mean = 0;
        double square = 0;
        int inside = 0;
        for (float value : pixels) {
            mean += value / pixels.length;
            if (value > 0 && value < 1) inside++;
        }
        for (float value : pixels) square += (value - mean) * (value - mean) / pixels.length;
        assertTrue(inside > 0.8 * pixels.length, inside + " of " + pixels.length + " pixels are inside 0..1");
        assertTrue(Math.sqrt(square) > 0.02, "deviation " + Math.sqrt(square));
    }

    @Test
    void vocabulariesHaveThePublishedSizes(@TempDir Path folder) throws Exception {
        Vocabularies.writeDalle(folder);
        BartTokenizer bart = BartTokenizer.read(folder);
        assertEquals(50_265, bart.vocabSize());
        assertEquals("a red cat", bart.decode(Arrays.copyOfRange(bart.encodeAll(" a red cat"), 1, 4)).strip());
        Path other = Files.createDirectory(folder.resolve("clip"));
        Vocabularies.writeClip(other, 77);
        ClipTokenizer clip = ClipTokenizer.read(other);
        assertEquals(49_408, clip.vocabSize());
        assertEquals(49_407, clip.endId());
        assertEquals(77, clip.contextLength());
        int[] published = {49406, 320, 2368, 49407}; // "a cat" in openai/CLIP's README and notebooks
        assertTrue(Arrays.equals(published, clip.encodeAll("a cat")), Arrays.toString(clip.encodeAll("a cat")));
    }
}
