package io.github.smalti.core.kernel;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import java.util.EnumSet;
import java.util.Set;

/// Scalar kernels at first, vector kernels once they are faster.
///
/// Until the JVM has compiled them, vector operations are calls that box their results: some hundred times slower than
/// plain loops. Having them compiled takes a thread and the compiler a second each, in which the scalar kernels do 10
/// GFLOP and more. So a small model has drawn its first pictures before vectors could begin to pay. Where more is done or
/// expected, a thread runs the vector kernels on the small sums of [KernelExercise] until they have become the faster
/// ones; for a large model that is while it is being loaded. Both give the same bits.
///
/// Thread-safe: callers may differ for a moment about which kernels they take.
final class StartingKernels implements Kernels {
    /// Rounds in a row that the vector kernels must have been faster.
    private static final int ROUNDS = 20;
    private static final long LONGEST_NANOS = 10_000_000_000L;
    /// Multiply-adds in which the JVM compiles the scalar kernels: a picture of the embedded model.
    private static final long FIRST_WORK = 1_000_000_000L;

    private final long scalarWork;
    private final Kernels vector;
    private final Set<Precision> precisions = EnumSet.of(Precision.F32);
    private volatile Kernels now = ScalarKernels.INSTANCE;
    private volatile boolean isExercising;
    private volatile long work;

    /// Starts scalar.
    ///
    /// @param scalarWork multiply-adds of matrix products, done or expected, at which the exercise begins
    /// @param vector     the kernels to change to
    StartingKernels(long scalarWork, Kernels vector) {
        this.scalarWork = scalarWork;
        this.vector = vector;
    }

    @Override
    public String name() { return now.name(); }

    @Override
    public boolean isStarting() { return !isVector() && !isExercising && work < FIRST_WORK; }

    private boolean isVector() { return now == vector; }

    @Override
    public void expect(Precision precision, long multiplyAdds) {
        if (!isVector()) announce(precision, 0, multiplyAdds);
    }

    private void count(PackedMatrix w, long multiplyAdds) { if (!isVector()) announce(w.precision(), multiplyAdds, 0); }

    private synchronized void announce(Precision precision, long done, long ahead) {
        precisions.add(precision);
        work += done;
        if (work + ahead < scalarWork || isExercising) return;
        isExercising = true;
        Thread.ofPlatform().name("smalti-exercise").daemon().start(this::exercise);
    }

    private synchronized Set<Precision> precisions() { return Set.copyOf(precisions); }

    /// Changes to the vector kernels when they have become faster, or after 10 s in any case.
    private void exercise() {
        try (var exercise = new KernelExercise()) {
            long start = System.nanoTime();
            int faster = 0;
            while (faster < ROUNDS && System.nanoTime() - start < LONGEST_NANOS) {
                Set<Precision> used = precisions();
                faster = exercise.nanos(vector, used) < exercise.nanos(ScalarKernels.INSTANCE, used) ? faster + 1 : 0;
            }
        } finally {
            now = vector;
        }
    }

    @Override
    public void matmul(float[] x, int xAt, int xRowStride, int xSegmentStride, int rows, PackedMatrix w, float[] bias,
            int firstPanel, int endPanel, float[] out, int outAt, int outRowStride) {
        now.matmul(x, xAt, xRowStride, xSegmentStride, rows, w, bias, firstPanel, endPanel, out, outAt, outRowStride);
        count(w, (long) rows * w.depth() * (endPanel - firstPanel) * PackedMatrix.PANEL);
    }

    @Override
    public void attend(float[] q, int qAt, int qStride, int queries, float scale, CachedHeads heads, int length,
            int growth, float[] scores, float[] out, int outAt, int outStride) {
        now.attend(q, qAt, qStride, queries, scale, heads, length, growth, scores, out, outAt, outStride);
    }

    @Override
    public void attendSegments(float[] q, int qAt, int qStride, int queries, float scale, CachedSegments shared,
            CachedSegments[] own, float[] scores, float[] out, int outAt, int outStride) {
        now.attendSegments(q, qAt, qStride, queries, scale, shared, own, scores, out, outAt, outStride);
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
    public void sumChannels(float[] x, int xAt, int rows, int channels, float[] centre, float[] sums) {
        now.sumChannels(x, xAt, rows, channels, centre, sums);
    }

    @Override
    public void scaleChannels(float[] x, int xAt, int rows, int channels, float[] factor, float[] summand,
            Activation activation, float[] out, int outAt) {
        now.scaleChannels(x, xAt, rows, channels, factor, summand, activation, out, outAt);
    }

    @Override
    public void winogradInput(float[] x, int[] rowAt, int[] colAt, int channels, float[] out, int outAt, int step) {
        now.winogradInput(x, rowAt, colAt, channels, out, outAt, step);
    }

    @Override
    public void winogradOutput(float[] m, int mAt, int step, int channels, float[] bias, float[] residual, float[] out,
            int outAt, int rowStride, int rows, int cols) {
        now.winogradOutput(m, mAt, step, channels, bias, residual, out, outAt, rowStride, rows, cols);
    }
}
