package io.github.smalti.core.kernel;

/// Attention of some queries over cached keys and values: the scalar twin of [AttendVector] and its tiles.
final class Attend {
    private Attend() {}

    static void run(float[] q, int qAt, int qStride, int queries, float scale, CachedHeads heads, int length,
            float[] scores, float[] out, int outAt, int outStride) {
        for (int query = 0; query < queries; query++) {
            for (int head = 0; head < heads.count(); head++) {
                int features = head * heads.headDim();
                score(q, qAt + query * qStride + features, scale, heads, head, length, scores);
                Norms.softmaxInPlace(scores, 0, length);
                mix(scores, heads, head, length, out, outAt + query * outStride + features);
            }
        }
    }

    private static void score(float[] q, int qAt, float scale, CachedHeads heads, int head, int length,
            float[] scores) {
        for (int position = 0; position < length; position++) {
            float sum = 0f;
            for (int d = 0; d < heads.headDim(); d++) sum = Math.fma(q[qAt + d], heads.key(head, position, d), sum);
            scores[position] = sum * scale;
        }
    }

    private static void mix(float[] weights, CachedHeads heads, int head, int length, float[] out, int outAt) {
        for (int d = 0; d < heads.headDim(); d++) {
            float sum = 0f;
            for (int position = 0; position < length; position++) {
                sum = Math.fma(weights[position], heads.value(head, position, d), sum);
            }
            out[outAt + d] = sum;
        }
    }
}
