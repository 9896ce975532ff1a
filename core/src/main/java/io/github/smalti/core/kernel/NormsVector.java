package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Layer norm and softmax with the Vector API, reduced through the same 16 virtual lanes as the scalar twin.
final class NormsVector {
    private NormsVector() {}

    static void layerNorm(float[] x, int xAt, int n, float[] scale, float[] bias, float eps, float[] out, int outAt) {
        float[] lanes = new float[Lanes.COUNT];
        int blocks = n - n % Lanes.COUNT;
        for (int lane = 0; lane < Lanes.COUNT; lane += LANES) {
            FloatVector sum = FloatVector.zero(F);
            for (int i = lane; i < blocks; i += Lanes.COUNT) sum = sum.add(FloatVector.fromArray(F, x, xAt + i));
            sum.intoArray(lanes, lane);
        }
        for (int i = blocks; i < n; i++) lanes[i % Lanes.COUNT] += x[xAt + i];
        float mean = Lanes.sum(lanes) / n;

        for (int lane = 0; lane < Lanes.COUNT; lane += LANES) {
            FloatVector sum = FloatVector.zero(F);
            for (int i = lane; i < blocks; i += Lanes.COUNT) {
                FloatVector centred = FloatVector.fromArray(F, x, xAt + i).sub(mean);
                sum = centred.fma(centred, sum);
            }
            sum.intoArray(lanes, lane);
        }
        for (int i = blocks; i < n; i++) {
            float centred = x[xAt + i] - mean;
            lanes[i % Lanes.COUNT] = Math.fma(centred, centred, lanes[i % Lanes.COUNT]);
        }
        float factor = (float) (1.0 / Math.sqrt(Lanes.sum(lanes) / n + eps));

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
        float max = Float.NEGATIVE_INFINITY;
        int i = 0;
        if (n >= LANES) {
            FloatVector most = FloatVector.fromArray(F, x, xAt);
            for (i = LANES; i + LANES <= n; i += LANES) most = most.max(FloatVector.fromArray(F, x, xAt + i));
            max = most.reduceLanes(VectorOperators.MAX);
        }
        for (; i < n; i++) max = Math.max(max, x[xAt + i]);

        float[] lanes = new float[Lanes.COUNT];
        int blocks = n - n % Lanes.COUNT;
        for (int lane = 0; lane < Lanes.COUNT; lane += LANES) {
            FloatVector sum = FloatVector.zero(F);
            for (int j = lane; j < blocks; j += Lanes.COUNT) {
                FloatVector e = PointwiseVector.exp(FloatVector.fromArray(F, x, xAt + j).sub(max));
                e.intoArray(x, xAt + j);
                sum = sum.add(e);
            }
            sum.intoArray(lanes, lane);
        }
        for (int j = blocks; j < n; j++) {
            float e = Exp.exp(x[xAt + j] - max);
            x[xAt + j] = e;
            lanes[j % Lanes.COUNT] += e;
        }
        float sum = Lanes.sum(lanes);

        int j = 0;
        for (; j + LANES <= n; j += LANES) FloatVector.fromArray(F, x, xAt + j).div(sum).intoArray(x, xAt + j);
        for (; j < n; j++) x[xAt + j] /= sum;
    }
}
