package io.github.smalti.core.kernel;

import io.github.smalti.core.PackedMatrix;
import java.util.function.Supplier;

/// Scalar kernels at first, others from some amount of work on.
///
/// Until the JVM has compiled them, vector operations are calls that box their results: some hundred times slower than
/// plain loops. Compiling all vector kernels takes about a second of a core, in which the scalar ones do 10 GFLOP. So a
/// small model has drawn its first pictures before vectors would have begun to pay. Both give the same bits.
///
/// Thread-safe: callers may differ for a moment about whether the work is done.
final class StartingKernels implements Kernels {
    private final long work;
    private final Supplier<Kernels> later;
    private volatile Kernels now = ScalarKernels.INSTANCE;
    private long done;

    /// Starts scalar.
    ///
    /// @param work  multiply-adds of matrix products, after which the others take over
    /// @param later makes the others
    StartingKernels(long work, Supplier<Kernels> later) {
        this.work = work;
        this.later = later;
    }

    @Override
    public String name() { return now.name(); }

    /// Counts what was done; a count that is lost between threads does no harm.
    private void count(long multiplyAdds) {
        if (now != ScalarKernels.INSTANCE) return;
        done += multiplyAdds;
        if (done >= work) now = later.get();
    }

    @Override
    public void matmul(float[] x, int xAt, int xRowStride, int xSegmentStride, int rows, PackedMatrix w, float[] bias,
            int firstPanel, int endPanel, float[] out, int outAt, int outRowStride) {
        now.matmul(x, xAt, xRowStride, xSegmentStride, rows, w, bias, firstPanel, endPanel, out, outAt, outRowStride);
        count((long) rows * w.depth() * (endPanel - firstPanel) * PackedMatrix.PANEL);
    }

    @Override
    public void attend(float[] q, int qAt, int headDim, float scale, float[] keys, int keysAt, float[] values,
            int valuesAt, int valueStride, int length, float[] scores, float[] out, int outAt) {
        now.attend(q, qAt, headDim, scale, keys, keysAt, values, valuesAt, valueStride, length, scores, out, outAt);
    }

    @Override
    public void layerNorm(float[] x, int xAt, int n, float[] scale, float[] bias, float eps, float[] out, int outAt) {
        now.layerNorm(x, xAt, n, scale, bias, eps, out, outAt);
    }

    @Override
    public void softmaxInPlace(float[] x, int xAt, int n) { now.softmaxInPlace(x, xAt, n); }

    @Override
    public void activateInPlace(Activation activation, float[] x, int xAt, int n) {
        now.activateInPlace(activation, x, xAt, n);
    }

    @Override
    public void gate(Activation activation, float[] gate, int gateAt, float[] value, int valueAt, int n, float[] out,
            int outAt) {
        now.gate(activation, gate, gateAt, value, valueAt, n, out, outAt);
    }

    @Override
    public void scaleChannels(float[] x, int xAt, int rows, int channels, float[] factor, float[] summand,
            Activation activation, float[] out, int outAt) {
        now.scaleChannels(x, xAt, rows, channels, factor, summand, activation, out, outAt);
    }
}
