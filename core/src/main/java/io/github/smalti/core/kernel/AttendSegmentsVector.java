package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.CachedHeads.BLOCK;

import io.github.smalti.core.Precision;
import java.util.Arrays;

/// Attention over pieces of cached pasts with the Vector API, by the tiles of [AttendVector].
///
/// The scores of the pieces lie one after the other without gaps: a tile writes whole vectors, and the next piece
/// overwrites what was too much. So the softmax runs over exactly the positions that are attended to. Four queries share
/// each load of what they share; the rest, and any other number of queries, is attended to by one query at a time, with
/// its heads block by block as they lie in memory.
final class AttendSegmentsVector {
    private static final int ROWS = Kernels.SCORE_ROWS;

    private AttendSegmentsVector() {}

    static void run(float[] q, int qAt, int qStride, int queries, float scale, CachedSegments shared,
            CachedSegments[] own, float[] scores, float[] out, int outAt, int outStride) {
        if (queries == ROWS && shared.size() > 0) {
            runTile(q, qAt, qStride, scale, shared, own, scores, out, outAt, outStride);
            return;
        }
        for (int query = 0; query < queries; query++) {
            runOne(q, qAt + query * qStride, scale, shared, own[query], scores, out, outAt + query * outStride);
        }
    }

    /// All heads of one query: their scores lie one below the other.
    private static void runOne(float[] q, int qAt, float scale, CachedSegments shared, CachedSegments own,
            float[] scores, float[] out, int outAt) {
        int count = shared.positions() + own.positions();
        int stride = CachedSegments.stride(count);
        CachedHeads any = own.heads(0);
        score(q, qAt, scale, shared, 0, any.count(), scores, 0, stride);
        score(q, qAt, scale, own, 0, any.count(), scores, shared.positions(), stride);
        for (int head = 0; head < any.count(); head++) NormsVector.softmaxInPlace(scores, head * stride, count);
        Arrays.fill(out, outAt, outAt + any.count() * any.headDim(), 0f);
        mix(scores, 0, stride, shared, 0, any.count(), out, outAt);
        mix(scores, shared.positions(), stride, own, 0, any.count(), out, outAt);
    }

    /// Four queries, head by head: the queries' scores lie one below the other.
    private static void runTile(float[] q, int qAt, int qStride, float scale, CachedSegments shared,
            CachedSegments[] own, float[] scores, float[] out, int outAt, int outStride) {
        int most = 0;
        for (int row = 0; row < ROWS; row++) most = Math.max(most, own[row].positions());
        int sharedCount = shared.positions();
        int stride = CachedSegments.stride(sharedCount + most);
        CachedHeads any = own[0].heads(0);
        for (int head = 0; head < any.count(); head++) {
            int features = head * any.headDim();
            scoreTile(q, qAt + features, qStride, scale, shared, head, scores, stride);
            for (int row = 0; row < ROWS; row++) {
                score(q, qAt + row * qStride + features, scale, own[row], head, 1, scores, row * stride + sharedCount,
                        0);
                NormsVector.softmaxInPlace(scores, row * stride, sharedCount + own[row].positions());
                int to = outAt + row * outStride + features;
                Arrays.fill(out, to, to + any.headDim(), 0f);
            }
            mixTile(scores, stride, shared, head, out, outAt + features, outStride);
            for (int row = 0; row < ROWS; row++) {
                mix(scores, row * stride + sharedCount, 0, own[row], head, 1, out,
                        outAt + row * outStride + features);
            }
        }
    }

    private static int positions(int position, int end) { return Math.min(BLOCK - position % BLOCK, end - position); }

    /// Scores of one query for some heads, beginning with `first`; `stride` lies between two heads' scores.
    private static void score(float[] q, int qAt, float scale, CachedSegments past, int first, int headCount,
            float[] scores, int scoresAt, int stride) {
        int to = scoresAt;
        for (int piece = 0; piece < past.size(); piece++) {
            CachedHeads heads = past.heads(piece);
            int end = past.first(piece) + past.count(piece);
            int count;
            for (int position = past.first(piece); position < end; position += count, to += count) {
                count = positions(position, end);
                for (int i = 0; i < headCount; i++) {
                    int from = qAt + i * heads.headDim();
                    long keys = heads.keysAt(first + i, position / BLOCK) + 4L * (position % BLOCK);
                    if (heads.precision() == Precision.BF16) {
                        AttendBf16Vector.score(q, from, scale, heads, keys, count, scores, to + i * stride);
                    } else {
                        AttendF32Vector.score(q, from, scale, heads, keys, count, scores, to + i * stride);
                    }
                }
            }
        }
    }

    /// Adds values to the results of some heads of one query.
    private static void mix(float[] weights, int weightsAt, int stride, CachedSegments past, int first, int headCount,
            float[] out, int outAt) {
        int from = weightsAt;
        for (int piece = 0; piece < past.size(); piece++) {
            CachedHeads heads = past.heads(piece);
            int end = past.first(piece) + past.count(piece);
            int count;
            for (int position = past.first(piece); position < end; position += count, from += count) {
                count = positions(position, end);
                for (int i = 0; i < headCount; i++) {
                    long values = heads.valuesAt(first + i, position / BLOCK);
                    int to = outAt + i * heads.headDim();
                    if (heads.precision() == Precision.BF16) {
                        mixBf16(weights, from + i * stride, heads, values, position % BLOCK, count, out, to);
                    } else {
                        AttendF32Vector.mix(weights, from + i * stride, heads,
                                values + 4L * heads.valueStride() * (position % BLOCK), count, out, to);
                    }
                }
            }
        }
    }

    /// Values from anywhere in a block, so perhaps from the middle of a pair.
    private static void mixBf16(float[] weights, int weightsAt, CachedHeads heads, long values, int inBlock, int count,
            float[] out, int outAt) {
        long at = values + 4L * heads.valueStride() * (inBlock / 2);
        if (inBlock % 2 == 0) {
            AttendBf16Vector.mix(weights, weightsAt, heads, at, count, out, outAt);
            return;
        }
        AttendBf16Vector.mixOdd(weights, weightsAt, heads, at, out, outAt);
        if (count == 1) return;
        AttendBf16Vector.mix(weights, weightsAt + 1, heads, at + 4L * heads.valueStride(), count - 1, out, outAt);
    }

    /// Scores of four queries for one head.
    private static void scoreTile(float[] q, int qAt, int qStride, float scale, CachedSegments past, int head,
            float[] scores, int stride) {
        int to = 0;
        for (int piece = 0; piece < past.size(); piece++) {
            CachedHeads heads = past.heads(piece);
            int end = past.first(piece) + past.count(piece);
            int count;
            for (int position = past.first(piece); position < end; position += count, to += count) {
                count = positions(position, end);
                long keys = heads.keysAt(head, position / BLOCK) + 4L * (position % BLOCK);
                if (heads.precision() == Precision.BF16) {
                    AttendBf16Tiles.score(q, qAt, qStride, scale, heads, keys, count, scores, to, stride);
                } else {
                    AttendTiles.score(q, qAt, qStride, scale, heads, keys, count, scores, to, stride);
                }
            }
        }
    }

    /// Adds values to the results of four queries for one head.
    private static void mixTile(float[] weights, int stride, CachedSegments past, int head, float[] out, int outAt,
            int outStride) {
        int from = 0;
        for (int piece = 0; piece < past.size(); piece++) {
            CachedHeads heads = past.heads(piece);
            int end = past.first(piece) + past.count(piece);
            int count;
            for (int position = past.first(piece); position < end; position += count, from += count) {
                count = positions(position, end);
                long values = heads.valuesAt(head, position / BLOCK);
                if (heads.precision() == Precision.BF16) {
                    mixTileBf16(weights, from, stride, heads, values, position % BLOCK, count, out, outAt, outStride);
                } else {
                    AttendTiles.mix(weights, from, stride, heads,
                            values + 4L * heads.valueStride() * (position % BLOCK), count, out, outAt, outStride);
                }
            }
        }
    }

    private static void mixTileBf16(float[] weights, int weightsAt, int stride, CachedHeads heads, long values,
            int inBlock, int count, float[] out, int outAt, int outStride) {
        long at = values + 4L * heads.valueStride() * (inBlock / 2);
        if (inBlock % 2 == 0) {
            AttendBf16Tiles.mix(weights, weightsAt, stride, heads, at, count, out, outAt, outStride);
            return;
        }
        for (int row = 0; row < ROWS; row++) {
            AttendBf16Vector.mixOdd(weights, weightsAt + row * stride, heads, at, out, outAt + row * outStride);
        }
        if (count == 1) return;
        AttendBf16Tiles.mix(weights, weightsAt + 1, stride, heads, at + 4L * heads.valueStride(), count - 1, out,
                outAt, outStride);
    }
}
