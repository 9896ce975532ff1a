package io.github.smalti.transformer;

/// Activations of one session, allocated once.
///
/// | array | shape |
/// |---|---|
/// | x | (rows, dModel), the residual stream |
/// | normed, attended | (rows, dModel) |
/// | wide | (rows, 3 · dModel) queries, keys, values, or (rows, ffnDim) the gated unit's values |
/// | hidden | (rows, ffnDim), gates at first |
final class Scratch {
    final float[] x;
    final float[] normed;
    final float[] attended;
    final float[] wide;
    final float[] hidden;

    Scratch(int rows, int dModel, int ffnDim) {
        x = new float[rows * dModel];
        normed = new float[rows * dModel];
        attended = new float[rows * dModel];
        wide = new float[rows * wide(dModel, ffnDim)];
        hidden = new float[rows * ffnDim];
    }

    static long byteSize(int rows, int dModel, int ffnDim) {
        return 4L * rows * (3L * dModel + wide(dModel, ffnDim) + ffnDim);
    }

    private static int wide(int dModel, int ffnDim) { return Math.max(3 * dModel, ffnDim); }
}
