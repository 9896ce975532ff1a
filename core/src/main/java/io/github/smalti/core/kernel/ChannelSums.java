package io.github.smalti.core.kernel;

/// Sums down the columns of a matrix, a row per pixel: the scalar twin of [ChannelSumsVector].
final class ChannelSums {
    private ChannelSums() {}

    static void run(float[] x, int xAt, int rows, int channels, float[] centre, float[] sums) {
        run(x, xAt, rows, channels, 0, centre, sums);
    }

    /// The channels from one on.
    static void run(float[] x, int xAt, int rows, int channels, int from, float[] centre, float[] sums) {
        for (int c = from; c < channels; c++) {
            float sum = 0;
            for (int row = 0; row < rows; row++) {
                float value = x[xAt + row * channels + c];
                if (centre == null) {
                    sum += value;
                } else {
                    float distance = value - centre[c];
                    sum = Math.fma(distance, distance, sum);
                }
            }
            sums[c] = sum;
        }
    }
}
