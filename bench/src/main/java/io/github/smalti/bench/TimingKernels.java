package io.github.smalti.bench;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.kernel.CachedHeads;
import io.github.smalti.core.kernel.CachedSegments;
import io.github.smalti.core.kernel.Kernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Kernels that note when each call began and ended, in a log of each thread; switched off, they only pass calls on.
///
/// A note takes two readings of the clock and three stores, about 60 ns. Logs are read between two regions of the team,
/// when nobody writes.
final class TimingKernels implements Kernels {
    /// What a call belongs to.
    enum Kind {
        /// Matrix products.
        MATMUL,
        /// Scores, softmax and weighted values over cached keys and values.
        ATTENTION,
        /// Norms and activations.
        POINTWISE,
        /// Softmax of the logits.
        SAMPLING,
        /// Winograd's transforms.
        TRANSFORM
    }

    /// The calls of one thread.
    private static final class Log {
        private long[] starts = new long[1 << 10];
        private long[] ends = new long[1 << 10];
        private long[] tags = new long[1 << 10];
        private int count;

        void add(Kind kind, int columns, long start) {
            if (count == starts.length) {
                starts = Arrays.copyOf(starts, 2 * count);
                ends = Arrays.copyOf(ends, 2 * count);
                tags = Arrays.copyOf(tags, 2 * count);
            }
            starts[count] = start;
            tags[count] = (long) columns << 8 | kind.ordinal();
            ends[count++] = System.nanoTime();
        }
    }

    private final Kernels kernels;
    private final List<Log> logs = new ArrayList<>();
    private final ThreadLocal<Log> log = ThreadLocal.withInitial(this::newLog);
    private volatile boolean isOn;

    TimingKernels(Kernels kernels) { this.kernels = kernels; }

    private Log newLog() {
        synchronized (logs) {
            logs.add(new Log());
            return logs.getLast();
        }
    }

    /// Switches notes on or off and forgets those there are.
    void switchOn(boolean on) {
        forget();
        isOn = on;
    }

    /// Forgets all notes.
    void forget() {
        synchronized (logs) {
            for (Log each : logs) each.count = 0;
        }
    }

    /// For each kind the nanoseconds during which at least one thread was in such a call.
    long[] busyNanos() {
        long[] busy = new long[Kind.values().length];
        synchronized (logs) {
            for (Kind kind : Kind.values()) busy[kind.ordinal()] = union(kind.ordinal());
        }
        return busy;
    }

    private long union(int kind) {
        List<long[]> spans = new ArrayList<>();
        for (Log each : logs) {
            for (int i = 0; i < each.count; i++) {
                if ((each.tags[i] & 0xff) == kind) spans.add(new long[]{each.starts[i], each.ends[i]});
            }
        }
        spans.sort((a, b) -> Long.compare(a[0], b[0]));
        long sum = 0;
        long reached = Long.MIN_VALUE;
        for (long[] span : spans) {
            if (span[1] > reached) sum += span[1] - Math.max(span[0], reached);
            reached = Math.max(reached, span[1]);
        }
        return sum;
    }

    /// When matrix products of a number of columns began and ended.
    ///
    /// @param columns output columns, or 0 for any number
    /// @return first start and last end, in nanoseconds of the system's clock
    long[] matmulSpan(int columns) {
        long[] span = {Long.MAX_VALUE, Long.MIN_VALUE};
        synchronized (logs) {
            for (Log each : logs) {
                for (int i = 0; i < each.count; i++) {
                    boolean isMatmul = (each.tags[i] & 0xff) == Kind.MATMUL.ordinal();
                    if (!isMatmul || columns != 0 && each.tags[i] >> 8 != columns) continue;
                    span[0] = Math.min(span[0], each.starts[i]);
                    span[1] = Math.max(span[1], each.ends[i]);
                }
            }
        }
        return span;
    }

    private long start() { return isOn ? System.nanoTime() : 0; }

    private void end(Kind kind, int columns, long start) { if (start != 0) log.get().add(kind, columns, start); }

    @Override
    public String name() { return kernels.name(); }

    @Override
    public boolean isStarting() { return kernels.isStarting(); }

    @Override
    public void expect(Precision precision, long multiplyAdds) { kernels.expect(precision, multiplyAdds); }

    @Override
    public void matmul(float[] x, int xAt, int xRowStride, int xSegmentStride, int rows, PackedMatrix w, float[] bias,
            int firstPanel, int endPanel, float[] out, int outAt, int outRowStride) {
        long start = start();
        kernels.matmul(x, xAt, xRowStride, xSegmentStride, rows, w, bias, firstPanel, endPanel, out, outAt,
                outRowStride);
        end(Kind.MATMUL, w.columns(), start);
    }

    @Override
    public void attend(float[] q, int qAt, int qStride, int queries, float scale, CachedHeads heads, int length,
            int growth, float[] scores, float[] out, int outAt, int outStride) {
        long start = start();
        kernels.attend(q, qAt, qStride, queries, scale, heads, length, growth, scores, out, outAt, outStride);
        end(Kind.ATTENTION, 0, start);
    }

    @Override
    public void attendSegments(float[] q, int qAt, int qStride, int queries, float scale, CachedSegments shared,
            CachedSegments[] own, float[] scores, float[] out, int outAt, int outStride) {
        long start = start();
        kernels.attendSegments(q, qAt, qStride, queries, scale, shared, own, scores, out, outAt, outStride);
        end(Kind.ATTENTION, 0, start);
    }

    @Override
    public void layerNorm(float[] x, int xAt, int n, float[] scale, float[] bias, float eps, float[] out, int outAt) {
        long start = start();
        kernels.layerNorm(x, xAt, n, scale, bias, eps, out, outAt);
        end(Kind.POINTWISE, 0, start);
    }

    @Override
    public void softmaxInPlace(float[] x, int xAt, int n) {
        long start = start();
        kernels.softmaxInPlace(x, xAt, n);
        end(Kind.SAMPLING, 0, start);
    }

    @Override
    public void activateInPlace(Activation activation, float[] x, int xAt, int n) {
        long start = start();
        kernels.activateInPlace(activation, x, xAt, n);
        end(Kind.POINTWISE, 0, start);
    }

    @Override
    public void gate(Activation activation, float[] gate, int gateAt, float[] value, int valueAt, int n, float[] out,
            int outAt) {
        long start = start();
        kernels.gate(activation, gate, gateAt, value, valueAt, n, out, outAt);
        end(Kind.POINTWISE, 0, start);
    }

    @Override
    public void sumChannels(float[] x, int xAt, int rows, int channels, float[] centre, float[] sums) {
        long start = start();
        kernels.sumChannels(x, xAt, rows, channels, centre, sums);
        end(Kind.POINTWISE, 0, start);
    }

    @Override
    public void scaleChannels(float[] x, int xAt, int rows, int channels, float[] factor, float[] summand,
            Activation activation, float[] out, int outAt) {
        long start = start();
        kernels.scaleChannels(x, xAt, rows, channels, factor, summand, activation, out, outAt);
        end(Kind.POINTWISE, 0, start);
    }

    @Override
    public void winogradInput(float[] x, int[] rowAt, int[] colAt, int channels, float[] out, int outAt, int step) {
        long start = start();
        kernels.winogradInput(x, rowAt, colAt, channels, out, outAt, step);
        end(Kind.TRANSFORM, 0, start);
    }

    @Override
    public void winogradOutput(float[] m, int mAt, int step, int channels, float[] bias, float[] residual, float[] out,
            int outAt, int rowStride, int rows, int cols) {
        long start = start();
        kernels.winogradOutput(m, mAt, step, channels, bias, residual, out, outAt, rowStride, rows, cols);
        end(Kind.TRANSFORM, 0, start);
    }
}
