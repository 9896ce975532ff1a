package io.github.smalti.transformer;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.kernel.CachedHeads;
import io.github.smalti.core.kernel.CachedSegments;
import io.github.smalti.core.kernel.Kernels;
import java.util.Arrays;

/// Kernels that compute nothing, for tests of what all others allocate.
final class NoKernels implements Kernels {
    @Override
    public String name() { return "none"; }

    @Override
    public void matmul(float[] x, int xAt, int xRowStride, int xSegmentStride, int rows, PackedMatrix w,
            float[] bias, int firstPanel, int endPanel, float[] out, int outAt, int outRowStride) {}

    @Override
    public void attend(float[] q, int qAt, int qStride, int queries, float scale, CachedHeads heads, int length,
            int growth, float[] scores, float[] out, int outAt, int outStride) {}

    @Override
    public void attendSegments(float[] q, int qAt, int qStride, int queries, float scale, CachedSegments shared,
            CachedSegments[] own, float[] scores, float[] out, int outAt, int outStride) {}

    @Override
    public void layerNorm(float[] x, int xAt, int n, float[] scale, float[] bias, float eps, float[] out,
            int outAt) {}

    @Override
    public void softmaxInPlace(float[] x, int xAt, int n) { Arrays.fill(x, xAt, xAt + n, 1f / n); }

    @Override
    public void activateInPlace(Activation activation, float[] x, int xAt, int n) {}

    @Override
    public void gate(Activation activation, float[] gate, int gateAt, float[] value, int valueAt, int n,
            float[] out, int outAt) {}

    @Override
    public void sumChannels(float[] x, int xAt, int rows, int channels, float[] centre, float[] sums) {}

    @Override
    public void scaleChannels(float[] x, int xAt, int rows, int channels, float[] factor, float[] summand,
            Activation activation, float[] out, int outAt) {}

    @Override
    public void winogradInput(float[] x, int[] rowAt, int[] colAt, int channels, float[] out, int outAt,
            int step) {}

    @Override
    public void winogradOutput(float[] m, int mAt, int step, int channels, float[] bias, float[] residual,
            float[] out, int outAt, int rowStride, int rows, int cols) {}
}
