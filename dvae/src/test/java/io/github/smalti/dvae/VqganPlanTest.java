package io.github.smalti.dvae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.kernel.CachedHeads;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.golden.GoldenCase;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The memory plan against what is really allocated.
class VqganPlanTest {
    private static final double TOLERANCE = 0.1;

    @ParameterizedTest
    @ValueSource(strings = {"f16", "f4-attn"})
    void weightsAreAsPlanned(String model) throws Exception {
        Path folder = GoldenCase.path("vqgan/" + model);
        for (CodecOptions options : new CodecOptions[]{CodecOptions.DEFAULT, CodecOptions.DECODER_ONLY}) {
            MemoryPlan plan = Vqgan.plan(folder, options);
            try (Vqgan vqgan = Vqgan.load(folder, Compute.shared(), options)) {
                assertEquals(plan, vqgan.plan(vqgan.gridRows(), vqgan.gridCols()));
                assertEquals(options.hasEncoder(), vqgan.canEncode());
                assertEquals(vqgan.packedBytes(), plan.weightBytes(), TOLERANCE * plan.weightBytes());
                assertEquals(Files.size(folder.resolve("flax_model.msgpack")), plan.mappedBytes());
            }
        }
    }

    /// The largest maps have 7.6 MiB, since G1 rounds large arrays up to whole regions of 1, 2 or 4 MiB.
    @Test
    void picturesTakeWhatIsPlanned() {
        Path folder = GoldenCase.path("vqgan/f16");
        var measured = new LiveHeap(Kernels.best());
        try (Team one = new Team(1); Vqgan vqgan = Vqgan.load(folder, new Compute(measured, one))) {
            long plan = vqgan.plan(16, 15).scratchBytes();
            measured.start();
            Pixels picture = vqgan.decode(new int[240], 16, 15);
            long decoded = measured.peak();
            measured.start();
            vqgan.encode(picture);
            long encoded = measured.peak();
            assertTrue(plan > 20_000_000, "large beside what else the heap holds: " + plan);
            assertEquals(plan, Math.max(decoded, encoded), TOLERANCE * plan, "decoded " + decoded + ", encoded "
                    + encoded);
        }
    }

    /// Kernels that measure the live heap before each layer.
    private static final class LiveHeap implements Kernels {
        private final Kernels kernels;
        private Object lastOut;
        private long base;
        private long most;

        LiveHeap(Kernels kernels) { this.kernels = kernels; }

        void start() {
            lastOut = null;
            base = used();
            most = 0;
        }

        long peak() { return most - base; }

        private static long used() {
            System.gc();
            return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
        }

        private void measure(Object out) {
            if (out == lastOut) return;
            lastOut = out;
            most = Math.max(most, used());
        }

        @Override
        public String name() { return kernels.name(); }

        @Override
        public void matmul(float[] x, int xAt, int xRowStride, int xSegmentStride, int rows, PackedMatrix w,
                float[] bias, int firstPanel, int endPanel, float[] out, int outAt, int outRowStride) {
            measure(out);
            kernels.matmul(x, xAt, xRowStride, xSegmentStride, rows, w, bias, firstPanel, endPanel, out, outAt,
                    outRowStride);
        }

        @Override
        public void attend(float[] q, int qAt, int qStride, int queries, float scale, CachedHeads heads, int length,
                float[] scores, float[] out, int outAt, int outStride) {
            measure(out);
            kernels.attend(q, qAt, qStride, queries, scale, heads, length, scores, out, outAt, outStride);
        }

        @Override
        public void layerNorm(float[] x, int xAt, int n, float[] scale, float[] bias, float eps, float[] out,
                int outAt) {
            kernels.layerNorm(x, xAt, n, scale, bias, eps, out, outAt);
        }

        @Override
        public void softmaxInPlace(float[] x, int xAt, int n) { kernels.softmaxInPlace(x, xAt, n); }

        @Override
        public void activateInPlace(Activation activation, float[] x, int xAt, int n) {
            kernels.activateInPlace(activation, x, xAt, n);
        }

        @Override
        public void gate(Activation activation, float[] gate, int gateAt, float[] value, int valueAt, int n,
                float[] out, int outAt) {
            kernels.gate(activation, gate, gateAt, value, valueAt, n, out, outAt);
        }

        @Override
        public void sumChannels(float[] x, int xAt, int rows, int channels, float[] centre, float[] sums) {
            kernels.sumChannels(x, xAt, rows, channels, centre, sums);
        }

        @Override
        public void scaleChannels(float[] x, int xAt, int rows, int channels, float[] factor, float[] summand,
                Activation activation, float[] out, int outAt) {
            measure(out);
            kernels.scaleChannels(x, xAt, rows, channels, factor, summand, activation, out, outAt);
        }

        @Override
        public void winogradInput(float[] x, int[] rowAt, int[] colAt, int channels, float[] out, int outAt, int step) {
            kernels.winogradInput(x, rowAt, colAt, channels, out, outAt, step);
        }

        @Override
        public void winogradOutput(float[] m, int mAt, int step, int channels, float[] bias, float[] residual,
                float[] out, int outAt, int rowStride, int rows, int cols) {
            measure(out);
            kernels.winogradOutput(m, mAt, step, channels, bias, residual, out, outAt, rowStride, rows, cols);
        }
    }
}
