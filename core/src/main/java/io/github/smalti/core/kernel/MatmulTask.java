package io.github.smalti.core.kernel;

import static io.github.smalti.core.kernel.Species.F;
import static io.github.smalti.core.kernel.Species.LANES;
import static io.github.smalti.core.kernel.Species.VECTORS_PER_PANEL;

import io.github.smalti.core.PackedMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
    /// Vectors before this one have all their columns.
    final int fullVectors;
    private final int xAt;
    private final int xSegmentStride;
    private final long panelBytes;
    private final long scalesAt;
    private final int columns;
    private final float[] bias;
    final float[] out;
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
        this.scalesAt = w.scalesAt();
        this.columns = w.columns();
        this.firstVector = firstPanel * VECTORS_PER_PANEL;
        this.endVector = endPanel * VECTORS_PER_PANEL;
        this.fullVectors = columns / LANES;
        this.bias = bias;
        this.out = out;
        this.outAt = outAt;
        this.outRowStride = outRowStride;
    }

    /// Byte offset of the weights of a column vector at k = 0.
    ///
    /// The byte that is read and left out again costs nothing when compiled, but marks the method that it is compiled into
    /// as one that may meet a mapped file which was cut: without it the JVM would not turn the fault of a vector's load
    /// into an error, but die.
    long weightAt(int vector) {
        long at = vector / VECTORS_PER_PANEL * panelBytes + vector % VECTORS_PER_PANEL * LANES * 4L;
        return at | w.get(ValueLayout.JAVA_BYTE, at) & 0;
    }

    /// Byte offset of the scales of a column vector.
    long scaleAt(int vector) { return scalesAt + vector * LANES * 4L; }

    int inputAt(int row, int segment) { return xAt + row * xRowStride + segment * xSegmentStride; }

    int outputAt(int row, int vector) { return outAt + row * outRowStride + vector * LANES; }

    /// Stores the columns that there are of a vector at the right edge.
    ///
    /// Whole vectors are stored by the tiles themselves: sums that are passed to a call would go through the heap.
    void storeTail(FloatVector sums, int row, int vector) {
        int at = outputAt(row, vector);
        for (int lane = 0; lane < columns - vector * LANES; lane++) out[at + lane] = sums.lane(lane);
    }

    /// Adds the bias to the outputs of a number of column vectors, while they are near.
    void addBias(int first, int count) {
        if (bias == null) return;
        for (int vector = first; vector < first + count; vector++) {
            if (vector < fullVectors) {
                addBias(vector);
            } else {
                addBiasToTail(vector);
            }
        }
    }

    private void addBias(int vector) {
        FloatVector add = FloatVector.fromArray(F, bias, vector * LANES);
        for (int row = 0, at = outputAt(0, vector); row < rows; row++, at += outRowStride) {
            FloatVector.fromArray(F, out, at).add(add).intoArray(out, at);
        }
    }

    private void addBiasToTail(int vector) {
        for (int row = 0; row < rows; row++) {
            int at = outputAt(row, vector);
            for (int column = vector * LANES; column < columns; column++) out[at++] += bias[column];
        }
    }
}
