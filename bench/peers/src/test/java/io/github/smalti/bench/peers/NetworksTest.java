package io.github.smalti.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.bench.checkpoint.RandomDalleBart;
import io.github.smalti.bench.checkpoint.RandomFolder;
import io.github.smalti.bench.checkpoint.RandomGumbelVqgan;
import io.github.smalti.bench.checkpoint.RandomVqgan;
import io.github.smalti.core.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Other engines compute what Smalti computes, on a tiny model.
class NetworksTest {
    private static final String FOLDER = "smalti.peers.models";
    private static final Peer SMALTI = PeersTest.SMALTI, ONNX_RUNTIME = PeersTest.ONNX_RUNTIME,
            LIBTORCH = PeersTest.LIBTORCH;

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
            "G f32 gumbel 2",
            "H f32 mini prepare"})
    void allComputeTheSame(String workload) throws Exception { check(workload, ONNX_RUNTIME, LIBTORCH); }

    @ParameterizedTest
    @ValueSource(strings = {"B bf16 mini 7", "C bf16 mini 3", "H bf16 mini prepare"})
    void libtorchComputesTheSameInBfloat16(String workload) throws Exception { check(workload, LIBTORCH); }

    /// Pictures are no constants that an engine could get right by chance.
    @ParameterizedTest
    @ValueSource(strings = {"E f32 vqgan 2", "G f32 gumbel 2"})
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

    @Test
    void onnxRuntimeComputesTheSameInInt8() throws Exception { check("C int8 mini 3", ONNX_RUNTIME); }

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
