package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/// Layer norm and softmax with the Vector API, reduced through the same 16 virtual lanes as the scalar twin.
///
/// Lanes beyond the end of a row add +0, which changes no bits: a lane starts at +0 and therefore never is -0.
final class NormsVector {
    /// Turns a vector by half of 8, 4 and 2 lanes: the lower levels of the tree.
    private static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(F, Math.min(4, LANES / 2), 1, true);
    private static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(F, 2, 1, true);
    private static final VectorShuffle<Float> BY_1 = VectorShuffle.iota(F, 1, 1, true);
    private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(F, LANES / 2, 1, true);

    private NormsVector() {}

    static void layerNorm(float[] x, int xAt, int n, float[] scale, float[] bias, float eps, float[] out, int outAt) {
        float mean = sum(x, xAt, n) / n;
        float factor = (float) (1.0 / Math.sqrt(sumOfSquares(x, xAt, n, mean) / n + eps));
        int i = 0;
        for (; i + LANES <= n; i += LANES) {
            FloatVector y = FloatVector.fromArray(F, x, xAt + i).sub(mean).mul(factor);
            if (scale != null) y = y.mul(FloatVector.fromArray(F, scale, i));
            if (bias != null) y = y.add(FloatVector.fromArray(F, bias, i));
            y.intoArray(out, outAt + i);
        }
        for (; i < n; i++) {
            float y = (x[xAt + i] - mean) * factor;
            if (scale != null) y *= scale[i];
            if (bias != null) y += bias[i];
            out[outAt + i] = y;
        }
    }

    static void softmaxInPlace(float[] x, int xAt, int n) {
        float max = max(x, xAt, n);
        int i = 0;
        for (; i + LANES <= n; i += LANES) {
            PointwiseVector.exp(FloatVector.fromArray(F, x, xAt + i).sub(max)).intoArray(x, xAt + i);
        }
        for (; i < n; i++) x[xAt + i] = Exp.exp(x[xAt + i] - max);
        float sum = sum(x, xAt, n);
        for (i = 0; i + LANES <= n; i += LANES) FloatVector.fromArray(F, x, xAt + i).div(sum).intoArray(x, xAt + i);
        for (; i < n; i++) x[xAt + i] /= sum;
    }

    private static float max(float[] x, int xAt, int n) {
        float max = Float.NEGATIVE_INFINITY;
        int i = 0;
        if (n >= LANES) {
            FloatVector most = FloatVector.fromArray(F, x, xAt);
            for (i = LANES; i + LANES <= n; i += LANES) most = most.max(FloatVector.fromArray(F, x, xAt + i));
            max = most.reduceLanes(VectorOperators.MAX);
        }
        for (; i < n; i++) max = Math.max(max, x[xAt + i]);
        return max;
    }

    /// Adds element i into virtual lane i % 16.
    private static float sum(float[] x, int xAt, int n) {
        FloatVector s0 = lanes(x, xAt, n, 0);
        if (LANES == 16) return tree(s0);
        FloatVector s1 = lanes(x, xAt, n, LANES);
        if (LANES == 8) return tree(s0.add(s1));
        return tree(s0.add(lanes(x, xAt, n, 8)).add(s1.add(lanes(x, xAt, n, 12))));
    }

    private static FloatVector lanes(float[] x, int xAt, int n, int lane) {
        FloatVector sum = FloatVector.zero(F);
        int i = lane;
        for (; i + LANES <= n; i += Lanes.COUNT) sum = sum.add(FloatVector.fromArray(F, x, xAt + i));
        return sum.add(FloatVector.fromArray(F, x, xAt + i, F.indexInRange(i, n)));
    }

    private static float sumOfSquares(float[] x, int xAt, int n, float mean) {
        FloatVector s0 = squares(x, xAt, n, 0, mean);
        if (LANES == 16) return tree(s0);
        FloatVector s1 = squares(x, xAt, n, LANES, mean);
        if (LANES == 8) return tree(s0.add(s1));
        return tree(s0.add(squares(x, xAt, n, 8, mean)).add(s1.add(squares(x, xAt, n, 12, mean))));
    }

    private static FloatVector squares(float[] x, int xAt, int n, int lane, float mean) {
        FloatVector sum = FloatVector.zero(F);
        int i = lane;
        for (; i + LANES <= n; i += Lanes.COUNT) {
            FloatVector centred = FloatVector.fromArray(F, x, xAt + i).sub(mean);
            sum = centred.fma(centred, sum);
        }
        VectorMask<Float> rest = F.indexInRange(i, n);
        FloatVector centred = FloatVector.fromArray(F, x, xAt + i, rest).sub(mean, rest); // +0 beyond the end
        return centred.fma(centred, sum);
    }

    /// The tree of [Lanes#sum] below the level where the machine's vectors are whole.
    private static float tree(FloatVector sums) {
        FloatVector s = sums;
        if (LANES == 16) s = s.add(s.rearrange(BY_8));
        if (LANES >= 8) s = s.add(s.rearrange(BY_4));
        s = s.add(s.rearrange(BY_2));
        return s.add(s.rearrange(BY_1)).lane(0);
    }
}
