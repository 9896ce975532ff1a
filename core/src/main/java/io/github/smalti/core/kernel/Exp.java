package io.github.smalti.core.kernel;

/// e^x in float32, the same operations in the scalar and the vector twin; relative error below 1e-7.
///
/// x = n·ln 2 + r with n the nearest integer; e^r by a polynomial of degree 6, a Chebyshev fit of (e^r − 1 − r)/r² on
/// |r| ≤ ln 2 / 2; 2^n by setting the exponent. Arguments are clamped so that n stays in −126 … 127: results saturate
/// at 1.2e-38 and 1.7e38.
final class Exp {
    static final float LOWEST = -87.3f;
    static final float HIGHEST = 88f;
    static final float LOG2_E = 1.44269504f;
    /// 1.5 · 2^23: adding it leaves the nearest integer in the low bits of the mantissa.
    static final float ROUND = 12582912f;
    static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);
    /// ln 2 in two parts; n times the first is exact.
    static final float LN2_HIGH = 0.693359375f;
    static final float LN2_LOW = -2.12194440e-4f;
    static final float C2 = 0.5f;
    static final float C3 = 0.16666576266288757f;
    static final float C4 = 0.041666463017463684f;
    static final float C5 = 0.008363248780369759f;
    static final float C6 = 0.0013933753361925483f;

    private Exp() {}

    static float exp(float x) {
        float clamped = Math.min(Math.max(x, LOWEST), HIGHEST);
        float rounded = Math.fma(clamped, LOG2_E, ROUND);
        float n = rounded - ROUND;
        float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, clamped));
        float p = Math.fma(C6, r, C5);
        p = Math.fma(p, r, C4);
        p = Math.fma(p, r, C3);
        p = Math.fma(p, r, C2);
        p = Math.fma(Math.fma(p, r, 1f), r, 1f);
        int exponent = Float.floatToRawIntBits(rounded) - ROUND_BITS + 127;
        return p * Float.intBitsToFloat(exponent << 23);
    }
}
