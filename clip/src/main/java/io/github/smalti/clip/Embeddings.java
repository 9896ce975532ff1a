package io.github.smalti.clip;

import java.util.Arrays;

/// Arithmetic on embeddings: sums run in order and in double precision, so that bits never depend on the machine.
final class Embeddings {
    private Embeddings() {}

    /// Cuts (count, size) numbers into rows.
    static float[][] split(float[] all, int count) {
        float[][] rows = new float[count][];
        int size = count == 0 ? 0 : all.length / count;
        for (int i = 0; i < count; i++) rows[i] = Arrays.copyOfRange(all, i * size, (i + 1) * size);
        return rows;
    }

    /// Scales a vector to length 1; zeros stay zeros.
    static void normalizeInPlace(float[] vector) {
        double length = Math.sqrt(dot(vector, vector));
        if (length == 0) return;
        for (int i = 0; i < vector.length; i++) vector[i] = (float) (vector[i] / length);
    }

    static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += (double) a[i] * b[i];
        return sum;
    }

    /// The mean of unit vectors, scaled to length 1; that of one vector is the vector itself, bit by bit.
    static float[] unitMean(float[][] vectors) {
        if (vectors.length == 1) return vectors[0].clone();
        float[] mean = new float[vectors[0].length];
        for (int d = 0; d < mean.length; d++) {
            double sum = 0;
            for (float[] vector : vectors) sum += vector[d];
            mean[d] = (float) (sum / vectors.length);
        }
        normalizeInPlace(mean);
        return mean;
    }
}
