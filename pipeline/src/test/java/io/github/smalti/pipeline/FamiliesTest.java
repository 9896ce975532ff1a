package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.dvae.CodecOptions;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.dvae.ImageCodecs;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.transformer.GenerationException;
import io.github.smalti.transformer.ImagePrompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Models of the other families, from the files as published, through the whole pipeline.
class FamiliesTest {
    private static final Path MINDALLE = GoldenCase.path("mindalle/txt2img");
    private static final int[] IDS = {2, 72, 50, 3};
    private static final int[] CASES = {0, 3, 2}; // the manifest: the prompts of the rows

    @TempDir
    Path folder;

    private static String prompt(int row) {
        return GoldenCase.json(MINDALLE.resolve("tokenizer-cases.json")).path("cases").get(CASES[row]).path("text")
                .asText();
    }

    @Test
    void drawsMinDalleFromItsArchive() {
        GoldenCase golden = GoldenCase.of("mindalle/txt2img/case");
        int[] codes = golden.ints("greedy");
        float[] pixels = golden.floats("pixels");
        double atol = golden.entry("pixels").path("atol").asDouble();
        double rtol = golden.entry("pixels").path("rtol").asDouble();
        int size = pixels.length / CASES.length;
        try (var model = TextToImage.load(MINDALLE)) {
            assertEquals(Preset.MINDALLE.settings(), model.sampling());
            assertEquals("txt2img", model.info().name());
            for (int row = 0; row < CASES.length; row++) {
                GeneratedImages images = model.generate(prompt(row), o -> o.images(1).temperature(0));
                assertArrayEquals(row(codes, row, CASES.length), images.getFirst().codes(), prompt(row));
                GoldenCase.assertClose(prompt(row), Arrays.copyOfRange(pixels, size * row, size * row + size),
                        images.getFirst().pixels().values(), atol, rtol);
                assertEquals(RankBy.PERPLEXITY, images.rankedBy());
            }
        }
    }

    private static int[] row(int[] values, int row, int rows) {
        int length = values.length / rows;
        return Arrays.copyOfRange(values, length * row, length * row + length);
    }

    /// ruDALL-E's checkpoint with a codec of its grid and a vocabulary in which a word has the ids of the golden case.
    private Path ruDalle(String name, String bpeModel, int[] ids, int vocabSize) throws IOException {
        Path model = Files.createDirectories(folder.resolve(name + ids[1]));
        copy(GoldenCase.path("rudalle/" + name), model, "pytorch_model.bin", "config.json");
        Path bpe = model.resolve(bpeModel);
        Files.createDirectories(bpe.getParent());
        Files.writeString(bpe, vocabulary(ids, vocabSize));
        return model;
    }

    /// The ids 4 and up are characters: the second of the case begins a word, those behind it are a, b, c ...
    private static String vocabulary(int[] ids, int vocabSize) {
        var lines = new StringBuilder(vocabSize - 4 + " 0\n");
        for (int id = 4; id < vocabSize; id++) {
            int place = List.of(Arrays.stream(ids).boxed().toArray(Integer[]::new)).indexOf(id);
            int character = place < 0 ? 0x4e00 + id : place == 1 ? 0x2581 : 'a' + place - 2;
            lines.append(character).append(' ').append(id).append('\n');
        }
        return lines + "1 0 2 3\n";
    }

    /// The Gumbel codec for another grid: the network is the same for any.
    private static void gumbelCodec(Path folder, int grid) throws IOException {
        Files.createDirectories(folder);
        copy(GoldenCase.path("vqgan/gumbel-f8"), folder, "vqgan.gumbelf8-sber.model.ckpt");
        Files.writeString(folder.resolve("model.yaml"), Files.readString(GoldenCase.path("vqgan/gumbel-f8/model.yaml"))
                .replace("resolution: 32", "resolution: " + 8 * grid)
                .replace("attn_resolutions: [4]", "attn_resolutions: [" + grid + "]"));
    }

    @ParameterizedTest
    @CsvSource({"malevich-tiny, 90, 6, bpe.model, 0", "malevich-tiny, 90, 6, tokenizer/bpe.model, 2",
            "plain-v2, 70, 5, bpe.model, 0"})
    void drawsRuDalleFromItsFiles(String name, int vocabSize, int grid, String bpeModel, int row) throws IOException {
        GoldenCase golden = GoldenCase.of("rudalle/" + name + "/case");
        int[] ids = row(golden.ints("text_ids"), row, 3);
        Path folder = ruDalle(name, bpeModel, ids, vocabSize);
        gumbelCodec(folder.resolve("vqgan"), grid);
        int words = (int) Arrays.stream(ids).filter(id -> id > 3).count() - 1;
        String prompt = "abcdefgh".substring(0, words);
        int[] codes = row(golden.ints("greedy_text_only"), row, 3);
        try (var model = TextToImage.load(folder)) {
            assertEquals(Preset.RUDALLE.settings(), model.sampling());
            RankedImage image = model.generate(prompt, o -> o.images(1).temperature(0)).getFirst();
            assertArrayEquals(codes, image.codes());
            try (ImageCodec codec = ImageCodecs.load(folder.resolve("vqgan"), Compute.shared(),
                    CodecOptions.DECODER_ONLY)) {
                assertArrayEquals(codec.decode(codes, grid, grid).values(), image.pixels().values());
            }
            int[] ranked = row(golden.ints("ranked_images"), row, 3);
            RankedImage given = model.generate(prompt, o -> o.images(1)
                    .imagePrompt(ImagePrompt.firstRows(ranked, grid, grid))).getFirst();
            double expected = golden.floats("perplexity")[row];
            assertEquals(expected, given.perplexity(), golden.entry("perplexity").path("atol").asDouble()
                    + expected * golden.entry("perplexity").path("rtol").asDouble());
        }
    }

    @Test
    void drawsClassesByTheirNumbers() throws IOException {
        Path codec = folder.resolve("codec");
        gumbelCodec(codec, 5);
        GoldenCase golden = GoldenCase.of("mindalle/igpt-class/case");
        int[] labels = golden.ints("labels");
        try (var model = TextToImage.load(ModelPaths.of(GoldenCase.path("mindalle/igpt-class"), null, codec, null))) {
            for (int row = 0; row < labels.length; row++) {
                String label = Integer.toString(labels[row]);
                assertArrayEquals(row(golden.ints("greedy"), row, labels.length),
                        model.generate(label, o -> o.images(1).temperature(0)).getFirst().codes());
            }
            assertTrue(assertThrows(IllegalArgumentException.class, () -> model.generate("a cat")).getMessage()
                    .contains("the number of a class"));
            assertTrue(assertThrows(GenerationException.class, () -> model.generate("7")).getMessage()
                    .contains("the model knows 7 classes"));
        }
    }

    private static void copy(Path from, Path to, String... names) throws IOException {
        for (String name : names) Files.copy(from.resolve(name), to.resolve(name));
    }

    @Test
    void findsThePartsOfRuDalle() throws IOException {
        Path model = ruDalle("malevich-tiny", "tokenizer/bpe.model", IDS, 90);
        String message = assertThrows(ModelUnavailableException.class, () -> ModelPaths.of(model)).getMessage();
        assertTrue(message.contains("found no vqgan/"), message);
        Path elsewhere = folder.resolve("codec");
        assertEquals(new ModelPaths(model, elsewhere, null), ModelPaths.of(model, null, elsewhere, null));
        Path codec = Files.createFile(model.resolve("vqgan.gumbelf8-sber.model.ckpt"));
        assertEquals(new ModelPaths(model, codec, null), ModelPaths.of(model));
        Path part = Files.createDirectories(model.resolve("vqgan"));
        Path clip = Files.createDirectories(model.resolve("clip"));
        assertEquals(new ModelPaths(model, part, clip), ModelPaths.of(model));
        assertEquals(new ModelPaths(MINDALLE, MINDALLE.resolve("stage1_last.ckpt"), null), ModelPaths.of(MINDALLE));
    }

    /// The codec of minDALL-E's case has 6 x 6 codes as well, but only 48 of ruDALL-E's 60.
    @Test
    void refusesACodecThatKnowsFewerCodes() throws IOException {
        Path model = ruDalle("malevich-tiny", "bpe.model", IDS, 90);
        assertTrue(assertThrows(ModelMismatchException.class,
                () -> TextToImage.load(ModelPaths.of(model, null, MINDALLE.resolve("stage1_last.ckpt"), null)))
                .getMessage().contains("draws from 60 codes, the image codec knows 48"));
    }

    @Test
    void tellsTheTokenizerOfAModelApartByItsHash() throws IOException {
        Path copy = Files.createDirectories(folder.resolve("copy/tokenizer")).getParent();
        copy(MINDALLE, copy, "config.yaml", "stage1_last.ckpt", "stage2_last.ckpt");
        copy(MINDALLE.resolve("tokenizer"), copy.resolve("tokenizer"), "bpe-16k-vocab.json", "bpe-16k-merges.txt");
        String hash;
        try (var model = TextToImage.load(copy)) {
            hash = model.info().sha256();
        }
        Path merges = copy.resolve("tokenizer/bpe-16k-merges.txt");
        List<String> lines = Files.readAllLines(merges);
        Files.write(merges, lines.subList(0, lines.size() - 1));
        try (var model = TextToImage.load(copy)) {
            assertNotEquals(hash, model.info().sha256());
        }
    }

    @Test
    void ownSettingsWinOverTheFamilys() throws IOException {
        Path copy = Files.createDirectories(folder.resolve("copy/tokenizer")).getParent();
        copy(MINDALLE, copy, "config.yaml", "stage1_last.ckpt", "stage2_last.ckpt");
        copy(MINDALLE.resolve("tokenizer"), copy.resolve("tokenizer"), "bpe-16k-vocab.json", "bpe-16k-merges.txt");
        Files.writeString(copy.resolve("sampling.json"), "{\"temperature\": 0.5}");
        try (var model = TextToImage.load(copy)) {
            assertEquals(new SamplingSettings(0.5f, 256, 1, 1), model.sampling());
            assertEquals(model.plan(2, false),
                    TextToImage.plan(ModelPaths.of(copy), LoadOptions.DEFAULT, 2, false));
        }
    }
}
