package io.github.smalti.core.kernel;

/// Attention of some queries over cached keys and values: the scalar twin of [AttendVector] and [AttendBf16Vector].
final class Attend {
    private Attend() {}

    static void run(float[] q, int qAt, int qStride, int queries, float scale, CachedHead head, int length,
            float[] scores, float[] out, int outAt, int outStride) {
        for (int query = 0; query < queries; query++) {
            score(q, qAt + query * qStride, scale, head, length, scores);
            Norms.softmaxInPlace(scores, 0, length);
            mix(scores, head, length, out, outAt + query * outStride);
        }
    }

    private static void score(float[] q, int qAt, float scale, CachedHead head, int length, float[] scores) {
        for (int position = 0; position < length; position++) {
            float sum = 0f;
            for (int d = 0; d < head.headDim(); d++) sum = Math.fma(q[qAt + d], head.key(position, d), sum);
            scores[position] = sum * scale;
        }
    }

    private static void mix(float[] weights, CachedHead head, int length, float[] out, int outAt) {
        for (int d = 0; d < head.headDim(); d++) {
            float sum = 0f;
            for (int position = 0; position < length; position++) {
                sum = Math.fma(weights[position], head.value(position, d), sum);
            }
            out[outAt + d] = sum;
        }
    }
}
