package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Precision;
import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.pipeline.internal.PngChunks;
import io.github.smalti.pipeline.internal.PngWriter;
import io.github.smalti.transformer.ImagePrompt;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import javax.imageio.metadata.IIOMetadataNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageRecordTest {
    @TempDir
    Path folder;

    private final TextToImage model = new FakeStages().model();

    private RankedImage image(String prompt) {
        return model.generate(prompt, options -> options.images(1).firstImage(3).seed(Long.MIN_VALUE)
                .temperature(0.1f).topK(7).topP(0.3f).guidanceScale(-2.5f).negativePrompt("no " + prompt)).getFirst();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a cat", "", "café 東京 🐱‍👤", "line\nbreak\r\ttab", "\u0000\u0001\u001b[31m\u007f\u0085",
            "\u202eright to left\u200b", "\"quoted\" \\ {\"json\": 1}", "\ud83d lone surrogate", "smalti\u0000\u0000"})
    void survivesAnyPrompt(String prompt) {
        RankedImage image = image(prompt);
        Path file = folder.resolve("image.png");
        image.writePng(file);
        assertEquals(image.record(), ImageRecord.read(file));
        assertArrayEquals(image.toRaster().samples(), ImageFiles.read(file).samples());
    }

    @Test
    void replaysFromTheFile() throws IOException {
        RankedImage image = image("a cat");
        Path file = folder.resolve("image.png");
        image.writePng(file);
        RankedImage again = model.replay(ImageRecord.read(file));
        assertArrayEquals(image.codes(), again.codes());
        assertArrayEquals(image.pixels().values(), again.pixels().values());
        Path second = folder.resolve("again.png");
        again.writePng(second);
        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(second));
    }

    @Test
    void recordIsTheSameAloneAndAmongOthers() {
        var many = model.generate("a cat", options -> options.images(8).keep(8).seed(7).batch(3));
        var alone = model.generate("a cat", options -> options.firstImage(3).images(1).seed(7)).getFirst();
        RankedImage third = many.stream().filter(i -> i.index() == 3).findFirst().orElseThrow();
        assertEquals(third.record(), alone.record());
    }

    @Test
    void jsonHasEverythingByName() {
        JsonValue json = image("a cat").record().toJson();
        assertEquals(
                "[version, model, prompt, negative_prompt, temperature, top_k, top_p, guidance_scale, seed, index]",
                json.asObject().keySet().toString());
        assertEquals("{\"name\":\"fake\",\"sha256\":\"" + "0".repeat(64) + "\",\"precision\":\"f32\"}",
                Json.write(json.get("model")));
        assertEquals(Long.MIN_VALUE, json.get("seed").asLong());
    }

    @Test
    void otherProgramsSeeDescriptionAndSoftware() throws IOException {
        Path file = folder.resolve("image.png");
        image("café\u0000\n🐱").writePng(file);
        var reader = ImageIO.getImageReadersByFormatName("png").next();
        try (var in = ImageIO.createImageInputStream(file.toFile())) {
            reader.setInput(in);
            var tree = (IIOMetadataNode) reader.getImageMetadata(0).getAsTree("javax_imageio_png_1.0");
            var texts = tree.getElementsByTagName("iTXtEntry");
            Map<String, String> seen = new LinkedHashMap<>();
            for (int i = 0; i < texts.getLength(); i++) {
                var text = (IIOMetadataNode) texts.item(i);
                seen.put(text.getAttribute("keyword"), text.getAttribute("text"));
            }
            assertEquals("[smalti, Description, Software]", seen.keySet().toString());
            assertEquals("café \n🐱", seen.get("Description"));
            assertTrue(seen.get("Software").matches("Smalti \\d+\\.\\d+.*"), seen.get("Software"));
        } finally {
            reader.dispose();
        }
    }

    private Path png(Map<String, String> texts) throws IOException {
        var out = new ByteArrayOutputStream();
        PngWriter.write(image("a cat").toRaster(), texts, out);
        return Files.write(folder.resolve("made.png"), out.toByteArray());
    }

    private static String refused(Path file) {
        String message = assertThrows(ImageFileException.class, () -> ImageRecord.read(file)).getMessage();
        assertTrue(message.startsWith(file + ": ") && message.length() < 2000, message);
        return message.substring(file.toString().length() + 2);
    }

    @Test
    void refusesFilesWithoutAValidRecord() throws IOException {
        assertEquals("no such file", refused(folder.resolve("missing.png")));
        assertTrue(refused(png(Map.of())).startsWith("holds no record"));
        assertTrue(refused(png(Map.of("smalti", "{"))).startsWith("holds a record that is not valid"));
        assertTrue(refused(png(Map.of("smalti", "[".repeat(100_000)))).startsWith("holds a record that is not valid"));
        assertTrue(refused(png(Map.of("smalti", "{}"))).contains("no member"));
        String good = Json.write(image("a cat").record().toJson());
        for (String[] change : new String[][]{{"\"index\":3", "\"index\":-1", "index: expected 0 or more, found -1"},
                {"\"index\":3", "\"index\":3.5", "expected an integer"},
                {"\"f32\"", "\"f\\n8\"", "precision: expected f32, bf16 or int8, found f\\u{a}8"},
                {"\"temperature\":0.1", "\"temperature\":-1", "temperature: expected 0 to 1000, found -1.0"},
                {"0000", "xxxx", "sha256: expected 64 hexadecimal digits"}}) {
            assertTrue(good.contains(change[0]), good);
            String message = refused(png(Map.of("smalti", good.replace(change[0], change[1]))));
            assertTrue(message.contains(change[2]), message);
        }
        Files.writeString(folder.resolve("text.png"), "text");
        assertTrue(refused(folder.resolve("text.png")).startsWith("cannot be read"));
    }

    /// Whatever is changed, cut or claimed, the answer is a record or the typed exception, and soon.
    @Test
    void readsOrRefusesMutants() throws IOException {
        long seed = Long.getLong("tests.seed", System.nanoTime());
        var random = new Random(seed);
        Path file = folder.resolve("image.png");
        image("a cat").writePng(file);
        byte[] good = Files.readAllBytes(file);
        ImageRecord expected = ImageRecord.read(file);
        Path mutant = folder.resolve("mutant.png");
        for (int round = 0; round < 500; round++) {
            byte[] bytes = java.util.Arrays.copyOf(good, round % 2 == 0 ? random.nextInt(good.length) : good.length);
            if (bytes.length > 0) bytes[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
            Files.write(mutant, bytes);
            try {
                assertEquals(expected, ImageRecord.read(mutant), "-Dtests.seed=" + seed + " round " + round);
            } catch (ImageFileException e) {
                assertTrue(e.getMessage().length() < 2000);
            }
        }
    }

    @Test
    void neverAllocatesWhatAChunkClaims() throws IOException {
        var out = new ByteArrayOutputStream();
        PngWriter.write(image("a cat").toRaster(), Map.of(), out);
        byte[] bytes = out.toByteArray();
        byte[] claims = {0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff, 'i', 'T', 'X', 't'};
        System.arraycopy(claims, 0, bytes, 33, claims.length);
        Path file = Files.write(folder.resolve("claims.png"), bytes);
        assertTrue(refused(file).contains("chunk iTXt claims 2147483647 bytes"));
    }

    @Test
    void skipsTextsBeyondTheLimit() throws IOException {
        Path file = png(Map.of("smalti", "x".repeat(PngChunks.MAX_TEXT + 1000)));
        assertTrue(refused(file).startsWith("holds no record"));
    }

    @Test
    void keepsFloatsExactly() {
        var random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            float value = Math.abs(Float.intBitsToFloat(random.nextInt()));
            if (!(value <= 1000)) continue;
            var sampling = new SamplingSettings(value, 0, Math.clamp(value, 1e-30f, 1), value);
            var record = new ImageRecord("1", new ModelInfo("m", "0".repeat(64), Precision.BF16), "p", "",
                    ImagePrompt.NONE, PictureShape.OWN,
                    sampling, i,
                    i);
            assertEquals(record, ImageRecord.fromJson(Json.parse(Json.write(record.toJson()))));
        }
    }
}
