package io.github.smalti.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.Raster;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.pipeline.ImageFiles;
import io.github.smalti.pipeline.ImageRecord;
import io.github.smalti.pipeline.ModelPaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandsTest {
    private static final List<String> COMMANDS = List.of("generate", "replay", "rank", "classify", "index", "search",
            "tokenize", "encode", "decode", "reconstruct",
            "inspect", "convert", "pull", "models");

    @TempDir
    Path folder;

    private JsonNode draw(String prompt) {
        Run run = Run.of("generate", prompt, "--images", "2", "--seed", "3", "--json", "--out", folder.toString());
        assertEquals(0, run.exit(), run.err());
        return run.json();
    }

    @Test
    void helpSaysDefaultOfEveryOption() {
        assertTrue(Run.of("--help").out().contains("130 ended by Ctrl-C"));
        assertTrue(Run.of().out().contains("Commands:"));
        assertTrue(Run.of("--version").out().matches("smalti \\d+\\.\\d+.*\\R"));
        for (String command : COMMANDS) {
            Run run = Run.of(command, "--help");
            assertEquals(0, run.exit(), run.err());
            String options = run.out().substring(run.out().indexOf("Options:"), run.out().indexOf("Example"));
            for (String option : options.split("\n(?=      --)")) {
                if (!option.startsWith("      --")) continue;
                String said = option.split("\n  -h")[0].replaceAll("\\s+", " ");
                assertTrue(said.contains("Default: ") || said.contains("Required."), command + ":" + said);
            }
            assertTrue(run.out().lines().allMatch(line -> line.length() <= 100), command);
            assertTrue(Run.of(command, "--version").out().startsWith("smalti "), command);
        }
    }

    @Test
    void replayDrawsTheSameBits() {
        String file = draw("a red car").path("images").get(1).path("file").asText();
        Run run = Run.of("replay", file);
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.out().contains("the same picture, bit for bit"), run.out());
    }

    @Test
    void replayTellsChangedPicturesAndOtherModels() throws IOException {
        Path first = Path.of(draw("a red car").path("images").get(0).path("file").asText());
        byte[] png = Files.readAllBytes(first);
        Path other = folder.resolve("other.png");
        Raster picture = ImageFiles.read(first);
        picture.samples()[100] ^= 1;
        ImageFiles.writePng(other, picture);
        Run bare = Run.of("replay", other.toString());
        assertEquals(1, bare.exit());
        assertTrue(bare.err().contains("holds no record"), bare.err());
        Path changed = Files.write(folder.resolve("changed.png"), withRecord(Files.readAllBytes(other), png));
        assertEquals("a red car", ImageRecord.read(changed).prompt());
        Run run = Run.of("replay", changed.toString());
        assertEquals(1, run.exit(), run.err());
        assertTrue(run.out().contains("another picture"), run.out());
        assertTrue(run.err().contains("was changed after it was drawn"), run.err());
        ModelPaths embedded = ModelPaths.embedded();
        Path model = Files.createDirectories(folder.resolve("model"));
        for (Path part : List.of(embedded.dalle(), embedded.vqgan())) {
            Path copy = Files.createDirectories(model.resolve(part.getFileName()));
            try (var files = Files.list(part)) {
                for (Path file : files.toList()) Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        Files.writeString(model.resolve("dalle/notes.txt"), "another hash");
        Run mismatch = Run.of("replay", first.toString(), "--model", model.toString());
        assertEquals(1, mismatch.exit());
        assertTrue(mismatch.err().contains("was made by the model"), mismatch.err());
    }

    /// A PNG file with the chunks between header and data that another one has.
    private static byte[] withRecord(byte[] target, byte[] source) {
        int header = 8 + 25;
        int data = new String(source, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("IDAT") - 4;
        byte[] all = new byte[target.length + data - header];
        System.arraycopy(target, 0, all, 0, header);
        System.arraycopy(source, header, all, header, data - header);
        System.arraycopy(target, header, all, data, target.length - header);
        return all;
    }

    @Test
    void rankSortsByScoreAndAgreesWithGenerate() {
        JsonNode drawn = draw("a red car").path("images");
        String best = drawn.get(0).path("file").asText();
        String worst = drawn.get(1).path("file").asText();
        Run run = Run.of("rank", worst, best, "--text", "a red car", "--text", "a cat", "--json");
        assertEquals(0, run.exit(), run.err());
        JsonNode ranked = run.json().path("texts").get(0).path("images");
        assertEquals(best, ranked.get(0).path("file").asText());
        assertEquals(drawn.get(0).path("score"), ranked.get(0).path("score"));
        assertEquals(drawn.get(1).path("score"), ranked.get(1).path("score"));
        assertEquals(2, run.json().path("texts").size());
        Run table = Run.of("rank", worst, best, "--text", "a red car");
        assertEquals("rank  score  cosine  file",
                table.out().lines().findFirst().orElseThrow().replaceAll(" +score", "  score"));
        assertTrue(table.out().lines().toList().get(1).endsWith(best), table.out());
        assertEquals(2, Run.of("rank", best).exit());
        Run missing = Run.of("rank", folder.resolve("no.png").toString(), "--text", "a");
        assertEquals(1, missing.exit());
        assertTrue(missing.err().contains("no.png: no such file"), missing.err());
    }

    @Test
    void encodeAndDecodeAreInverse() throws IOException {
        JsonNode drawn = draw("a red car").path("images").get(0);
        String file = drawn.path("file").asText();
        List<String> codes = new ArrayList<>();
        drawn.path("codes").forEach(code -> codes.add(code.asText()));
        Path out = folder.resolve("decoded.png");
        Run decoded = Run.of("decode", String.join(",", codes), "--out", out.toString());
        assertEquals(0, decoded.exit(), decoded.err());
        assertTrue(decoded.out().endsWith("decoded.png: 64 x 64 pixels\n"), decoded.out());
        assertEquals(-1, java.util.Arrays.mismatch(ImageFiles.read(Path.of(file)).samples(),
                ImageFiles.read(out).samples()));
        Run encoded = Run.of("encode", file);
        assertEquals(0, encoded.exit(), encoded.err());
        assertEquals(8, encoded.out().lines().count());
        Path text = Files.writeString(folder.resolve("codes.txt"), encoded.out());
        JsonNode json = Run.of("encode", file, "--json").json();
        assertEquals(64, json.path("codes").size());
        assertEquals(8, json.path("rows").asInt());
        assertEquals(encoded.out().split("\\s+")[9], json.path("codes").get(9).asText());
        Run refused = Run.of("decode", "@" + text, "--out", out.toString());
        assertEquals(1, refused.exit());
        assertTrue(refused.err().contains("the file exists"), refused.err());
        assertEquals(0, Run.of("decode", "@" + text, "--out", out.toString(), "--replace").exit());
        Path wide = folder.resolve("wide.png");
        assertEquals(0, Run.of("decode", "1 2 3 4 5 6", "--columns", "3", "--out", wide.toString()).exit());
        assertEquals(24, ImageFiles.read(wide).cols());
    }

    @Test
    void decodeRefusesWrongCodes() {
        String out = folder.resolve("no.png").toString();
        assertWrong("expected whole numbers from 0, found \"x\"", Run.of("decode", "1,x", "--out", out));
        assertWrong("expected 64 codes or a square number", Run.of("decode", "1 2 3", "--out", out));
        assertWrong("expected 0 to 1023, found 99999", Run.of("decode", "99999", "--out", out));
        assertWrong("--columns: expected a divisor", Run.of("decode", "1 2 3", "--columns", "2", "--out", out));
        assertWrong("found none", Run.of("decode", " ,", "--out", out));
        assertFalse(Files.exists(Path.of(out)));
        Run missing = Run.of("decode", "@" + folder.resolve("none"), "--out", out);
        assertEquals(1, missing.exit());
        assertTrue(missing.err().contains("no such file"), missing.err());
    }

    private static void assertWrong(String part, Run run) {
        assertEquals(2, run.exit(), run.err());
        assertTrue(run.err().contains(part), run.err());
    }

    @Test
    void tokenizeShowsWhatIsReadAndCut() {
        JsonNode json = Run.of("tokenize", "--json", "a", "cat").json();
        assertEquals("a cat", json.path("text").asText());
        assertEquals(json.path("ids").size(), json.path("tokens").size());
        assertEquals("<s>", json.path("tokens").get(0).asText());
        assertEquals("", json.path("cut").asText());
        JsonNode cut = Run.of("tokenize", "--json", "a cat with a hat ".repeat(50)).json();
        assertEquals(cut.path("max_length").asInt(), cut.path("ids").size());
        assertTrue(cut.path("cut").asText().contains("cat"));
        Run text = Run.of("tokenize", "--clip-tokens", "A Cat");
        assertEquals(0, text.exit(), text.err());
        assertTrue(text.out().contains("cat"), text.out());
    }

    @Test
    void inspectShowsFilesFoldersAndPictures() throws IOException {
        Path model = ModelPaths.embedded().dalle().getParent();
        JsonNode json = Run.of("inspect", model.toString(), "--json").json();
        assertTrue(json.path("memory").path("weights").asLong() > 1_000_000);
        List<String> formats = new ArrayList<>();
        for (JsonNode file : json.path("files")) if (file.has("format")) formats.add(file.path("format").asText());
        assertEquals(3, formats.size(), formats.toString());
        Path file = model.resolve("clip/model.safetensors");
        JsonNode one = Run.of("inspect", file.toString(), "--json").json().path("files").get(0);
        assertEquals(Files.size(file), one.path("bytes").asLong());
        assertEquals(one.path("tensor_count").asInt(), one.path("tensors").size());
        assertTrue(one.path("tensors").get(0).path("shape").isArray());
        Run text = Run.of("inspect", model.toString());
        assertTrue(text.out().contains("Memory for 8 pictures at once: "), text.out());
        assertTrue(text.out().contains("dtype"), text.out());
        Run picture = Run.of("inspect", draw("a cat").path("images").get(0).path("file").asText());
        assertTrue(picture.out().contains("\"prompt\": \"a cat\""), picture.out());
        Run evil = Run.of("inspect", GoldenCase.path("bad-files/torch/evil-reduce-eval.pt").toString());
        assertEquals(0, evil.exit(), evil.err());
        assertTrue(evil.out().contains("eval: refused"), evil.out());
        assertTrue(evil.out().contains("would not be loaded: "), evil.out());
        for (Path bad : List.of(folder.resolve("none"), Files.writeString(folder.resolve("x.bin"), "foreign text"),
                Files.createDirectories(folder.resolve("empty")))) {
            Run run = Run.of("inspect", bad.toString());
            assertEquals(1, run.exit(), run.out());
            assertEquals(1, run.err().lines().count(), run.err());
        }
    }

    /// The real entry point in a JVM of its own, without a terminal and with standard input closed.
    @Test
    void startsAsAProcess() throws Exception {
        Path out = folder.resolve("stdout");
        Path err = folder.resolve("stderr");
        var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules", "jdk.incubator.vector", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Smalti.class.getName(), "generate", "a", "cat", "--images", "1", "--json", "--out",
                folder.resolve("out").toString()).redirectOutput(out.toFile()).redirectError(err.toFile());
        Process process = builder.start();
        process.getOutputStream().close();
        assertTrue(process.waitFor(2, TimeUnit.MINUTES));
        assertEquals(0, process.exitValue(), Files.readString(err));
        assertEquals("a cat", new Run(0, Files.readString(out), "").json().path("prompt").asText());
        assertTrue(Files.readString(err).lines().allMatch(line -> line.startsWith("WARNING: Using incubator")),
                Files.readString(err));
    }
}
