package io.github.smalti.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.pipeline.ImageFiles;
import io.github.smalti.pipeline.ImageRecord;
import io.github.smalti.pipeline.ModelPaths;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateTest {
    @TempDir
    Path folder;

    private Path out() { return folder.resolve("out"); }

    private Run generate(String... more) {
        return Run.of(Stream.concat(Stream.of("generate", "--images", "2", "--seed", "7", "--out", out().toString()),
                Stream.of(more)).toArray(String[]::new));
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void writesRankedPicturesWithTheirRecordsAndATable() throws IOException {
        Run run = generate("a", "red", "car");
        assertEquals(0, run.exit(), run.err());
        assertEquals("", run.err());
        assertEquals(List.of("01-a-red-car.png", "02-a-red-car.png", "grid-a-red-car.png"), names(out()));
        ImageRecord record = ImageRecord.read(out().resolve("01-a-red-car.png"));
        assertEquals("a red car", record.prompt());
        assertEquals(7, record.seed());
        assertEquals(64 + 8 + 64, ImageFiles.read(out().resolve("grid-a-red-car.png")).cols());
        List<String> lines = run.out().lines().toList();
        assertEquals(5, lines.size());
        assertEquals("rank  score  file", lines.getFirst());
        assertTrue(lines.get(1).matches("   1  +-?\\d+\\.\\d\\d  .*01-a-red-car\\.png"), lines.get(1));
        assertTrue(lines.get(2).matches("   2  +-?\\d+\\.\\d\\d  .*02-a-red-car\\.png"), lines.get(2));
        assertTrue(lines.get(3).matches("grid +.*grid-a-red-car\\.png"), lines.get(3));
        assertTrue(lines.get(4).matches("seed +7"), lines.get(4));
    }

    @Test
    void jsonIsOneDocumentWithAllKeys() {
        Run run = generate("--json", "--temperature", "0", "--keep", "1", "--negative", "sea", "é \"quoted\"");
        assertEquals(0, run.exit(), run.err());
        JsonNode json = run.json();
        assertEquals("é \"quoted\"", json.path("prompt").asText());
        assertEquals(7, json.path("seed").asLong());
        JsonNode options = json.path("options");
        assertEquals(2, options.path("images").asInt());
        assertEquals(1, options.path("keep").asInt());
        assertEquals(0, options.path("temperature").asDouble(9));
        assertEquals(0, options.path("top_k").asInt(9));
        assertEquals(1, options.path("top_p").asDouble(9));
        assertEquals(2, options.path("guidance_scale").asDouble());
        assertEquals("sea", options.path("negative_prompt").asText());
        assertEquals("f32", options.path("precision").asText());
        assertEquals(ModelPaths.embedded().dalle().getParent().getFileName().toString(),
                json.path("model").path("name").asText());
        assertTrue(json.path("model").path("sha256").asText().matches("[0-9a-f]{64}"));
        assertEquals(1, json.path("images").size());
        JsonNode image = json.path("images").get(0);
        assertTrue(Files.isRegularFile(Path.of(image.path("file").asText())));
        assertTrue(image.path("index").isInt());
        assertEquals(1, image.path("rank").asInt());
        assertTrue(image.path("score").isNumber());
        assertEquals(64, image.path("codes").size());
        for (String stage : List.of("load", "draw", "decode", "rank", "write")) {
            assertTrue(json.path("seconds").path(stage).isNumber(), stage);
        }
        assertEquals("e-quoted", OutputFolder.slug("é \"quoted\""));
    }

    @Test
    void sameSeedDrawsTheSameAndNeverOverwrites() throws IOException {
        JsonNode first = generate("--json", "a red car").json();
        byte[] kept = Files.readAllBytes(out().resolve("01-a-red-car.png"));
        Run again = generate("--json", "a red car");
        assertEquals(0, again.exit());
        assertEquals("smalti: pictures of such a name exist and are kept; the names of the new ones end in -2\n",
                again.err());
        for (int i = 0; i < 2; i++) {
            assertEquals(first.path("images").get(i).path("codes"), again.json().path("images").get(i).path("codes"));
            assertEquals(first.path("images").get(i).path("score"), again.json().path("images").get(i).path("score"));
        }
        assertNotEquals(first.path("images").get(0).path("codes"), first.path("images").get(1).path("codes"));
        assertArrayEquals(kept, Files.readAllBytes(out().resolve("01-a-red-car.png")));
        assertEquals(List.of("01-a-red-car-2.png", "01-a-red-car.png", "02-a-red-car-2.png", "02-a-red-car.png",
                "grid-a-red-car-2.png", "grid-a-red-car.png"), names(out()));
    }

    @Test
    void drawsEveryPromptOfAFile() throws IOException {
        Path text = Files.writeString(folder.resolve("p.txt"), "a cat\n\n  a dog \r\n");
        JsonNode results = generate("--prompts", text.toString(), "--json", "--no-grid").json().path("results");
        assertEquals(2, results.size());
        assertEquals("a cat", results.get(0).path("prompt").asText());
        assertEquals("a dog", results.get(1).path("prompt").asText());
        assertTrue(results.get(0).path("grid").isNull());
        assertEquals(List.of("01-a-cat.png", "01-a-dog.png", "02-a-cat.png", "02-a-dog.png"), names(out()));
        Path lines = Files.writeString(folder.resolve("p.jsonl"), "{\"prompt\": \"a sun\"}\n");
        Run table = generate("--prompts", lines.toString(), "--images", "1");
        assertEquals(2, table.exit(), "an option twice");
        table = Run.of("generate", "--images", "1", "--prompts", lines.toString(), "--out", out().toString());
        assertEquals(0, table.exit(), table.err());
        assertTrue(Files.exists(out().resolve("01-a-sun.png")));
    }

    @Test
    void refusesWrongPromptFiles() throws IOException {
        Path empty = Files.writeString(folder.resolve("empty.txt"), "\n \n");
        assertFault(1, "expected a prompt on each line, found none", generate("--prompts", empty.toString()));
        Path json = Files.writeString(folder.resolve("bad.jsonl"), "{\"prompt\": \"a\"}\n{\"text\": 1}\n");
        assertFault(1, "line 2: expected {\"prompt\": \"...\"}", generate("--prompts", json.toString()));
        Path binary = Files.write(folder.resolve("binary"), new byte[]{(byte) 0xff, 0});
        assertFault(1, "expected prompts in UTF-8", generate("--prompts", binary.toString()));
        assertFault(1, "missing: no such file", generate("--prompts", folder.resolve("missing").toString()));
        assertFalse(Files.exists(out()));
    }

    private static void assertFault(int exit, String part, Run run) {
        assertEquals(exit, run.exit(), run.err());
        assertEquals("", run.out());
        assertTrue(run.err().startsWith("smalti: "), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().contains(part), run.err());
    }

    @Test
    void wrongUseIsTwoAndDrawsNothing() {
        assertFault(2, "expected a prompt", generate());
        assertFault(2, "found both", generate("a", "--prompts", "x"));
        assertFault(2, "temperature: expected 0 to 1000", generate("a", "--temperature", "-1"));
        assertFault(2, "temperature: expected 0 to 1000", generate("a", "--temperature", "NaN"));
        assertFault(2, "top-k: expected 0", generate("a", "--top-k", "-1"));
        assertFault(2, "top-p: expected above 0", generate("a", "--top-p", "0"));
        assertFault(2, "guidance: expected -1000 to 1000", generate("a", "--guidance", "1e9"));
        assertFault(2, "keep: expected 1 to 4096", generate("a", "--keep", "0"));
        assertFault(2, "preset: expected dalle-mini, blog, min-dalle, rudalle or mindalle",
                generate("a", "--preset", "x"));
        assertFault(2, "--threads: expected 1 to 1024", generate("a", "--threads", "-1"));
        assertFault(2, "--precision", generate("a", "--precision", "int4"));
        assertFault(2, "did you mean --keep", generate("a", "--kep", "3"));
        assertFault(2, "--dalle and --vqgan belong together", generate("a", "--dalle", folder.toString()));
        assertFault(2, "images: expected 1 to 4096, found 5000", Run.of("generate", "a", "--images", "5000"));
        assertFault(2, "unknown command 'generat': expected one of generate", Run.of("generat"));
        assertFalse(Files.exists(out()));
    }

    @Test
    void missingModelsAndFoldersAreOneSentence() throws IOException {
        assertFault(1, "nowhere: no such folder", generate("a", "--model", folder.resolve("nowhere").toString()));
        assertFault(1, "found no dalle/", generate("a", "--model", folder.toString()));
        assertFault(1, "no such file or folder", generate("a", "--clip", folder.resolve("nowhere").toString()));
        Path file = Files.writeString(folder.resolve("file"), "x");
        Run run = Run.of("generate", "a", "--out", file.resolve("below").toString());
        assertFault(1, "choose another by --out", run);
        assertEquals("x", Files.readString(file));
        assertTrue(Run.of("generate", "a", "--debug", "--out", file.toString()).err().contains("\tat "));
    }

    @Test
    void modelFromAFolderTellsItsMemoryAndIsRanked() {
        String model = ModelPaths.embedded().dalle().getParent().toString();
        Run run = generate("a red car", "--model", model, "--json");
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.err().startsWith("smalti: the model needs "), run.err());
        assertEquals(generate("a red car", "--json").json().path("images").get(0).path("codes"),
                run.json().path("images").get(0).path("codes"));
        assertFault(1, "no clip/", Run.of("rank", "x.png", "--text", "a", "--dalle", model + "/dalle", "--vqgan",
                model + "/vqgan"));
    }

    @Test
    void hugePromptsAreCutWithAWarningOnOneLine() {
        Run run = generate("a cat with a hat ".repeat(100_000), "--json");
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.err().startsWith("smalti: the prompt is longer than"), run.err());
        assertEquals(2, run.err().lines().count(), run.err());
        assertTrue(run.err().lines().allMatch(line -> line.startsWith("smalti: ")), run.err());
        assertTrue(names().stream().allMatch(name -> name.length() < 80), names().toString());
    }

    private List<String> names() {
        try {
            return names(out());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void interruptedWritesNothing() {
        var err = new ByteArrayOutputStream();
        var interruption = new Interruption();
        interruption.cancellation().cancel();
        int exit = Smalti.run(new Terminal(new PrintStream(new ByteArrayOutputStream()), new PrintStream(err), false,
                interruption), "generate", "a", "--out", out().toString());
        assertEquals(130, exit);
        assertEquals("smalti: stopped; nothing of this prompt was written\n", err.toString());
        assertFalse(Files.exists(out()));
    }

    @Test
    void barIsForPeopleOnly() {
        var err = new ByteArrayOutputStream();
        int exit = Smalti.run(new Terminal(new PrintStream(new ByteArrayOutputStream()), new PrintStream(err), true,
                new Interruption()), "generate", "a", "--images", "1", "--out", out().toString());
        assertEquals(0, exit);
        assertTrue(err.toString().contains("drawing  ["), err.toString());
        assertTrue(err.toString().contains("64 of 64 tokens, 0:00 left"), err.toString());
        assertTrue(err.toString().endsWith("\r"), "the line is left empty");
        assertFalse(err.toString().contains("\n"));
    }

    @Test
    void modelsLargerThanTheMachineAreRefused() {
        var plan = new MemoryPlan(9_000_000_000_000L, 5_000_000_000L, 200_000_000, 34_000_000);
        ModelOptions.mustFit(plan, 5_234_000_000L + ModelOptions.JAVA_BYTES);
        long tooSmall = 5_233_999_999L + ModelOptions.JAVA_BYTES;
        String said = assertThrows(ToolException.class, () -> ModelOptions.mustFit(plan, tooSmall)).getMessage();
        assertEquals(
                "the model needs 5.4 GB, this machine has 5.4 GB: take --precision bf16 or int8 or a smaller model, "
                        + "or --force to try anyway",
                said);
    }

    @Test
    void slugsAreShortPlainNames() {
        assertEquals("untitled", OutputFolder.slug("🐱"));
        assertEquals("a-cat", OutputFolder.slug("  A cat!?../"));
        assertEquals("strasse-uber", OutputFolder.slug("Strasse über"));
        assertTrue(OutputFolder.slug("word ".repeat(99)).length() <= 48);
        assertEquals(48, OutputFolder.slug("x".repeat(99)).length());
    }
}
