package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.CachedHeads.BLOCK;

import io.github.smalti.core.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Attention of some queries over cached keys and values: the scalar twin of [AttendVector] and its tiles.
///
/// Blocks are copied to an array, for the reason given at [Matmul].
final class Attend {
    private final CachedHeads heads;
    private final float[] block;
    private final int[] words;

    private Attend(CachedHeads heads) {
        this.heads = heads;
        this.block = new float[BLOCK * heads.valueStride()];
        this.words = new int[heads.precision() == Precision.BF16 ? block.length / 2 : 0];
    }

    static void run(float[] q, int qAt, int qStride, int queries, float scale, CachedHeads heads, int length,
            int growth, float[] scores, float[] out, int outAt, int outStride) {
        var attend = new Attend(heads);
        for (int query = 0; query < queries; query++) {
            int seen = length + query * growth;
            for (int head = 0; head < heads.count(); head++) {
                int features = head * heads.headDim();
                attend.score(q, qAt + query * qStride + features, scale, head, seen, scores);
                Norms.softmaxInPlace(scores, 0, seen);
                attend.mix(scores, head, seen, out, outAt + query * outStride + features);
            }
        }
    }

    private void score(float[] q, int qAt, float scale, int head, int length, float[] scores) {
        Arrays.fill(scores, 0, length, 0f);
        for (int from = 0; from < length; from += BLOCK) {
            copy(heads.keysAt(head, from / BLOCK), heads.headDim(), BLOCK); // (headDim, BLOCK)
            int count = Math.min(BLOCK, length - from);
            for (int d = 0; d < heads.headDim(); d++) addProducts(q[qAt + d], block, d * BLOCK, count, scores, from);
        }
        for (int position = 0; position < length; position++) scores[position] *= scale;
    }

    private void mix(float[] weights, int head, int length, float[] out, int outAt) {
        int n = heads.headDim();
        Arrays.fill(out, outAt, outAt + n, 0f);
        for (int from = 0; from < length; from += BLOCK) {
            int count = Math.min(BLOCK, length - from);
            copy(heads.valuesAt(head, from / BLOCK), count, heads.valueStride()); // (count, valueStride)
            for (int i = 0; i < count; i++)
                addProducts(weights[from + i], block, i * heads.valueStride(), n, out, outAt);
        }
    }

    /// Copies rows of a block as floats. Where they are rounded, two share their words: the first has the low halves.
    private void copy(long at, int rows, int width) {
        if (heads.precision() == Precision.F32) {
            MemorySegment.copy(heads.data(), ValueLayout.JAVA_FLOAT, at, block, 0, rows * width);
            return;
        }
        MemorySegment.copy(heads.data(), ValueLayout.JAVA_INT, at, words, 0, (rows + 1) / 2 * width);
        for (int row = 0; row < rows; row++)
            widen(words, row / 2 * width, row % 2 == 0 ? 16 : 0, width, block, row * width);
    }

    private static void widen(int[] words, int at, int up, int n, float[] out, int outAt) {
        for (int i = 0; i < n; i++) out[outAt + i] = Float.intBitsToFloat(words[at + i] << up & 0xffff0000);
    }

    private static void addProducts(float factor, float[] x, int xAt, int n, float[] sums, int at) {
        for (int i = 0; i < n; i++) sums[at + i] = Math.fma(factor, x[xAt + i], sums[at + i]);
    }
}
