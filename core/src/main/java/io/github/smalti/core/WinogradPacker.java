package io.github.smalti.core;

import static io.github.smalti.core.PackedMatrix.PANEL;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Fills one [PackedMatrix] per Winograd frequency from the kernels of a 3×3 convolution, some panels at a time.
///
/// Takes 16 outputs of one input at once, in loops over arrays that the compiler turns into vectors by itself.
final class WinogradPacker {
    private static final int TAPS = 3;
    /// Outputs that are read together: long pieces of the file, 1.2 MB of floats for 512 inputs.
    private static final int WIDE = 64;

    private final TensorView kernel;
    private final double[][] transform;
    private final PackedMatrix[] matrices;
    private final int inputs;

    /// @param kernel    (outputs, inputs, 3, 3), outputs in whole panels
    /// @param transform (points, 3)
    /// @param matrices  points² of them
    WinogradPacker(TensorView kernel, double[][] transform, PackedMatrix[] matrices) {
        this.kernel = kernel;
        this.transform = transform;
        this.matrices = matrices;
        this.inputs = Math.toIntExact(kernel.size(1));
    }

    void packOn(Team team) {
        int outputs = Math.toIntExact(kernel.size(0));
        team.run((outputs + WIDE - 1) / WIDE, (block, _) -> pack(block * WIDE, Math.min(outputs, (block + 1) * WIDE)));
    }

    private void pack(int from, int end) {
        int columns = end - from;
        float[] weights = kernel.slice(0, from, end).permute(1, 2, 3, 0).toFloats(); // (inputs, 3, 3, columns)
        double[] sums = new double[TAPS * PANEL];
        float[] frequency = new float[PANEL];
        for (int input = 0; input < inputs; input++) {
            for (int column = 0; column < columns; column += PANEL) {
                int at = input * TAPS * TAPS * columns + column;
                for (int row = 0; row < transform.length; row++) {
                    transformColumns(weights, at, columns, transform[row], sums);
                    for (int col = 0; col < transform.length; col++) {
                        transformRow(sums, transform[col], frequency);
                        put(frequency, matrices[row * transform.length + col], from + column, input);
                    }
                }
            }
        }
    }

    /// One row of `transform · kernel` for 16 outputs: `sums[col][output]`.
    private static void transformColumns(float[] weights, int at, int step, double[] t, double[] sums) {
        for (int col = 0; col < TAPS; col++) {
            int k0 = at + col * step;
            int k1 = k0 + TAPS * step;
            int k2 = k1 + TAPS * step;
            for (int i = 0; i < PANEL; i++) {
                sums[col * PANEL + i] = t[0] * weights[k0 + i] + t[1] * weights[k1 + i] + t[2] * weights[k2 + i];
            }
        }
    }

    /// One number of that row times `transformᵀ`, for 16 outputs.
    private static void transformRow(double[] sums, double[] t, float[] frequency) {
        for (int i = 0; i < PANEL; i++) {
            double first = 0 + t[0] * sums[i]; // -0 becomes 0
            frequency[i] = (float) (first + t[1] * sums[PANEL + i] + t[2] * sums[2 * PANEL + i]);
        }
    }

    private static void put(float[] frequency, PackedMatrix matrix, int column, int input) {
        long at = (column / PANEL * matrix.panelElements() + (long) input * PANEL) * Float.BYTES;
        MemorySegment.copy(frequency, 0, matrix.data(), ValueLayout.JAVA_FLOAT, at, PANEL);
    }
}
