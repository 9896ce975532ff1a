package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Elementwise operations with the Vector API.
final class PointwiseVector {
    private PointwiseVector() {}

    static void activateInPlace(Activation activation, float[] x, int xAt, int n) {
        int i = xAt;
        for (; i + LANES <= xAt + n; i += LANES) apply(activation, FloatVector.fromArray(F, x, i)).intoArray(x, i);
        for (; i < xAt + n; i++) x[i] = activation.apply(x[i]);
    }

    static void gate(Activation activation, float[] gate, int gateAt, float[] value, int valueAt, int n, float[] out,
            int outAt) {
        int i = 0;
        for (; i + LANES <= n; i += LANES) {
            apply(activation, FloatVector.fromArray(F, gate, gateAt + i))
                    .mul(FloatVector.fromArray(F, value, valueAt + i)).intoArray(out, outAt + i);
        }
        for (; i < n; i++) out[outAt + i] = activation.apply(gate[gateAt + i]) * value[valueAt + i];
    }

    static void scaleChannels(float[] x, int xAt, int rows, int channels, float[] factor, float[] summand,
            Activation activation, float[] out, int outAt) {
        for (int row = 0; row < rows; row++) {
            int base = row * channels;
            int c = 0;
            for (; c + LANES <= channels; c += LANES) {
                FloatVector y = FloatVector.fromArray(F, x, xAt + base + c)
                        .fma(FloatVector.fromArray(F, factor, c), FloatVector.fromArray(F, summand, c));
                apply(activation, y).intoArray(out, outAt + base + c);
            }
            for (; c < channels; c++) {
                out[outAt + base + c] = activation.apply(Math.fma(x[xAt + base + c], factor[c], summand[c]));
            }
        }
    }

    static FloatVector apply(Activation activation, FloatVector x) {
        return switch (activation) {
            case IDENTITY -> x;
            case GELU -> x.mul(0.5f).mul(erf(x.mul(Erf.SQRT_HALF)).add(1f));
            case QUICK_GELU -> x.div(exp(x.mul(-Activation.QUICK_GELU_FACTOR)).add(1f));
            case SWISH -> x.div(exp(x.neg()).add(1f));
        };
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
