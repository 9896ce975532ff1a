package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Elementwise operations with the Vector API.
///
/// Every activation has a loop of its own: a call that chose one per vector would be too large for the compiler to put
/// into its callers' loops, and vectors that pass through calls go through the heap.
final class PointwiseVector {
    private PointwiseVector() {}

    static void activateInPlace(Activation activation, float[] x, int xAt, int n) {
        int end = xAt + n / LANES * LANES;
        switch (activation) {
            case IDENTITY -> {}
            case GELU -> geluInPlace(x, xAt, end);
            case GELU_TANH -> geluTanhInPlace(x, xAt, end);
            case QUICK_GELU -> quickGeluInPlace(x, xAt, end);
            case SWISH -> swishInPlace(x, xAt, end);
            case RELU -> reluInPlace(x, xAt, end);
        }
        for (int i = end; i < xAt + n; i++) x[i] = activation.apply(x[i]);
    }

    private static void geluInPlace(float[] x, int from, int end) {
        for (int i = from; i < end; i += LANES) {
            FloatVector v = FloatVector.fromArray(F, x, i);
            v.mul(0.5f).mul(erf(v.mul(Erf.SQRT_HALF)).add(1f)).intoArray(x, i);
        }
    }

    private static void geluTanhInPlace(float[] x, int from, int end) {
        for (int i = from; i < end; i += LANES) {
            FloatVector v = FloatVector.fromArray(F, x, i);
            FloatVector u = v
                    .mul(v.mul(Activation.GELU_TANH_CUBE).fma(v, constant(1f)).mul(-Activation.GELU_TANH_FACTOR));
            v.div(exp(u).add(1f)).intoArray(x, i);
        }
    }

    private static void quickGeluInPlace(float[] x, int from, int end) {
        for (int i = from; i < end; i += LANES) {
            FloatVector v = FloatVector.fromArray(F, x, i);
            v.div(exp(v.mul(-Activation.QUICK_GELU_FACTOR)).add(1f)).intoArray(x, i);
        }
    }

    private static void swishInPlace(float[] x, int from, int end) {
        for (int i = from; i < end; i += LANES) {
            FloatVector v = FloatVector.fromArray(F, x, i);
            v.div(exp(v.neg()).add(1f)).intoArray(x, i);
        }
    }

    private static void reluInPlace(float[] x, int from, int end) {
        for (int i = from; i < end; i += LANES) FloatVector.fromArray(F, x, i).max(0f).intoArray(x, i);
    }

    static void gate(Activation activation, float[] gate, int gateAt, float[] value, int valueAt, int n, float[] out,
            int outAt) {
        System.arraycopy(gate, gateAt, out, outAt, n);
        activateInPlace(activation, out, outAt, n);
        int i = 0;
        for (; i + LANES <= n; i += LANES) {
            FloatVector.fromArray(F, out, outAt + i).mul(FloatVector.fromArray(F, value, valueAt + i)).intoArray(out,
                    outAt + i);
        }
        for (; i < n; i++) out[outAt + i] *= value[valueAt + i];
    }

    static void scaleChannels(float[] x, int xAt, int rows, int channels, float[] factor, float[] summand,
            Activation activation, float[] out, int outAt) {
        for (int row = 0; row < rows; row++) {
            int base = row * channels;
            int c = 0;
            for (; c + LANES <= channels; c += LANES) {
                FloatVector.fromArray(F, x, xAt + base + c)
                        .fma(FloatVector.fromArray(F, factor, c), FloatVector.fromArray(F, summand, c))
                        .intoArray(out, outAt + base + c);
            }
            for (; c < channels; c++) out[outAt + base + c] = Math.fma(x[xAt + base + c], factor[c], summand[c]);
            activateInPlace(activation, out, outAt + base, channels); // while the row lies in the nearest cache
        }
    }

    /// The vector twin of [Exp#exp].
    static FloatVector exp(FloatVector x) {
        FloatVector clamped = x.max(Exp.LOWEST).min(Exp.HIGHEST);
        FloatVector rounded = fma(clamped, Exp.LOG2_E, Exp.ROUND);
        FloatVector n = rounded.sub(Exp.ROUND);
        FloatVector r = n.fma(constant(-Exp.LN2_LOW), n.fma(constant(-Exp.LN2_HIGH), clamped));
        FloatVector p = r.fma(constant(Exp.C6), constant(Exp.C5));
        p = p.fma(r, constant(Exp.C4));
        p = p.fma(r, constant(Exp.C3));
        p = p.fma(r, constant(Exp.C2));
        p = p.fma(r, constant(1f)).fma(r, constant(1f));
        FloatVector power = rounded.reinterpretAsInts().sub(Exp.ROUND_BITS).add(127)
                .lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
        return p.mul(power);
    }

    /// The vector twin of [Erf#erf].
    private static FloatVector erf(FloatVector x) {
        FloatVector c = x.max(-Erf.LIMIT).min(Erf.LIMIT);
        FloatVector s = c.mul(c);
        FloatVector p = s.fma(constant(Erf.P6), constant(Erf.P5));
        p = p.fma(s, constant(Erf.P4));
        p = p.fma(s, constant(Erf.P3));
        p = p.fma(s, constant(Erf.P2));
        p = p.fma(s, constant(Erf.P1));
        p = p.fma(s, constant(Erf.P0)).mul(c);
        FloatVector q = s.fma(constant(Erf.Q4), constant(Erf.Q3));
        q = q.fma(s, constant(Erf.Q2));
        q = q.fma(s, constant(Erf.Q1));
        q = q.fma(s, constant(Erf.Q0));
        return p.div(q);
    }

    private static FloatVector fma(FloatVector a, float b, float c) { return a.fma(constant(b), constant(c)); }

    private static FloatVector constant(float value) { return FloatVector.broadcast(F, value); }
}
