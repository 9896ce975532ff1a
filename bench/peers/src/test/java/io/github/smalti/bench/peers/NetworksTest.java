package io.github.smalti.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.bench.checkpoint.RandomDalleBart;
import io.github.smalti.bench.checkpoint.RandomFolder;
import io.github.smalti.bench.checkpoint.RandomGumbelVqgan;
import io.github.smalti.bench.checkpoint.RandomOpenAiDvae;
import io.github.smalti.bench.checkpoint.RandomRuDalle;
import io.github.smalti.bench.checkpoint.RandomVqgan;
import io.github.smalti.core.DType;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Other engines compute what Smalti computes, on a tiny model.
class NetworksTest {
    private static final String FOLDER = "smalti.peers.models";
    private static final Peer SMALTI = PeersTest.SMALTI, ONNX_RUNTIME = PeersTest.ONNX_RUNTIME;
    private static final DjlPeer LIBTORCH = PeersTest.LIBTORCH;

    /// 8 tokens of a text, then 16 × 16 codes.
    private static final String RUDALLE = "rudalle-4-layers";

    @TempDir
    private static Path models;

    @BeforeAll
    static void writeModel() throws Exception {
        System.setProperty(FOLDER, models.toString());
        RandomFolder.of(new RandomDalleBart(128, 2, 170, 2, 50264, 300, 300, 12, 8)).write(models.resolve("mini"),
                DType.F32, 1, (_, _) -> {});
        RandomVqgan vqgan = new RandomVqgan(32, 32, List.of(1, 2), 1, List.of(16), 32, 48, 50);
        RandomFolder.of(vqgan).write(models.resolve("vqgan"), DType.F32, 1, (_, _) -> {});
        RandomFolder.of(new RandomGumbelVqgan(vqgan)).write(models.resolve("gumbel"), DType.F32, 1, (_, _) -> {});
        RandomFolder.of(new RandomOpenAiDvae(16, 2, 12, 40)).write(models.resolve("dvae"), DType.F32, 1, (_, _) -> {});
        RandomFolder.of(new RandomRuDalle(128, 4, 48, 8, 40, 16)).write(models.resolve(RUDALLE), DType.F32, 1,
                (_, _) -> {});
    }

    @AfterAll
    static void forgetModel() { System.clearProperty(FOLDER); }

    private static float[] outputs(Peer peer, String workload) throws Exception {
        Work work = peer.open(workload.split(" "));
        float first = work.run();
        float[] outputs = work.outputs().clone();
        assertEquals(first, work.run(), Math.abs(first) * 1e-5f, "a second run of " + workload);
        work.close();
        return outputs;
    }

    private static void check(String workload, Peer... others) throws Exception {
        float[] expected = Workloads.comparable(workload, outputs(SMALTI, workload));
        for (Peer other : others) {
            float[] actual = Workloads.comparable(workload, outputs(other, workload));
            Workloads.Verdict verdict = Workloads.compare(workload, expected, actual);
            assertTrue(verdict.good(), other.describe() + ", " + workload + ": " + verdict.figure());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"B f32 mini 7", "C f32 mini 1", "C f32 mini 3", "D f32 mini 2x8", "E f32 vqgan 2",
            "G f32 gumbel 2", "G f32 dvae 1", "G f32 rudalle-4-layers 8", "G f32 rudalle-4-layers 130",
            "G f32 rudalle-4-layers 263", "H f32 mini prepare"})
    void allComputeTheSame(String workload) throws Exception { check(workload, ONNX_RUNTIME, LIBTORCH); }

    @ParameterizedTest
    @ValueSource(strings = {"B bf16 mini 7", "C bf16 mini 3", "G bf16 rudalle-4-layers 8",
            "G bf16 rudalle-4-layers 200", "H bf16 mini prepare"})
    void libtorchComputesTheSameInBfloat16(String workload) throws Exception { check(workload, LIBTORCH); }

    /// Pictures are no constants that an engine could get right by chance.
    @ParameterizedTest
    @ValueSource(strings = {"E f32 vqgan 2", "G f32 gumbel 2", "G f32 dvae 1"})
    void drawsPicturesWithin0And1(String workload) throws Exception {
        float[] pixels = outputs(SMALTI, workload);
        double sum = 0, squares = 0;
        for (float pixel : pixels) {
            sum += pixel;
            squares += (double) pixel * pixel;
        }
        double mean = sum / pixels.length;
        assertEquals(0.5, mean, 0.3);
        assertTrue(squares / pixels.length - mean * mean > 0.005, "pixels hardly differ");
    }

    /// Later positions of one drawing give what they give alone; no engine goes back.
    @ParameterizedTest
    @CsvSource({"B f32 mini, 0 3 11", "B bf16 mini, 0 3 11", "G f32 rudalle-4-layers, 8 128 129 200",
            "G bf16 rudalle-4-layers, 8 128 129 200"})
    void stepsGoOn(String model, String steps) throws Exception {
        String[] positions = steps.split(" ");
        boolean isF32 = model.contains(" f32 ");
        for (Peer peer : isF32 ? List.of(SMALTI, ONNX_RUNTIME, LIBTORCH) : List.of(SMALTI, LIBTORCH)) {
            Work work = peer.open((model + " " + positions[0]).split(" "));
            for (String position : positions) {
                String workload = model + " " + position;
                assertTrue(work.become(workload.split(" ")));
                work.run();
                Workloads.Verdict verdict = Workloads.compare(model, outputs(peer, workload), work.outputs());
                assertTrue(verdict.good(), peer.describe() + ", " + position + ": " + verdict.figure());
            }
            assertFalse(work.become((model + " " + positions[1]).split(" ")));
            work.close();
        }
    }

    /// At the first code all masks are alike; later, whoever ignores them, or takes them in another order, computes
    /// something else.
    @Test
    void masksMatter() throws Exception {
        List<Mask> masks = RuDalleNetwork.of(RUDALLE).masks();
        assertEquals(List.of("mask-row", "mask-column", "mask-square"), masks.stream().map(Mask::name).toList());
        assertMasks(8, true, Collections.nCopies(4, Mask.all(264)));
        assertMasks(100, true, List.of(masks.get(0), masks.get(1), masks.get(0), masks.get(2)));
        assertMasks(100, false, Collections.nCopies(4, Mask.all(264)));
        assertMasks(100, false, List.of(masks.get(1), masks.get(0), masks.get(0), masks.get(2)));
        assertMasks(100, false, List.of(masks.get(0), masks.get(1), masks.get(0), masks.get(0)));
    }

    private static void assertMasks(int position, boolean isRight, List<Mask> masks) throws Exception {
        String workload = "G f32 " + RUDALLE + " " + position;
        Work work = LIBTORCH.open(new RuDalleNetwork(RUDALLE, masks), workload.split(" "));
        work.run();
        Workloads.Verdict verdict = Workloads.compare(workload, outputs(SMALTI, workload), work.outputs());
        work.close();
        assertEquals(isRight, verdict.good(), verdict.figure());
    }

    /// Only the next step of the same model finds it loaded.
    @Test
    void modelsStayWhileStepsGoOn() {
        assertTrue(Workloads.goesOn("G f32 rudalle-4-layers 128", "G f32 rudalle-4-layers 640"));
        assertTrue(Workloads.goesOn("B f32 mini 0", "B f32 mini 127"));
        assertFalse(Workloads.goesOn("G f32 rudalle-4-layers 1151", "G bf16 rudalle-4-layers 128"));
        assertFalse(Workloads.goesOn("G bf16 rudalle-4-layers 1151", null));
        assertFalse(Workloads.goesOn("G f32 gumbel 1", "G f32 dvae 1"));
        assertFalse(Workloads.goesOn("A f32 1024x1024 1", "A f32 1024x1024 2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"B int8 mini 7", "C int8 mini 1", "C int8 mini 3"})
    void othersComputeTheSameInInt8(String workload) throws Exception { check(workload, ONNX_RUNTIME, LIBTORCH); }

    /// Biases too: ruDALL-E's layers have them. But what was quantised cannot be as near as f32.
    @Test
    void libtorchAddsBiasesInInt8AndQuantises() throws Exception {
        String layers = RUDALLE + " 8";
        float[] expected = outputs(SMALTI, "G f32 " + layers);
        float[] actual = outputs(LIBTORCH, "G int8 " + layers);
        Workloads.Verdict near = Workloads.compare("G int8 " + layers, expected, actual);
        assertTrue(near.good(), near.figure());
        Workloads.Verdict equal = Workloads.compare("G f32 " + layers, expected, actual);
        assertFalse(equal.good(), equal.figure());
    }

    @Test
    void startsFromPreparedFiles() throws Exception {
        for (Peer peer : List.of(ONNX_RUNTIME, LIBTORCH)) {
            float[] prepared = outputs(peer, "H f32 mini prepare");
            Workloads.Verdict verdict = Workloads.compare("H f32 mini start", prepared,
                    outputs(peer, "H f32 mini start"));
            assertTrue(verdict.good(), verdict.figure());
        }
    }

    /// A loop ends with the last step, whatever filled the cache; images differ by their tokens.
    @Test
    void loopEndsWithTheLastStep() throws Exception {
        float[] loop = outputs(SMALTI, "C f32 mini 1");
        assertTrue(Workloads.compare("C f32", outputs(SMALTI, "B f32 mini 11"), loop).good());
        float[] three = outputs(SMALTI, "C f32 mini 3");
        assertEquals(6 * 301, three.length);
        assertNotEquals(three[0], three[301]);
    }

    @Test
    void tokenizersFindTheSameIds() throws Exception {
        float[] expected = outputs(SMALTI, "I ids captions 10000");
        Set<Float> different = IntStream.range(0, expected.length)
                .mapToObj(i -> expected[i]).collect(Collectors.toSet());
        assertTrue(different.size() > 100, different.size() + " different ids");
        for (TokenizersPeer.Way way : TokenizersPeer.Way.values()) {
            float[] ids = outputs(new TokenizersPeer(way), "I ids captions 10000");
            Workloads.Verdict verdict = Workloads.compare("I ids captions 10000", expected, ids);
            assertTrue(verdict.good(), way + ": " + verdict.figure());
        }
    }

    @Test
    void tellsOtherIdsApart() {
        assertTrue(Workloads.compare("I ids", new float[]{1, 40000}, new float[]{1, 40000}).good());
        assertTrue(!Workloads.compare("I ids", new float[]{1, 40000}, new float[]{1, 40001}).good());
    }

    @Test
    void refusesWhatHasNoNetwork() {
        String[] words = "I ids captions 10000".split(" ");
        assertThrows(UnsupportedOperationException.class, () -> ONNX_RUNTIME.open(words));
        assertThrows(UnsupportedOperationException.class,
                () -> ONNX_RUNTIME.open("B bf16 mini 7".split(" ")));
    }
}
