package io.github.smalti.core.kernel;

import static io.github.smalti.core.PackedMatrix.PANEL;

/// Attention over cached keys and values: the scalar twin of [AttendVector].
///
/// Keys lie in panels of 16 positions and values in rows, so that both products have their outputs along the lanes.
final class Attend {
    private Attend() {}

    static void run(float[] q, int qAt, int headDim, float scale, float[] keys, int keysAt, float[] values,
            int valuesAt, int valueStride, int length, float[] scores, float[] out, int outAt) {
        for (int position = 0; position < length; position++) {
            int at = keysAt + position / PANEL * headDim * PANEL + position % PANEL;
            float sum = 0f;
            for (int d = 0; d < headDim; d++) sum = Math.fma(q[qAt + d], keys[at + d * PANEL], sum);
            scores[position] = sum * scale;
        }
        Norms.softmaxInPlace(scores, 0, length);
        for (int d = 0; d < headDim; d++) {
            float sum = 0f;
            for (int position = 0; position < length; position++) {
                sum = Math.fma(scores[position], values[valuesAt + position * valueStride + d], sum);
            }
            out[outAt + d] = sum;
        }
    }
}
