package io.github.smalti.dvae;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.kernel.CachedHeads;
import io.github.smalti.core.kernel.CachedSegments;
import io.github.smalti.core.kernel.Kernels;

/// Kernels that measure the live heap before each layer.
final class LiveHeap implements Kernels {
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
            int growth, float[] scores, float[] out, int outAt, int outStride) {
        measure(out);
        kernels.attend(q, qAt, qStride, queries, scale, heads, length, growth, scores, out, outAt, outStride);
    }

    @Override
    public void attendSegments(float[] q, int qAt, int qStride, int queries, float scale, CachedSegments shared,
            CachedSegments[] own, float[] scores, float[] out, int outAt, int outStride) {
        measure(out);
        kernels.attendSegments(q, qAt, qStride, queries, scale, shared, own, scores, out, outAt, outStride);
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
