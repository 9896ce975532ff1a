package io.github.smalti.core.kernel;

/// Elementwise operations: the scalar twin of [PointwiseVector].
final class Pointwise {
    private Pointwise() {}

    static void activateInPlace(Activation activation, float[] x, int xAt, int n) {
        for (int i = xAt; i < xAt + n; i++) x[i] = activation.apply(x[i]);
    }

    static void gate(Activation activation, float[] gate, int gateAt, float[] value, int valueAt, int n, float[] out,
            int outAt) {
        for (int i = 0; i < n; i++) out[outAt + i] = activation.apply(gate[gateAt + i]) * value[valueAt + i];
    }

    static void scaleChannels(float[] x, int xAt, int rows, int channels, float[] factor, float[] summand,
            Activation activation, float[] out, int outAt) {
        for (int row = 0; row < rows; row++) {
            int base = row * channels;
            for (int c = 0; c < channels; c++) {
                out[outAt + base + c] = activation.apply(Math.fma(x[xAt + base + c], factor[c], summand[c]));
            }
        }
    }
}
