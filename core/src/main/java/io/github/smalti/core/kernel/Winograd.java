package io.github.smalti.core.kernel;

/// Winograd's minimal filtering F(4×4, 3×3): the specification, and the scalar twin of [WinogradVector].
///
/// A tile of 4×4 outputs of a 3×3 convolution takes 36 products per pair of channels instead of 144:
/// `Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A` with the 6×6 inputs d and the kernel g. The matrices come from evaluating polynomials
/// at 0, ±p, ±q and infinity. Here p = 3/4 and q = 3/2: all constants of A and B are exact in float32, and rounding
/// errors are a third of those at the usual 1 and 2, less than twice those of direct sums (see `WinogradTest`).
///
/// Source: Lavin, Gray, "Fast algorithms for convolutional neural networks", arXiv 1509.09308; points: Barabasz et al.,
/// "Error analysis and improving the accuracy of Winograd convolution", arXiv 1803.10986.
public final class Winograd {
    /// Rows and columns of a tile of outputs.
    public static final int TILE = 4;
    /// Rows and columns of the inputs of a tile.
    public static final int POINTS = 6;
    /// Products per tile and pair of channels.
    public static final int FREQUENCIES = POINTS * POINTS;

    static final float P = 0.75f;
    static final float Q = 1.5f;
    static final float P2 = P * P;
    static final float Q2 = Q * Q;
    static final float P3 = P * P * P;
    static final float Q3 = Q * Q * Q;
    static final float SUM = P2 + Q2;
    static final float PRODUCT = P2 * Q2;

    private Winograd() {}

    /// The matrix G: how a kernel row turns into one number per point.
    ///
    /// @return (6, 3)
    public static double[][] kernelTransform() {
        double[] points = {0, P, -P, Q, -Q};
        double[][] g = new double[POINTS][];
        for (int i = 0; i < points.length; i++) {
            double divisor = 1;
            for (int j = 0; j < points.length; j++) { if (j != i) divisor *= points[i] - points[j]; }
            g[i] = new double[]{1 / divisor, points[i] / divisor, points[i] * points[i] / divisor};
        }
        g[POINTS - 1] = new double[]{0, 0, 1};
        return g;
    }

    static void transformInput(float[] x, int[] rowAt, int[] colAt, int channels, float[] out, int outAt, int step) {
        for (int c = 0; c < channels; c++) {
            for (int j = 0; j < POINTS; j++) {
                int at = colAt[j] + c;
                inputLine(x[rowAt[0] + at], x[rowAt[1] + at], x[rowAt[2] + at], x[rowAt[3] + at], x[rowAt[4] + at],
                        x[rowAt[5] + at], out, outAt + j * step + c, POINTS * step);
            }
            for (int i = 0; i < POINTS; i++) {
                int at = outAt + i * POINTS * step + c;
                inputLine(out[at], out[at + step], out[at + 2 * step], out[at + 3 * step], out[at + 4 * step],
                        out[at + 5 * step], out, at, step);
            }
        }
    }

    /// One line through Bᵀ.
    private static void inputLine(float d0, float d1, float d2, float d3, float d4, float d5, float[] out, int at,
            int step) {
        float evenP = Math.fma(-Q2, d2, d4);
        float oddP = Math.fma(-Q2, d1, d3);
        float evenQ = Math.fma(-P2, d2, d4);
        float oddQ = Math.fma(-P2, d1, d3);
        out[at] = Math.fma(-SUM, d2, Math.fma(PRODUCT, d0, d4));
        out[at + step] = Math.fma(P, oddP, evenP);
        out[at + 2 * step] = Math.fma(-P, oddP, evenP);
        out[at + 3 * step] = Math.fma(Q, oddQ, evenQ);
        out[at + 4 * step] = Math.fma(-Q, oddQ, evenQ);
        out[at + 5 * step] = Math.fma(-SUM, d3, Math.fma(PRODUCT, d1, d5));
    }

    static void transformOutput(float[] m, int mAt, int step, int channels, float[] bias, float[] residual, float[] out,
            int outAt, int rowStride, int rows, int cols) {
        float[] line = new float[TILE];
        for (int c = 0; c < channels; c++) {
            for (int j = 0; j < POINTS; j++) {
                int at = mAt + j * step + c;
                outputLine(m, at, POINTS * step, line);
                for (int i = 0; i < TILE; i++) m[at + i * POINTS * step] = line[i];
            }
            for (int i = 0; i < rows; i++) {
                outputLine(m, mAt + i * POINTS * step + c, step, line);
                for (int j = 0; j < cols; j++) {
                    int at = outAt + i * rowStride + j * channels + c;
                    float y = bias == null ? line[j] : line[j] + bias[c];
                    out[at] = residual == null ? y : y + residual[at];
                }
            }
        }
    }

    /// One line through Aᵀ.
    private static void outputLine(float[] m, int at, int step, float[] line) {
        float sumP = m[at + step] + m[at + 2 * step];
        float differenceP = m[at + step] - m[at + 2 * step];
        float sumQ = m[at + 3 * step] + m[at + 4 * step];
        float differenceQ = m[at + 3 * step] - m[at + 4 * step];
        line[0] = m[at] + sumP + sumQ;
        line[1] = Math.fma(Q, differenceQ, P * differenceP);
        line[2] = Math.fma(Q2, sumQ, P2 * sumP);
        line[3] = Math.fma(Q3, differenceQ, Math.fma(P3, differenceP, m[at + 5 * step]));
    }
}
