package io.github.smalti.clip;

import io.github.smalti.core.ShapeMismatchException;
import java.util.Arrays;

/// Arithmetic in the semantic space: vectors of length 1, means of them, and cosines between them.
///
/// Sums run in order and in double precision, so that bits never depend on the machine. Stateless and thread-safe.
public final class Embeddings {
    private Embeddings() {}

    /// A vector in the direction of another one.
    ///
    /// @param vector any numbers
    /// @return a copy of length 1; zeros stay zeros
    public static float[] unit(float[] vector) {
        float[] unit = vector.clone();
        normalizeInPlace(unit);
        return unit;
    }

    /// The mean of unit vectors, scaled to length 1: several templates as one class, several pictures as one query.
    ///
    /// @param vectors one or more vectors of equal length
    /// @return a new vector of length 1; that of one vector is the vector itself, bit by bit
    /// @throws IllegalArgumentException if there is no vector
    /// @throws ShapeMismatchException   if a vector has another length than the first
    public static float[] unitMean(float[]... vectors) {
        if (vectors.length == 0) throw new IllegalArgumentException("expected at least one vector, found none");
        for (float[] vector : vectors) requireLength("vector of a mean", vectors[0].length, vector);
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

    /// The cosine of the angle between two unit vectors: their dot product, summed in double precision and rounded once.
    ///
    /// @param a a unit vector
    /// @param b another one, of the same length
    /// @return -1 to 1
    /// @throws ShapeMismatchException if the lengths differ
    public static float cosine(float[] a, float[] b) {
        requireLength("embedding", a.length, b);
        return Math.clamp((float) dot(a, b), -1f, 1f);
    }

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

    static void requireLength(String what, int expected, float[] vector) {
        if (vector.length != expected) throw new ShapeMismatchException(what, expected, vector.length);
    }
}
