package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.LANES;
import static io.github.smalti.core.kernel.Winograd.POINTS;

import jdk.incubator.vector.FloatVector;

/// Winograd's transforms with the Vector API, a vector of channels at a time; channels are a multiple of 16.
final class WinogradVector {
    private static final FloatVector P = FloatVector.broadcast(F, Winograd.P);
    private static final FloatVector Q = FloatVector.broadcast(F, Winograd.Q);
    private static final FloatVector P2 = FloatVector.broadcast(F, Winograd.P2);
    private static final FloatVector Q2 = FloatVector.broadcast(F, Winograd.Q2);
    private static final FloatVector P3 = FloatVector.broadcast(F, Winograd.P3);
    private static final FloatVector Q3 = FloatVector.broadcast(F, Winograd.Q3);
    private static final FloatVector MINUS_P = FloatVector.broadcast(F, -Winograd.P);
    private static final FloatVector MINUS_Q = FloatVector.broadcast(F, -Winograd.Q);
    private static final FloatVector MINUS_P2 = FloatVector.broadcast(F, -Winograd.P2);
    private static final FloatVector MINUS_Q2 = FloatVector.broadcast(F, -Winograd.Q2);
    private static final FloatVector MINUS_SUM = FloatVector.broadcast(F, -Winograd.SUM);
    private static final FloatVector PRODUCT = FloatVector.broadcast(F, Winograd.PRODUCT);

    private WinogradVector() {}

    static void transformInput(float[] x, int[] rowAt, int[] colAt, int channels, float[] out, int outAt, int step) {
        int r0 = rowAt[0], r1 = rowAt[1], r2 = rowAt[2], r3 = rowAt[3], r4 = rowAt[4], r5 = rowAt[5];
        for (int c = 0; c < channels; c += LANES) {
            for (int j = 0; j < POINTS; j++) {
                int at = colAt[j] + c;
                inputLine(x, r0 + at, r1 + at, r2 + at, r3 + at, r4 + at, r5 + at, out, outAt + j * step + c,
                        POINTS * step);
            }
            for (int i = 0; i < POINTS; i++) {
                int at = outAt + i * POINTS * step + c;
                inputLine(out, at, at + step, at + 2 * step, at + 3 * step, at + 4 * step, at + 5 * step, out, at,
                        step);
            }
        }
    }

    private static void inputLine(float[] x, int a0, int a1, int a2, int a3, int a4, int a5, float[] out, int at,
            int step) {
        FloatVector d0 = FloatVector.fromArray(F, x, a0);
        FloatVector d1 = FloatVector.fromArray(F, x, a1);
        FloatVector d2 = FloatVector.fromArray(F, x, a2);
        FloatVector d3 = FloatVector.fromArray(F, x, a3);
        FloatVector d4 = FloatVector.fromArray(F, x, a4);
        FloatVector d5 = FloatVector.fromArray(F, x, a5);
        FloatVector evenP = MINUS_Q2.fma(d2, d4);
        FloatVector oddP = MINUS_Q2.fma(d1, d3);
        FloatVector evenQ = MINUS_P2.fma(d2, d4);
        FloatVector oddQ = MINUS_P2.fma(d1, d3);
        MINUS_SUM.fma(d2, PRODUCT.fma(d0, d4)).intoArray(out, at);
        P.fma(oddP, evenP).intoArray(out, at + step);
        MINUS_P.fma(oddP, evenP).intoArray(out, at + 2 * step);
        Q.fma(oddQ, evenQ).intoArray(out, at + 3 * step);
        MINUS_Q.fma(oddQ, evenQ).intoArray(out, at + 4 * step);
        MINUS_SUM.fma(d3, PRODUCT.fma(d1, d5)).intoArray(out, at + 5 * step);
    }

    static void transformOutput(float[] m, int mAt, int step, int channels, float[] bias, float[] residual, float[] out,
            int outAt, int rowStride, int rows, int cols) {
        for (int c = 0; c < channels; c += LANES) {
            for (int j = 0; j < POINTS; j++) outputColumn(m, mAt + j * step + c, POINTS * step);
            for (int i = 0; i < rows; i++) {
                outputRow(m, mAt + i * POINTS * step + c, step, channels, bias, c, residual, out,
                        outAt + i * rowStride + c, cols);
            }
        }
    }

    /// One column through Aᵀ, in place.
    private static void outputColumn(float[] m, int at, int step) {
        FloatVector m1 = FloatVector.fromArray(F, m, at + step);
        FloatVector m2 = FloatVector.fromArray(F, m, at + 2 * step);
        FloatVector m3 = FloatVector.fromArray(F, m, at + 3 * step);
        FloatVector m4 = FloatVector.fromArray(F, m, at + 4 * step);
        FloatVector m5 = FloatVector.fromArray(F, m, at + 5 * step);
        FloatVector sumP = m1.add(m2);
        FloatVector differenceP = m1.sub(m2);
        FloatVector sumQ = m3.add(m4);
        FloatVector differenceQ = m3.sub(m4);
        FloatVector.fromArray(F, m, at).add(sumP).add(sumQ).intoArray(m, at);
        Q.fma(differenceQ, P.mul(differenceP)).intoArray(m, at + step);
        Q2.fma(sumQ, P2.mul(sumP)).intoArray(m, at + 2 * step);
        Q3.fma(differenceQ, P3.fma(differenceP, m5)).intoArray(m, at + 3 * step);
    }

    /// One row through Aᵀ, with bias and residual, into at most four pixels.
    private static void outputRow(float[] m, int at, int step, int channels, float[] bias, int c, float[] residual,
            float[] out, int outAt, int cols) {
        FloatVector m1 = FloatVector.fromArray(F, m, at + step);
        FloatVector m2 = FloatVector.fromArray(F, m, at + 2 * step);
        FloatVector m3 = FloatVector.fromArray(F, m, at + 3 * step);
        FloatVector m4 = FloatVector.fromArray(F, m, at + 4 * step);
        FloatVector m5 = FloatVector.fromArray(F, m, at + 5 * step);
        FloatVector sumP = m1.add(m2);
        FloatVector differenceP = m1.sub(m2);
        FloatVector sumQ = m3.add(m4);
        FloatVector differenceQ = m3.sub(m4);
        FloatVector y0 = FloatVector.fromArray(F, m, at).add(sumP).add(sumQ);
        FloatVector y1 = Q.fma(differenceQ, P.mul(differenceP));
        FloatVector y2 = Q2.fma(sumQ, P2.mul(sumP));
        FloatVector y3 = Q3.fma(differenceQ, P3.fma(differenceP, m5));
        if (bias != null) {
            FloatVector b = FloatVector.fromArray(F, bias, c);
            y0 = y0.add(b);
            y1 = y1.add(b);
            y2 = y2.add(b);
            y3 = y3.add(b);
        }
        if (residual != null) {
            y0 = y0.add(FloatVector.fromArray(F, residual, outAt));
            if (cols > 1) y1 = y1.add(FloatVector.fromArray(F, residual, outAt + channels));
            if (cols > 2) y2 = y2.add(FloatVector.fromArray(F, residual, outAt + 2 * channels));
            if (cols > 3) y3 = y3.add(FloatVector.fromArray(F, residual, outAt + 3 * channels));
        }
        y0.intoArray(out, outAt);
        if (cols > 1) y1.intoArray(out, outAt + channels);
        if (cols > 2) y2.intoArray(out, outAt + 2 * channels);
        if (cols > 3) y3.intoArray(out, outAt + 3 * channels);
    }
}
