package io.github.smalti.core.kernel;

import static io.github.smalti.core.PackedMatrix.PANEL;

import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/// Small sums that every kernel has to do, so that the JVM compiles it. Owned by one thread.
final class KernelExercise implements AutoCloseable {
    private static final int DEPTH = 64;
    /// Four panels that take a tile of four vectors at any width, and one that is left over.
    private static final int COLUMNS = 5 * PANEL;
    /// Three rows take tiles of 2 and 1 rows, seven one of 6 or 4, eight those of 4 and 8.
    private static final int[] ROWS = {3, 7, 8};
    /// Positions of four vectors and one more at any width.
    private static final int LENGTH = 5 * PANEL;
    private static final int[] QUERIES = {1, 4};

    private final Arena arena = Arena.ofShared(); // as the weights' is: another kind would be another path to compile
    private final Map<Precision, PackedMatrix> matrices = new EnumMap<>(Precision.class);
    private final float[] x = new float[8 * DEPTH * PANEL];
    private final float[] out = new float[8 * COLUMNS];
    private final float[] scores = new float[Kernels.SCORE_ROWS * CachedHeads.roundUpToBlock(LENGTH)];
    private final float[] frequencies = new float[Winograd.FREQUENCIES * PANEL];
    private final int[] tile = new int[Winograd.POINTS];
    private final CachedHeads[] cached = {heads(Precision.F32), heads(Precision.BF16)};

    /// Time that every operation takes once.
    ///
    /// @param kernels    which kernels
    /// @param precisions of weights
    /// @return nanoseconds
    long nanos(Kernels kernels, Set<Precision> precisions) {
        long start = System.nanoTime();
        for (Precision precision : precisions) {
            PackedMatrix w = matrices.computeIfAbsent(precision, this::pack);
            for (int rows : ROWS) kernels.matmul(x, 0, DEPTH, 0, rows, w, null, 0, w.panels(), out, 0, COLUMNS);
        }
        for (CachedHeads heads : cached) {
            for (int queries : QUERIES)
                kernels.attend(x, 0, DEPTH, queries, 1f, heads, LENGTH, 0, scores, out, 0, DEPTH);
        }
        kernels.winogradInput(x, tile, tile, PANEL, frequencies, 0, PANEL);
        kernels.winogradOutput(frequencies, 0, PANEL, PANEL, x, null, out, 0, Winograd.TILE * PANEL, Winograd.TILE,
                Winograd.TILE);
        kernels.sumChannels(x, 0, 2, DEPTH, null, out);
        kernels.sumChannels(x, 0, 2, DEPTH, x, out);
        kernels.layerNorm(x, 0, DEPTH, x, x, 1f, out, 0);
        kernels.softmaxInPlace(out, 0, LENGTH);
        for (Activation activation : Activation.values()) {
            kernels.activateInPlace(activation, out, 0, LENGTH);
            kernels.gate(activation, x, 0, x, 0, LENGTH, out, 0);
            kernels.scaleChannels(x, 0, 2, DEPTH, x, x, activation, out, 0);
        }
        return System.nanoTime() - start;
    }

    private CachedHeads heads(Precision precision) {
        long bytes = CachedHeads.byteSize(precision, 1, DEPTH, LENGTH);
        return new CachedHeads(precision, arena.allocate(bytes, 64), 0, 1, DEPTH);
    }

    private PackedMatrix pack(Precision precision) {
        MemorySegment zeros = arena.allocate((long) COLUMNS * DEPTH * Float.BYTES, Float.BYTES);
        return PackedMatrix.pack(arena, precision, TensorView.contiguous(DType.F32, new long[]{COLUMNS, DEPTH}, zeros));
    }

    @Override
    public void close() { arena.close(); }
}
