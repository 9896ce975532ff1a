package io.github.smalti.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.bench.checkpoint.RandomCheckpoint;
import io.github.smalti.bench.checkpoint.RandomClip;
import io.github.smalti.bench.checkpoint.RandomDalleBart;
import io.github.smalti.bench.checkpoint.RandomFolder;
import io.github.smalti.bench.checkpoint.RandomGumbelVqgan;
import io.github.smalti.bench.checkpoint.RandomMinDalle;
import io.github.smalti.bench.checkpoint.RandomOpenAiDvae;
import io.github.smalti.bench.checkpoint.RandomRuDalle;
import io.github.smalti.bench.checkpoint.RandomVqgan;
import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.transformer.DalleBart;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The command `smalti bench`, on models so small that a run takes a moment.
class BenchTest {
    private static final RandomDalleBart BART = new RandomDalleBart(64, 4, 90, 2, 50264, 64, 64, 16, 12);
    private static final RandomVqgan VQGAN = new RandomVqgan(64, 32, List.of(1, 1, 1, 1, 2), 1, List.of(4), 24, 16, 64);
    private static final RandomClip CLIP = new RandomClip(new RandomClip.Tower(64, 2, 1), 77, 49408,
            new RandomClip.Tower(64, 2, 1), 64, 16, 32);

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... arguments) {
        return Bench.run(new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8), arguments);
    }

    private String err() { return err.toString(StandardCharsets.UTF_8); }

    private String out() { return out.toString(StandardCharsets.UTF_8); }

    @Test
    void everyStageIsMeasuredAndPrinted(@TempDir Path folder) throws Exception {
        RandomFolder.of(BART, VQGAN, CLIP).write(folder, DType.F16, 1, (_, _) -> {});
        int exit = run("mini", "--model", folder.toString(), "--rounds", "1", "--threads", "2", "--warm-up", "0",
                "--json", "-");
        assertEquals(0, exit, err());
        JsonValue root = Json.parse(out());
        Set<String> found = new java.util.TreeSet<>();
        for (JsonValue stage : root.get("stages").asArray()) {
            found.add(stage.get("stage").asString());
            double seconds = stage.get("seconds").get("median").asDouble();
            assertTrue(seconds > 0 && seconds < 60, stage.toString());
            JsonValue share = stage.get("share");
            boolean isKept = share.get("rounds").asInt() == 1;
            assertTrue(isKept ? share.get("median").asDouble() > 0 : !share.has("median"), stage.toString());
            assertTrue(stage.get("heap_bytes").asDouble() > 1e6, stage.toString());
        }
        assertEquals(Set.of("load until the first token", "of it, open and pack", "encoder, 2 prompts of 12",
                "cross keys and values",
                "decoder loop, 2 rows, steps 1-15", "one step of 1-8", "one step of 4-11", "one step of 8-15",
                "VQGAN decode to 64 x 64", "VQGAN encode from 64 x 64", "CLIP, 8 images of 64", "CLIP, 8 texts of 77",
                "whole image, prompt to PNG"), found);
        JsonValue step = root.get("parts").asArray().getFirst().asArray().getFirst();
        double sum = 0;
        for (String part : new String[]{"matrix products", "attention", "norms, activations", "sampling", "rest"}) {
            sum += step.get(part).asDouble();
        }
        assertEquals(1, sum / step.get("seconds").asDouble(), 0.5, "medians of parts add up roughly");
        assertTrue(root.get("limits").get("gflops").get("median").asDouble() > 1);
    }

    @ParameterizedTest
    @CsvSource({"rudalle, 10, 1-35", "mindalle, 12, 1-15"})
    void decoderOnlyStagesAreMeasured(String size, int textLength, String steps, @TempDir Path folder)
            throws Exception {
        RandomCheckpoint tiny = size.equals("rudalle")
                ? new RandomRuDalle(64, 4, 90, textLength, 60, 6)
                : new RandomMinDalle(64, 2, 2, 90, textLength, 60, 16);
        RandomFolder.of(tiny).write(folder, DType.F16, 1, (_, _) -> {});
        assertEquals(0, run(size, "--model", folder.toString(), "--rounds", "1", "--threads", "2", "--warm-up", "0",
                "--batch", "3"), err());
        for (String line : List.of("| load until the first token ", "| text of " + textLength + " until the first",
                "| decoder loop, 3 rows, steps " + steps + " ", "| one step of 1-8 ")) {
            assertTrue(out().contains(line), line + " in " + out());
        }
    }

    @Test
    void tablesNameTheStagesAndTheirLimits(@TempDir Path folder) throws Exception {
        Path vqgan = Files.createDirectory(folder.resolve("vqgan"));
        VQGAN.write(vqgan, DType.F16, 1, (_, _) -> {});
        assertEquals(0, run("vqgan-f16", "--model", vqgan.toString(), "--rounds", "1", "--stages", "decode",
                "--warm-up", "0"), err());
        assertTrue(out().contains("| VQGAN decode to 64 x 64 |"), out());
        assertTrue(out().contains("GB/s"), out());
        assertTrue(!out().contains("VQGAN encode"), out());
    }

    @Test
    void codecsOfEveryFamilyAreMeasured(@TempDir Path folder) throws Exception {
        Path dvae = Files.createDirectory(folder.resolve("dvae"));
        new RandomOpenAiDvae(8, 1, 8, 64).write(dvae, DType.F16, 1, (_, _) -> {});
        assertEquals(0, run("dvae", "--model", dvae.toString(), "--rounds", "1", "--warm-up", "0"), err());
        assertTrue(out().contains("| dVAE decode to 256 x 256 "), out());
        assertTrue(out().contains("| dVAE encode from 256 x 256 "), out());
        Path gumbel = Files.createDirectory(folder.resolve("gumbel"));
        new RandomGumbelVqgan(VQGAN).write(gumbel, DType.F16, 1, (_, _) -> {});
        assertEquals(0, run("gumbel-f8", "--model", gumbel.toString(), "--rounds", "1", "--warm-up", "0"), err());
        assertTrue(out().contains("| VQGAN encode from 64 x 64 "), out());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"mini --batch 0|--batch: expected 1 to 64, found 0",
            "mini --stages loop,sing|found sing", "mini --precision f8|--precision", "mini --rounds x|--rounds",
            "random-model none x|MODEL: expected one of mini, mega", "random-model mini x --dtype f64|found f64",
            "growth --most 33|--most: expected 1 to 32", "callers huge|SIZE: expected mini or emoji-scenes",
            "attention --images 9|--images: expected 1 to 8, found 9",
            "attention --precision int8|--precision: expected f32 or bf16, found int8",
            "emoji-scenes --json /nowhere/at/all/x|does not exist",
            "clip-b32 --threads -1|--threads: expected 0 to 1024", "search --count 0|--count: expected 1 to 10000000"})
    void wrongUseIsOneSentenceAndExitCode2(String arguments, String sentence) {
        assertEquals(2, run(arguments.split(" ")));
        assertTrue(err().contains(sentence), err());
        assertEquals(1, err().lines().count(), err());
    }

    @Test
    void aMissingFolderIsOneSentenceAndExitCode1() {
        assertEquals(1, run("vqgan-f16", "--model", "/nowhere/at/all"));
        assertEquals("smalti bench: /nowhere/at/all: no such folder", err().strip());
    }

    @Test
    void randomModelRefusesAFolderInUse(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("mine"), "x");
        assertEquals(1, run("random-model", "vqgan-f16", folder.toString()));
        assertTrue(err().contains("--force"), err());
        assertEquals(List.of("mine"), List.of(folder.toFile().list()));
    }

    @ParameterizedTest
    @CsvSource({"mini", "random-model", "growth", "callers", "attention", "search"})
    void helpExplainsEveryOption(String command) {
        assertEquals(0, run(command, "--help"));
        assertTrue(out().contains("Default: "), out());
        assertTrue(out().lines().allMatch(line -> line.length() <= 120), out());
    }

    @Test
    void growthCoversItsFourColumnsAndDrawsThem(@TempDir Path folder) throws Exception {
        var plan = new Growth.Plan(BART, VQGAN, Precision.BF16, 1, new int[]{1, 2}, new int[]{1, 2}, new int[]{4, 16},
                new int[]{32, 64});
        var console = new Console(System.out, System.err, false);
        List<Growth.Column> columns = new Growth(plan, folder, console).run();
        assertEquals(List.of("batch", "threads", "tokens", "image size"),
                columns.stream().map(Growth.Column::title).toList());
        for (Growth.Column column : columns) {
            assertEquals(2, column.points().size());
            for (SvgPlot.Point point : column.points()) assertTrue(point.measured() > 0 && point.predicted() > 0);
        }
        assertEquals(0, folder.toFile().list().length, "random models are deleted");
        String svg = GrowthCommand.plot(columns);
        var document = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new java.io.ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
        assertEquals(8, document.getElementsByTagName("circle").getLength() - 1, "a point each, one in the legend");
        assertTrue(!svg.contains("NaN"), svg);
    }

    @Test
    void searchIsMeasuredInBothPrecisionsAndKindsOfMemory() {
        assertEquals(0, run("search", "--count", "500", "--width", "24", "--rounds", "1", "--warm-up", "0", "--top",
                "3", "--json", "-"), err());
        JsonValue root = Json.parse(out());
        List<String> names = root.get("stages").asArray().stream().map(s -> s.get("stage").asString()).toList();
        assertEquals(List.of("f32, 500 x 24, best 3", "f32, 500 x 24, best 3, mapped", "int8, 500 x 24, best 3",
                "int8, 500 x 24, best 3, mapped"), names);
        assertEquals(512 * 24 * 4, root.get("stages").asArray().getFirst().get("bytes").asDouble());
        assertEquals("memory", root.get("stages").asArray().getFirst().get("limit").asString());
    }

    @Test
    void notesLeaveTheCodesAsTheyAre(@TempDir Path folder) throws Exception {
        BART.write(folder, DType.F16, 1, (_, _) -> {});
        var timing = new TimingKernels(Kernels.best());
        try (Team team = new Team(2);
                DalleBart model = DalleBart.load(folder, new Compute(timing, team), Precision.F32)) {
            int[] ends = new int[16];
            timing.switchOn(true);
            Drawing drawing = Drawing.of(model, 1, 16, (position, start, end) -> {
                long[] busy = timing.busyNanos();
                long all = 0;
                for (long nanos : busy) all += nanos;
                if (busy[0] > 0 && busy[1] > 0 && busy[2] > 0 && (position == 0 || all <= end - start))
                    ends[position] = 1;
                timing.forget();
            });
            timing.switchOn(false);
            for (int position = 0; position < 16; position++) assertEquals(1, ends[position], "step " + position);
            assertTrue(drawing.secondsAfterFirst() > 0);
            assertArrayEquals(new long[]{0, 0, 0, 0, 0}, timing.busyNanos());
        }
    }

    @Test
    void callersShareFairly(@TempDir Path folder) throws Exception {
        BART.write(folder, DType.F16, 1, (_, _) -> {});
        try (Team team = new Team(2);
                DalleBart model = DalleBart.load(folder, new Compute(Kernels.best(), team), Precision.F32)) {
            Callers found = Callers.of(model, 3, 1);
            assertTrue(found.least() > 0.5 * found.most(), found.least() + " of " + found.most());
        }
    }

    @ParameterizedTest
    @CsvSource({"F32, 1", "BF16, 3"})
    void attentionIsTimedAtTheBeginningTheMiddleAndTheEnd(Precision precision, int images) {
        var shape = new SparseShape(6, 3, 20, 9, 5);
        try (Team team = new Team(2); Team one = new Team(1)) {
            var compute = new Compute(Kernels.best(), team);
            String table = AttentionCommand.times(compute, shape, precision, images, 2,
                    new Console(System.out, System.err, false)).toString();
            for (String row : List.of("| 0-7 ", "| 9-16 ", "| 17-24 ")) {
                assertEquals(2, table.split(java.util.regex.Pattern.quote(row), -1).length - 1, table);
            }
            try (var steps = new SparseSteps(compute, shape, precision, images);
                    var scalar = new SparseSteps(new Compute(Kernels.scalar(), one), shape, precision, images)) {
                for (double seconds : steps.drawSparse(true)) assertTrue(seconds > 0);
                scalar.drawSparse(false);
                float[] sparse = steps.lastResults();
                assertArrayEquals(scalar.lastResults(), sparse);
                for (double seconds : steps.drawDense(true)) assertTrue(seconds > 0);
                scalar.drawDense(false);
                assertArrayEquals(scalar.lastResults(), steps.lastResults());
            }
        }
    }

    /// The last of 24 layers of ruDALL-E XL: 128 text tokens and a corner of the square of 11 × 11.
    @Test
    void keysAndBytesOfRuDalleXl() {
        SparseShape xl = SparseShape.RUDALLE_XL;
        assertEquals(128 + (17 * 33 + 6 * 32 + 36) / 24.0, xl.keys(1023), 1e-9);
        long token = 2L * 16 * 128 * Float.BYTES;
        assertEquals(token * (24 * 128 + 17 * 64 + 6 * 1024 + 192), xl.sparseBytes(Precision.F32, 1));
        assertEquals(token * 24 * 1152 * 8 / 2, xl.denseBytes(Precision.BF16, 8));
        assertTrue(AttentionCommand.memory(xl).toString().contains("| bf16  |      8 |"));
    }

    @Test
    void windowsStandForBeginningMiddleAndEnd() {
        assertEquals("[1-8, 124-131, 248-255]", Window.of(256).toString());
        assertEquals("[1-1, 1-1, 1-1]", Window.of(2).toString());
    }

    @Test
    void quantilesLieBetweenTheNeighbours() {
        var series = new Series();
        for (double value : new double[]{5, 1, 3}) series.add(value);
        assertEquals(3, series.median());
        assertEquals(1.4, series.quantile(0.1), 1e-12);
        assertEquals(5, series.max());
    }
}
