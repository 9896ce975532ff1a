package io.github.smalti.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.clip.SemanticIndex;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.golden.GoldenCase;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// classify, index and search: the pictures are those that the embedded model drew for the golden prompts.
class SemanticCommandsTest {
    private static final Path SCENES = GoldenCase.path("emoji-scenes/expected");

    @TempDir
    private Path folder;

    private Path pictures() throws IOException {
        Path pictures = Files.createDirectories(folder.resolve("pictures/more"));
        Files.copy(SCENES.resolve("00-s3.png"), pictures.resolve("b.png"));
        Files.copy(SCENES.resolve("02-s3.png"), pictures.resolveSibling("a.png"));
        Files.copy(SCENES.resolve("04-s3.png"), pictures.resolveSibling("c.png"));
        Files.writeString(pictures.resolve("notes.txt"), "no picture");
        Files.writeString(pictures.resolveSibling(".hidden.png"), "not even looked at");
        return folder.resolve("pictures");
    }

    private Path file() { return folder.resolve("some.index"); }

    private JsonNode index(Path pictures, String... more) {
        List<String> arguments = new java.util.ArrayList<>(
                List.of("index", pictures.toString(), "--out", file().toString(), "--json"));
        arguments.addAll(List.of(more));
        Run run = Run.of(arguments.toArray(String[]::new));
        assertEquals(0, run.exit(), run.err());
        return run.json();
    }

    private static void assertFailed(int exit, String part, Run run) {
        assertEquals(exit, run.exit(), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().contains(part), run.err() + "\nlacks " + part);
    }

    @Test
    void classifyNamesTheNearestLabel() throws IOException {
        String scene = SCENES.resolve("00-s3.png").toString();
        String prompt = GoldenCase.json(SCENES.resolve("manifest.json")).at("/clip/prompts/0").asText();
        String labels = "two penguins in the snow, a red car," + prompt;
        Run run = Run.of("classify", scene, "--labels", labels, "--template", "{}", "--json");
        assertEquals(0, run.exit(), run.err());
        JsonNode found = run.json().path("images").get(0).path("labels");
        assertEquals(prompt, found.get(0).path("label").asText());
        double sum = 0;
        for (JsonNode label : found) sum += label.path("probability").asDouble();
        assertEquals(1, sum, 1e-6);
        assertEquals(3, found.size());
        assertEquals("{}", run.json().path("templates").get(0).asText());
        Run table = Run.of("classify", scene, scene, "--labels", labels, "--template", "{}", "--top", "1");
        assertEquals(8, table.out().lines().count(), table.out());
        assertEquals(scene, table.out().lines().findFirst().orElseThrow());
        assertTrue(table.out().lines().toList().get(2).matches(" +\\d+\\.\\d %  -?0\\.\\d{4}  .*"), table.out());
        Path templates = Files.writeString(folder.resolve("templates.txt"), "{}\n\na photo of {}\n");
        Run two = Run.of("classify", scene, "--labels", "cat,dog", "--templates", templates.toString(), "--json");
        assertEquals(2, two.json().path("templates").size());
        assertEquals(4, Run.of("classify", scene, "--labels", "cat", "--json").json().path("templates").size());
    }

    @Test
    void classifyRefusesWrongUse() {
        String scene = SCENES.resolve("00-s3.png").toString();
        assertFailed(2, "--labels", Run.of("classify", scene));
        assertFailed(2, "words between the commas", Run.of("classify", scene, "--labels", "cat,,dog"));
        assertFailed(2, "\"cat\" twice", Run.of("classify", scene, "--labels", "cat, cat"));
        assertFailed(2, "write \"a photo of a {}.\"", Run.of("classify", scene, "--labels", "cat", "--template", "a"));
        assertFailed(2, "--top", Run.of("classify", scene, "--labels", "cat", "--top", "0"));
        assertFailed(1, "no such file", Run.of("classify", scene + "x", "--labels", "cat"));
    }

    @Test
    void indexIsBroughtUpToDateAsIfItWereMadeAnew() throws IOException {
        Path pictures = pictures();
        JsonNode first = index(pictures);
        assertEquals(3, first.path("items").asInt());
        assertEquals(3, first.path("added").asInt());
        assertEquals("more/notes.txt", first.path("skipped").get(0).path("file").asText());
        assertTrue(first.path("skipped").get(0).path("reason").asText().contains("not a readable"), first.toString());
        byte[] bytes = Files.readAllBytes(file());
        JsonNode second = index(pictures);
        assertEquals(3, second.path("kept").asInt());
        assertEquals(0, second.path("added").asInt());
        assertArrayEquals(bytes, Files.readAllBytes(file()));
        for (String vectors : List.of("f32", "int8")) {
            index(pictures, "--replace", "--vectors", vectors);
            Files.copy(SCENES.resolve("05-s1.png"), pictures.resolve("a.png"),
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            Files.setLastModifiedTime(pictures.resolve("a.png"), FileTime.fromMillis(1_000));
            Files.move(pictures.resolve("c.png"), pictures.resolve("more/d.png"));
            JsonNode third = index(pictures, "--vectors", vectors);
            assertEquals("3 1 1 1 1", third.path("items").asInt() + " " + third.path("added").asInt() + " "
                    + third.path("changed").asInt() + " " + third.path("kept").asInt() + " "
                    + third.path("gone").asInt());
            byte[] updated = Files.readAllBytes(file());
            index(pictures, "--vectors", vectors, "--replace");
            assertArrayEquals(updated, Files.readAllBytes(file()), vectors);
            Files.copy(SCENES.resolve("02-s3.png"), pictures.resolve("a.png"),
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            Files.move(pictures.resolve("more/d.png"), pictures.resolve("c.png"));
        }
        Run text = Run.of("index", pictures.toString(), "--out", file().toString(), "--vectors", "int8");
        assertTrue(text.out().contains("some.index: 3 pictures ("), text.out());
        assertTrue(text.err().contains("left out: more/notes.txt: not a readable"), text.err());
    }

    @Test
    void searchFindsByTextAndByPicture() throws IOException {
        Path pictures = pictures();
        index(pictures);
        String query = pictures.resolve("more/b.png").toString();
        JsonNode byPicture = Run.of("search", query, "--index", file().toString(), "--json").json();
        assertEquals("image", byPicture.path("kind").asText());
        assertEquals(3, byPicture.path("matches").size());
        assertEquals(query, byPicture.path("matches").get(0).path("file").asText());
        assertEquals(1, byPicture.path("matches").get(0).path("cosine").asDouble(), 1e-6);
        String prompt = GoldenCase.json(SCENES.resolve("manifest.json")).at("/clip/prompts/0").asText();
        Run byText = Run.of("search", prompt, "--index", file().toString(), "--top", "1", "--json");
        assertEquals(0, byText.exit(), byText.err());
        assertEquals("text", byText.json().path("kind").asText());
        assertEquals(query, byText.json().path("matches").get(0).path("file").asText());
        JsonNode ranked = Run.of("rank", query, "--text", prompt, "--json").json();
        assertEquals(ranked.path("texts").get(0).path("images").get(0).path("cosine"),
                byText.json().path("matches").get(0).path("cosine"), "the same bits");
        Run table = Run.of("search", "a", "red", "car", "--index", file().toString(), "--precision", "bf16");
        assertEquals(4, table.out().lines().count(), table.out() + table.err());
        assertTrue(table.out().lines().findFirst().orElseThrow().matches("rank +cosine  file"), table.out());
    }

    @Test
    void searchAndIndexSayWhatToTypeNext() throws IOException {
        Path pictures = pictures();
        String out = file().toString();
        assertFailed(1, "make an index first: smalti index FOLDER --out " + out, Run.of("search", "a", "--index", out));
        assertFailed(1, "no such folder; name the folder", Run.of("index", folder.resolve("none").toString()));
        assertFailed(1, "not a folder", Run.of("index", pictures.resolve("a.png").toString()));
        assertFailed(1, "create it or choose another file by --out",
                Run.of("index", pictures.toString(), "--out", folder.resolve("no/x.index").toString()));
        index(pictures);
        assertFailed(1, "no.png: no such file", Run.of("search", "no.png", "--index", out));
        assertFailed(2, "expected a text", Run.of("search", " ", "--index", out));
        assertFailed(2, "--top", Run.of("search", "a", "--index", out, "--top", "0"));
        assertFailed(1, "is one of the folder", Run.of("index", pictures.resolve("more").toString(), "--out", out));
        assertFailed(1, "add --replace", Run.of("index", pictures.toString(), "--out", out, "--vectors", "int8"));
        Path golden = GoldenCase.path("clip/hf");
        assertFailed(1, "made with another model (ViT-128/8@64", Run.of("search", "a", "--index", out, "--clip",
                golden.toString()));
        assertFailed(1, "made with another model, ViT-128/8@64",
                Run.of("index", pictures.toString(), "--out", out, "--clip", golden.toString()));
        byte[] bytes = Files.readAllBytes(file());
        bytes[bytes.length - 1] ^= 1;
        Files.write(file(), bytes);
        assertFailed(1, "damaged; make the index anew", Run.of("search", "a", "--index", out));
    }

    @Test
    void indexesOfTheLibraryAreSearchedToo() throws IOException {
        try (var index = SemanticIndex.create(Compute.shared(), 96, Precision.F32);
                var narrow = SemanticIndex.create(Compute.shared(), 5, Precision.F32)) {
            float[] vector = new float[96];
            vector[3] = 1;
            index.add("a point", vector);
            index.save(file());
            narrow.save(folder.resolve("narrow.index"));
        }
        Run run = Run.of("search", "a", "cat", "--index", file().toString());
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.out().contains("a point"), run.out());
        assertFailed(1, "a model of 5 numbers",
                Run.of("search", "a", "--index", folder.resolve("narrow.index").toString()));
    }

    @Test
    void ctrlCKeepsWhatIsDone() throws IOException {
        Path pictures = pictures();
        index(pictures);
        Files.copy(SCENES.resolve("05-s1.png"), pictures.resolve("e.png"));
        var interruption = new Interruption();
        interruption.cancellation().cancel();
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var terminal = new Terminal(new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8), true, interruption);
        assertEquals(130, Smalti.run(terminal, "index", pictures.toString(), "--out", file().toString()));
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("3 pictures (0 new, 0 changed, 3 kept"),
                out.toString());
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("run the same command again to go on"),
                err.toString());
        assertEquals(1, index(pictures).path("added").asInt());
        assertFalse(Files.exists(folder.resolve(".smalti")));
    }

    @Test
    void barTellsTheTimeLeft() {
        assertEquals("indexing [============            ]  50%  5 of 10 pictures, 0:10 left", IndexBar.line(5, 10, 10));
        assertTrue(IndexBar.line(0, 10, 0).endsWith("0 of 10 pictures"));
        assertTrue(IndexBar.line(0, 0, 0).contains("100%"));
    }
}
