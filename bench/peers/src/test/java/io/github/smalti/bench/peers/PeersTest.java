package io.github.smalti.bench.peers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every engine against sums in double precision, on small products.
class PeersTest {
    /// One of each: their pools can be set up once in a process.
    static final Peer SMALTI = new SmaltiPeer(), ONNX_RUNTIME = new OrtPeer(false), JLAMA = new JlamaPeer();
    static final DjlPeer LIBTORCH = new DjlPeer();

    private static void check(Peer peer, String workload) throws Exception {
        String[] words = workload.split(" ");
        Work work = peer.open(words);
        work.run();
        Workloads.Verdict verdict = Workloads.compare(workload, Product.parse(words).expected(), work.outputs());
        work.close();
        assertTrue(verdict.good(), workload + ": " + verdict.figure());
    }

    /// 170 inputs are no whole vectors, 84 outputs no whole tiles, 16 rows no whole tiles of Jlama.
    @ParameterizedTest
    @CsvSource({"f32, 1", "f32, 2", "f32, 16", "bf16, 1", "bf16, 16"})
    void smaltiAndJlamaMultiply(String dtype, int rows) throws Exception {
        for (String shape : List.of("64x64", "170x84", "1024x1024")) {
            String workload = "A " + dtype + " " + shape + " " + rows;
            check(SMALTI, workload);
            check(JLAMA, workload);
        }
    }

    @ParameterizedTest
    @CsvSource({"f32, 1", "f32, 16", "int8, 1", "int8, 16"})
    void onnxRuntimeMultiplies(String dtype, int rows) throws Exception {
        check(ONNX_RUNTIME, "A " + dtype + " 170x84 " + rows);
    }

    @ParameterizedTest
    @CsvSource({"f32, 1", "bf16, 2", "int8, 16"})
    void libtorchMultiplies(String dtype, int rows) throws Exception {
        check(LIBTORCH, "A " + dtype + " 170x84 " + rows);
    }

    @Test
    void refusesWhatAnEngineCannotDo() {
        String[] bf16 = {"A", "bf16", "64x64", "1"};
        assertThrows(UnsupportedOperationException.class, () -> ONNX_RUNTIME.open(bf16));
        String[] int8 = {"A", "int8", "64x64", "1"};
        assertThrows(UnsupportedOperationException.class, () -> JLAMA.open(int8));
    }

    @Test
    void tellsOtherResultsApart() {
        float[] expected = {1, -2, 0.5f};
        assertTrue(Workloads.compare("A f32 1x3 1", expected, new float[]{1.0001f, -2, 0.5f}).good());
        assertFalse(Workloads.compare("A f32 1x3 1", expected, new float[]{1.001f, -2, 0.5f}).good());
        assertFalse(Workloads.compare("A bf16 1x3 1", expected, new float[]{1.1f, -2, 0.5f}).good());
        assertFalse(Workloads.compare("A int8 1x3 1", expected, new float[]{1, 2, 0.5f}).good());
        assertFalse(Workloads.compare("A f32 1x3 1", expected, new float[]{1, Float.NaN, 0.5f}).good());
        assertFalse(Workloads.compare("A f32 1x3 1", expected, new float[]{1, -2}).good());
    }

    @Test
    void writesProtocolBuffers() {
        byte[] bytes = new OnnxWriter.Message().number(1, 300).text(2, "ab").real(3, 1f).bytes();
        assertArrayEquals(new byte[]{0x08, (byte) 0xac, 0x02, 0x12, 2, 'a', 'b', 0x1d, 0, 0, (byte) 0x80, 0x3f},
                bytes);
    }

    @Test
    void takesQuantilesBetweenValues() {
        double[] values = {4, 1, 3, 2};
        assertEquals(2.5, Result.quantile(values, 0.5));
        assertEquals(1, Result.quantile(values, 0));
        assertEquals(4, Result.quantile(values, 1));
    }
}
