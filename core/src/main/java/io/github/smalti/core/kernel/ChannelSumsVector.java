package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.LANES;

import jdk.incubator.vector.FloatVector;

/// Sums down the columns of a matrix with the Vector API: channels lie along the lanes, so each is summed in order.
///
/// Four vectors of channels at a time: their sums stay in registers, and their chains hide the latency of an addition.
final class ChannelSumsVector {
    private ChannelSumsVector() {}

    static void run(float[] x, int xAt, int rows, int channels, float[] centre, float[] sums) {
        int c = 0;
        for (; c + 4 * LANES <= channels; c += 4 * LANES) {
            if (centre == null) {
                sums(x, xAt + c, rows, channels, sums, c);
            } else {
                squares(x, xAt + c, rows, channels, centre, sums, c);
            }
        }
        ChannelSums.run(x, xAt, rows, channels, c, centre, sums);
    }

    private static void sums(float[] x, int xAt, int rows, int channels, float[] sums, int c) {
        FloatVector s0 = FloatVector.zero(F), s1 = s0, s2 = s0, s3 = s0;
        int at = xAt;
        for (int row = 0; row < rows; row++) {
            s0 = s0.add(FloatVector.fromArray(F, x, at));
            s1 = s1.add(FloatVector.fromArray(F, x, at + LANES));
            s2 = s2.add(FloatVector.fromArray(F, x, at + 2 * LANES));
            s3 = s3.add(FloatVector.fromArray(F, x, at + 3 * LANES));
            at += channels;
        }
        s0.intoArray(sums, c);
        s1.intoArray(sums, c + LANES);
        s2.intoArray(sums, c + 2 * LANES);
        s3.intoArray(sums, c + 3 * LANES);
    }

    private static void squares(float[] x, int xAt, int rows, int channels, float[] centre, float[] sums, int c) {
        FloatVector c0 = FloatVector.fromArray(F, centre, c);
        FloatVector c1 = FloatVector.fromArray(F, centre, c + LANES);
        FloatVector c2 = FloatVector.fromArray(F, centre, c + 2 * LANES);
        FloatVector c3 = FloatVector.fromArray(F, centre, c + 3 * LANES);
        FloatVector s0 = FloatVector.zero(F), s1 = s0, s2 = s0, s3 = s0;
        int at = xAt;
        for (int row = 0; row < rows; row++) {
            FloatVector d0 = FloatVector.fromArray(F, x, at).sub(c0);
            FloatVector d1 = FloatVector.fromArray(F, x, at + LANES).sub(c1);
            FloatVector d2 = FloatVector.fromArray(F, x, at + 2 * LANES).sub(c2);
            FloatVector d3 = FloatVector.fromArray(F, x, at + 3 * LANES).sub(c3);
            s0 = d0.fma(d0, s0);
            s1 = d1.fma(d1, s1);
            s2 = d2.fma(d2, s2);
            s3 = d3.fma(d3, s3);
            at += channels;
        }
        s0.intoArray(sums, c);
        s1.intoArray(sums, c + LANES);
        s2.intoArray(sums, c + 2 * LANES);
        s3.intoArray(sums, c + 3 * LANES);
    }
}
