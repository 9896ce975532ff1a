package io.github.smalti.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.bench.checkpoint.RandomDalleBart;
import io.github.smalti.bench.checkpoint.RandomFolder;
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
        float[] expected = outputs(SMALTI, workload);
        for (Peer other : others) {
            Workloads.Verdict verdict = Workloads.compare(workload, expected, outputs(other, workload));
            assertTrue(verdict.good(), other.describe() + ", " + workload + ": " + verdict.figure());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"B f32 mini 7", "C f32 mini 1", "C f32 mini 3", "D f32 mini 2x8", "H f32 mini prepare"})
    void allComputeTheSame(String workload) throws Exception { check(workload, ONNX_RUNTIME, LIBTORCH); }

    @ParameterizedTest
    @ValueSource(strings = {"B bf16 mini 7", "C bf16 mini 3", "H bf16 mini prepare"})
    void libtorchComputesTheSameInBfloat16(String workload) throws Exception { check(workload, LIBTORCH); }

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
