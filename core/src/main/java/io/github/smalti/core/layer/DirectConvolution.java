package io.github.smalti.core.layer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.PackedMatrix;

/// One convolution by its definition: every output row is a matrix product whose inputs are the pixel rows around it,
/// read in place.
///
/// A part is a band of rows and a few panels: the band's inputs stay in the second-level cache while panels pass.
///
/// @param compute  what to compute with
/// @param weight   packed by [PackedMatrix#packConvolution]
/// @param bias     one float per output, or null
/// @param kernel   1, 3 or 7
/// @param stride   1 or 2
/// @param in       (rows, cols, inputs)
/// @param residual null, or a map of the shape of out to add; may be out only if nothing else is read from it
/// @param out      (rows / stride, cols / stride, outputs)
record DirectConvolution(Compute compute, PackedMatrix weight, float[] bias, int kernel, int stride, FeatureMap in,
        FeatureMap residual, FeatureMap out) {
    /// Columns of a tile of the matrix product.
    private static final int PANELS_AT_ONCE = 4;
    /// Half of a second-level cache.
    private static final int BAND_FLOATS = 1 << 17;

    void run() {
        int bandRows = Math.clamp(BAND_FLOATS / ((long) stride * in.rowStride()), 1, out.rows());
        int bands = (out.rows() + bandRows - 1) / bandRows;
        int groups = (weight.panels() + PANELS_AT_ONCE - 1) / PANELS_AT_ONCE;
        compute.team().run(bands * groups, (part, _) -> {
            int from = part / groups * bandRows;
            int panel = part % groups * PANELS_AT_ONCE;
            int endPanel = Math.min(weight.panels(), panel + PANELS_AT_ONCE);
            for (int y = from; y < Math.min(out.rows(), from + bandRows); y++) row(y, panel, endPanel);
        });
    }

    private void row(int y, int panel, int endPanel) {
        int margin = stride == 1 ? kernel / 2 : 0;
        compute.kernels().matmul(in.data(), in.at(y * stride - margin, -margin), stride * in.channels(), in.rowStride(),
                out.cols(), weight, bias, panel, endPanel, out.data(), out.at(y, 0), out.channels());
        if (residual == null) return;
        int from = panel * PackedMatrix.PANEL;
        int to = Math.min(weight.columns(), endPanel * PackedMatrix.PANEL);
        for (int x = 0; x < out.cols(); x++) {
            int at = out.at(y, x);
            for (int i = at + from; i < at + to; i++) out.data()[i] += residual.data()[i];
        }
    }
}
