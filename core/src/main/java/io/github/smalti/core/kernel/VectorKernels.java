package io.github.smalti.core.kernel;

import io.github.smalti.core.PackedMatrix;

/// The kernels with the Vector API, at the one width of this process; made by name in [KernelChoice].
final class VectorKernels implements Kernels {
    VectorKernels() {}

    @Override
    public String name() { return "vector " + Species.F.vectorBitSize(); }

    @Override
    public void matmul(float[] x, int xAt, int xRowStride, int xSegmentStride, int rows, PackedMatrix w, float[] bias,
            int firstPanel, int endPanel, float[] out, int outAt, int outRowStride) {
        var task = new MatmulTask(x, xAt, xRowStride, xSegmentStride, rows, w, bias, firstPanel, endPanel, out, outAt,
                outRowStride);
        switch (w.precision()) {
            case F32 -> MatmulF32Vector.run(task);
            case BF16 -> MatmulBf16Vector.run(task);
            case INT8 -> MatmulInt8Vector.run(task);
        }
    }

    @Override
    public void attend(float[] q, int qAt, int qStride, int queries, float scale, CachedHeads heads, int length,
            int growth, float[] scores, float[] out, int outAt, int outStride) {
        AttendVector.run(q, qAt, qStride, queries, scale, heads, length, growth, scores, out, outAt, outStride);
    }

    @Override
    public void attendSegments(float[] q, int qAt, int qStride, int queries, float scale, CachedSegments shared,
            CachedSegments[] own, float[] scores, float[] out, int outAt, int outStride) {
        AttendSegmentsVector.run(q, qAt, qStride, queries, scale, shared, own, scores, out, outAt, outStride);
    }

    @Override
    public void layerNorm(float[] x, int xAt, int n, float[] scale, float[] bias, float eps, float[] out, int outAt) {
        NormsVector.layerNorm(x, xAt, n, scale, bias, eps, out, outAt);
    }

    @Override
    public void softmaxInPlace(float[] x, int xAt, int n) { NormsVector.softmaxInPlace(x, xAt, n); }

    @Override
    public void activateInPlace(Activation activation, float[] x, int xAt, int n) {
        PointwiseVector.activateInPlace(activation, x, xAt, n);
    }

    @Override
    public void gate(Activation activation, float[] gate, int gateAt, float[] value, int valueAt, int n, float[] out,
            int outAt) {
        PointwiseVector.gate(activation, gate, gateAt, value, valueAt, n, out, outAt);
    }

    @Override
    public void sumChannels(float[] x, int xAt, int rows, int channels, float[] centre, float[] sums) {
        ChannelSumsVector.run(x, xAt, rows, channels, centre, sums);
    }

    @Override
    public void scaleChannels(float[] x, int xAt, int rows, int channels, float[] factor, float[] summand,
            Activation activation, float[] out, int outAt) {
        PointwiseVector.scaleChannels(x, xAt, rows, channels, factor, summand, activation, out, outAt);
    }

    @Override
    public void winogradInput(float[] x, int[] rowAt, int[] colAt, int channels, float[] out, int outAt, int step) {
        WinogradVector.transformInput(x, rowAt, colAt, channels, out, outAt, step);
    }

    @Override
    public void winogradOutput(float[] m, int mAt, int step, int channels, float[] bias, float[] residual, float[] out,
            int outAt, int rowStride, int rows, int cols) {
        WinogradVector.transformOutput(m, mAt, step, channels, bias, residual, out, outAt, rowStride, rows, cols);
    }
}
