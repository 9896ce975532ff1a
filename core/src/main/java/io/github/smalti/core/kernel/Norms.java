package io.github.smalti.core.kernel;

/// Layer norm and softmax of one row: the scalar twin of [NormsVector].
final class Norms {
    private Norms() {}

    static void layerNorm(float[] x, int xAt, int n, float[] scale, float[] bias, float eps, float[] out, int outAt) {
        float[] lanes = new float[Lanes.COUNT];
        addToLanes(x, xAt, n, lanes);
        float mean = Lanes.sum(lanes) / n;
        java.util.Arrays.fill(lanes, 0f);
        addSquaresToLanes(x, xAt, n, mean, lanes);
        float factor = (float) (1.0 / Math.sqrt(Lanes.sum(lanes) / n + eps));
        for (int i = 0; i < n; i++) {
            float y = (x[xAt + i] - mean) * factor;
            if (scale != null) y *= scale[i];
            if (bias != null) y += bias[i];
            out[outAt + i] = y;
        }
    }

    private static void addToLanes(float[] x, int xAt, int n, float[] lanes) {
        for (int i = 0; i < n; i++) lanes[i % Lanes.COUNT] += x[xAt + i];
    }

    private static void addSquaresToLanes(float[] x, int xAt, int n, float mean, float[] lanes) {
        for (int i = 0; i < n; i++) {
            float centred = x[xAt + i] - mean;
            lanes[i % Lanes.COUNT] = Math.fma(centred, centred, lanes[i % Lanes.COUNT]);
        }
    }

    static void softmaxInPlace(float[] x, int xAt, int n) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) max = Math.max(max, x[xAt + i]);
        float[] lanes = new float[Lanes.COUNT];
        for (int i = 0; i < n; i++) {
            float e = Exp.exp(x[xAt + i] - max);
            x[xAt + i] = e;
            lanes[i % Lanes.COUNT] += e;
        }
        float sum = Lanes.sum(lanes);
        for (int i = 0; i < n; i++) x[xAt + i] /= sum;
    }
}
