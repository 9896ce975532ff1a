package io.github.smalti.core.kernel;

import io.github.smalti.core.PackedMatrix;

/// The specification: plain Java, no vectors.
final class ScalarKernels implements Kernels {
    static final ScalarKernels INSTANCE = new ScalarKernels();

    private ScalarKernels() {}

    @Override
    public String name() { return "scalar"; }

    @Override
    public void matmul(float[] x, int xAt, int xRowStride, int xSegmentStride, int rows, PackedMatrix w, float[] bias,
            int firstPanel, int endPanel, float[] out, int outAt, int outRowStride) {
        Matmul.run(x, xAt, xRowStride, xSegmentStride, rows, w, bias, firstPanel, endPanel, out, outAt, outRowStride);
    }

    @Override
    public void attend(float[] q, int qAt, int qStride, int queries, float scale, CachedHeads heads, int length,
            int growth, float[] scores, float[] out, int outAt, int outStride) {
        Attend.run(q, qAt, qStride, queries, scale, heads, length, growth, scores, out, outAt, outStride);
    }

    @Override
    public void attendSegments(float[] q, int qAt, int qStride, int queries, float scale, CachedSegments shared,
            CachedSegments[] own, float[] scores, float[] out, int outAt, int outStride) {
        AttendSegments.run(q, qAt, qStride, queries, scale, shared, own, scores, out, outAt, outStride);
    }

    @Override
    public void layerNorm(float[] x, int xAt, int n, float[] scale, float[] bias, float eps, float[] out, int outAt) {
        Norms.layerNorm(x, xAt, n, scale, bias, eps, out, outAt);
    }

    @Override
    public void softmaxInPlace(float[] x, int xAt, int n) { Norms.softmaxInPlace(x, xAt, n); }

    @Override
    public void activateInPlace(Activation activation, float[] x, int xAt, int n) {
        Pointwise.activateInPlace(activation, x, xAt, n);
    }

    @Override
    public void gate(Activation activation, float[] gate, int gateAt, float[] value, int valueAt, int n, float[] out,
            int outAt) {
        Pointwise.gate(activation, gate, gateAt, value, valueAt, n, out, outAt);
    }

    @Override
    public void sumChannels(float[] x, int xAt, int rows, int channels, float[] centre, float[] sums) {
        ChannelSums.run(x, xAt, rows, channels, centre, sums);
    }

    @Override
    public void scaleChannels(float[] x, int xAt, int rows, int channels, float[] factor, float[] summand,
            Activation activation, float[] out, int outAt) {
        Pointwise.scaleChannels(x, xAt, rows, channels, factor, summand, activation, out, outAt);
    }

    @Override
    public void winogradInput(float[] x, int[] rowAt, int[] colAt, int channels, float[] out, int outAt, int step) {
        Winograd.transformInput(x, rowAt, colAt, channels, out, outAt, step);
    }

    @Override
    public void winogradOutput(float[] m, int mAt, int step, int channels, float[] bias, float[] residual, float[] out,
            int outAt, int rowStride, int rows, int cols) {
        Winograd.transformOutput(m, mAt, step, channels, bias, residual, out, outAt, rowStride, rows, cols);
    }
}
