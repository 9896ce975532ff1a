package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.LANES;
import static io.github.smalti.core.kernel.Species.VECTORS_PER_PANEL;

import io.github.smalti.core.PackedMatrix;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// The arguments of one part of a matrix product, and where things lie; columns are counted in vectors.
final class MatmulTask {
    final float[] x;
    final int xRowStride;
    final int rows;
    final MemorySegment w;
    final int segments;
    final int segmentLength;
    final int firstVector;
    final int endVector;
    private final int xAt;
    private final int xSegmentStride;
    private final long panelBytes;
    private final int columns;
    private final float[] bias;
    private final float[] out;
    private final int outAt;
    private final int outRowStride;

    MatmulTask(float[] x, int xAt, int xRowStride, int xSegmentStride, int rows, PackedMatrix w, float[] bias,
            int firstPanel, int endPanel, float[] out, int outAt, int outRowStride) {
        this.x = x;
        this.xAt = xAt;
        this.xRowStride = xRowStride;
        this.xSegmentStride = xSegmentStride;
        this.rows = rows;
        this.w = w.data();
        this.segments = w.segments();
        this.segmentLength = w.segmentLength();
        this.panelBytes = w.panelElements() * 4;
        this.columns = w.columns();
        this.firstVector = firstPanel * VECTORS_PER_PANEL;
        this.endVector = endPanel * VECTORS_PER_PANEL;
        this.bias = bias;
        this.out = out;
        this.outAt = outAt;
        this.outRowStride = outRowStride;
    }

    /// Byte offset of the weights of a column vector at k = 0.
    long weightAt(int vector) {
        return vector / VECTORS_PER_PANEL * panelBytes + vector % VECTORS_PER_PANEL * LANES * 4L;
    }

    int inputAt(int row, int segment) { return xAt + row * xRowStride + segment * xSegmentStride; }

    /// Adds the bias and stores as many lanes as there are columns.
    void store(FloatVector sums, int row, int vector) {
        int column = vector * LANES;
        int at = outAt + row * outRowStride + column;
        if (column + LANES <= columns) {
            FloatVector y = bias == null ? sums : sums.add(FloatVector.fromArray(F, bias, column));
            y.intoArray(out, at);
            return;
        }
        for (int lane = 0; lane < columns - column; lane++) {
            out[at + lane] = bias == null ? sums.lane(lane) : sums.lane(lane) + bias[column + lane];
        }
    }
}
