package io.github.smalti.core.kernel;

import java.util.Arrays;

/// Attention over pieces of cached pasts: the scalar twin of [AttendSegmentsVector].
final class AttendSegments {
    private AttendSegments() {}

    static void run(float[] q, int qAt, int qStride, int queries, float scale, CachedSegments shared,
            CachedSegments[] own, float[] scores, float[] out, int outAt, int outStride) {
        CachedHeads any = own[0].heads(0);
        for (int query = 0; query < queries; query++) {
            for (int head = 0; head < any.count(); head++) {
                int from = qAt + query * qStride + head * any.headDim();
                int sharedCount = score(q, from, scale, shared, head, scores, 0);
                int count = score(q, from, scale, own[query], head, scores, sharedCount);
                Norms.softmaxInPlace(scores, 0, count);
                int to = outAt + query * outStride + head * any.headDim();
                Arrays.fill(out, to, to + any.headDim(), 0f);
                mix(scores, 0, shared, head, out, to);
                mix(scores, sharedCount, own[query], head, out, to);
            }
        }
    }

    /// Appends the scores of all pieces; returns where they end.
    private static int score(float[] q, int qAt, float scale, CachedSegments past, int head, float[] scores, int at) {
        int to = at;
        for (int piece = 0; piece < past.size(); piece++) {
            CachedHeads heads = past.heads(piece);
            for (int i = 0; i < past.count(piece); i++) {
                float sum = 0f;
                for (int d = 0; d < heads.headDim(); d++) {
                    sum = Math.fma(q[qAt + d], heads.key(head, past.first(piece) + i, d), sum);
                }
                scores[to++] = sum * scale;
            }
        }
        return to;
    }

    /// Adds the values of all pieces, each with its weight.
    private static void mix(float[] weights, int weightsAt, CachedSegments past, int head, float[] out, int outAt) {
        int from = weightsAt;
        for (int piece = 0; piece < past.size(); piece++) {
            CachedHeads heads = past.heads(piece);
            for (int i = 0; i < past.count(piece); i++) {
                float weight = weights[from++];
                for (int d = 0; d < heads.headDim(); d++) {
                    out[outAt + d] = Math.fma(weight, heads.value(head, past.first(piece) + i, d), out[outAt + d]);
                }
            }
        }
    }
}
