package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.CachedHeads.BLOCK;

import io.github.smalti.core.Precision;
import java.util.Arrays;

/// Attention with the Vector API: positions lie along the lanes for the scores, features for the result.
///
/// Four queries at a time (a prompt, a picture, the images of a batch at their prompt) share each load of keys and values,
/// head by head, in [AttendTiles] and [AttendBf16Tiles]; what only some of them see each adds for itself. One query (a drawing's own past) is bound by reading them:
/// it goes through the heads block by block, as they lie in memory ([AttendF32Vector], [AttendBf16Vector]). Each sum runs
/// in the order of its features or positions, whatever the tile.
final class AttendVector {
    private static final int ROWS = Kernels.SCORE_ROWS;

    private AttendVector() {}

    static void run(float[] q, int qAt, int qStride, int queries, float scale, CachedHeads heads, int length,
            int growth, float[] scores, float[] out, int outAt, int outStride) {
        int tiled = queries / ROWS * ROWS;
        for (int head = 0; head < heads.count(); head++) {
            int features = head * heads.headDim();
            for (int query = 0; query < tiled; query += ROWS) {
                int seen = length + query * growth;
                scoreTile(q, qAt + query * qStride + features, qStride, scale, heads, head, seen, growth, scores);
                mixTile(scores, heads, head, seen, growth, out, outAt + query * outStride + features, outStride);
            }
        }
        for (int query = tiled; query < queries; query++) {
            int seen = length + query * growth;
            scoreOne(q, qAt + query * qStride, scale, heads, seen, scores);
            mixOne(scores, heads, seen, out, outAt + query * outStride);
        }
    }

    private static int blocks(int length) { return Math.ceilDiv(length, BLOCK); }

    private static int positions(int block, int length) { return Math.min(BLOCK, length - block * BLOCK); }

    /// Turns four queries' scores, one below the other, into weights.
    private static void scoreTile(float[] q, int qAt, int qStride, float scale, CachedHeads heads, int head, int length,
            int growth, float[] scores) {
        int most = length + (ROWS - 1) * growth;
        int stride = CachedHeads.roundUpToBlock(most);
        for (int block = 0; block < blocks(most); block++) {
            int count = positions(block, most);
            if (heads.precision() == Precision.BF16) {
                AttendBf16Tiles.score(q, qAt, qStride, scale, heads, heads.keysAt(head, block), count, scores,
                        block * BLOCK, stride);
            } else {
                AttendTiles.score(q, qAt, qStride, scale, heads, heads.keysAt(head, block), count, scores,
                        block * BLOCK, stride);
            }
        }
        for (int row = 0; row < ROWS; row++) NormsVector.softmaxInPlace(scores, row * stride, length + row * growth);
    }

    private static void mixTile(float[] weights, CachedHeads heads, int head, int length, int growth, float[] out,
            int outAt, int outStride) {
        int stride = CachedHeads.roundUpToBlock(length + (ROWS - 1) * growth);
        int shared = growth == 0 ? length : length / 2 * 2; // a pair of rounded values begins at an even position
        for (int row = 0; row < ROWS; row++) {
            Arrays.fill(out, outAt + row * outStride, outAt + row * outStride + heads.headDim(), 0f);
        }
        for (int block = 0; block < blocks(shared); block++) {
            int count = positions(block, shared);
            if (heads.precision() == Precision.BF16) {
                AttendBf16Tiles.mix(weights, block * BLOCK, stride, heads, heads.valuesAt(head, block), count, out,
                        outAt, outStride);
            } else {
                AttendTiles.mix(weights, block * BLOCK, stride, heads, heads.valuesAt(head, block), count, out, outAt,
                        outStride);
            }
        }
        for (int row = 0; row < ROWS; row++) {
            mixRest(weights, row * stride, heads, head, shared, length + row * growth, out, outAt + row * outStride);
        }
    }

    /// Adds the values of one query's last positions, from an even one on.
    private static void mixRest(float[] weights, int weightsAt, CachedHeads heads, int head, int from, int end,
            float[] out, int outAt) {
        int position = from;
        while (position < end) {
            int count = Math.min(end - position, BLOCK - position % BLOCK);
            long at = heads.valueAt(head, position);
            if (heads.precision() == Precision.BF16) {
                AttendBf16Vector.mix(weights, weightsAt + position, heads, at, count, out, outAt);
            } else {
                AttendF32Vector.mix(weights, weightsAt + position, heads, at, count, out, outAt);
            }
            position += count;
        }
    }

    /// The weights of one query, the heads' one below the other.
    private static void scoreOne(float[] q, int qAt, float scale, CachedHeads heads, int length, float[] scores) {
        int stride = CachedHeads.roundUpToBlock(length);
        for (int block = 0; block < blocks(length); block++) {
            int count = positions(block, length);
            for (int head = 0; head < heads.count(); head++) {
                int from = qAt + head * heads.headDim();
                int to = head * stride + block * BLOCK;
                if (heads.precision() == Precision.BF16) {
                    AttendBf16Vector.score(q, from, scale, heads, heads.keysAt(head, block), count, scores, to);
                } else {
                    AttendF32Vector.score(q, from, scale, heads, heads.keysAt(head, block), count, scores, to);
                }
            }
        }
        for (int head = 0; head < heads.count(); head++) NormsVector.softmaxInPlace(scores, head * stride, length);
    }

    private static void mixOne(float[] weights, CachedHeads heads, int length, float[] out, int outAt) {
        int stride = CachedHeads.roundUpToBlock(length);
        Arrays.fill(out, outAt, outAt + heads.count() * heads.headDim(), 0f);
        for (int block = 0; block < blocks(length); block++) {
            int count = positions(block, length);
            for (int head = 0; head < heads.count(); head++) {
                int from = head * stride + block * BLOCK;
                int to = outAt + head * heads.headDim();
                if (heads.precision() == Precision.BF16) {
                    AttendBf16Vector.mix(weights, from, heads, heads.valuesAt(head, block), count, out, to);
                } else {
                    AttendF32Vector.mix(weights, from, heads, heads.valuesAt(head, block), count, out, to);
                }
            }
        }
    }
}
