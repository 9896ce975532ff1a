package io.github.smalti.core;

import static io.github.smalti.core.PackedMatrix.PANEL;

import io.github.smalti.core.kernel.Kernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Fills a [PackedMatrix] from stored tensors, panel by panel; panels do not depend on each other.
///
/// Two orders of reading, each along the stored rows:
///
/// | stored | read as |
/// |---|---|
/// | (inputs, outputs), as Flax does | the outputs of many panels for one k: a row of the file |
/// | anything else, above all (outputs, inputs) of PyTorch | the 16 outputs of one panel one after another, then turned |
///
/// [Kernels#packGroup] makes what lies behind each other in memory of one, two or four k.
final class MatrixPacker {
    /// Outputs that are read together: 2 KiB of float32 and 64 panels, few enough for their pages' translations.
    private static final int STRIP = 512;
    /// Columns of smaller weights than this are taken as zeros: 127 divided by less may be infinite.
    private static final float SMALLEST = 0x1p-100f;

    private final Kernels kernels;
    private final PackedMatrix matrix;
    private final TensorView[] parts;
    private final int depth;
    private final int group;

    MatrixPacker(Kernels kernels, PackedMatrix matrix, TensorView... parts) {
        this.kernels = kernels;
        this.matrix = matrix;
        this.parts = parts;
        this.depth = matrix.depth();
        this.group = switch (matrix.precision()) {
            case F32 -> 1;
            case BF16 -> 2;
            case INT8 -> 4;
        };
    }

    /// Packs with all threads of a team.
    void packOn(Team team) {
        int panels = matrix.panels();
        team.run((part, count) -> pack(panels * part / count, panels * (part + 1) / count));
    }

    /// Packs some panels on the calling thread.
    void pack(int firstPanel, int endPanel) {
        float[] rows = new float[group * STRIP];
        for (int panel = firstPanel; panel < endPanel;) {
            int column = panel * PANEL;
            int index = partOf(column);
            int from = column - firstColumn(index);
            int left = Math.min(endPanel * PANEL - column, (int) parts[index].size(0) - from);
            int strip = Math.min(STRIP, left / PANEL * PANEL);
            if (parts[index].rank() == 2 && parts[index].stride(0) == 1 && strip > 0) {
                packStrip(parts[index].slice(0, from, from + strip).permute(1, 0), panel, strip, rows);
                panel += strip / PANEL;
            } else {
                packPanel(panel++, rows);
            }
        }
    }

    private int partOf(int column) {
        int index = 0;
        for (long end = parts[0].size(0); column >= end; end += parts[index].size(0)) index++;
        return index;
    }

    private int firstColumn(int index) {
        int first = 0;
        for (int i = 0; i < index; i++) first += (int) parts[i].size(0);
        return first;
    }

    /// Packs whole panels from rows that hold their columns side by side.
    private void packStrip(TensorView byK, int panel, int columns, float[] rows) {
        float[] steps = null;
        if (matrix.precision() == Precision.INT8) {
            float[] largest = new float[columns];
            for (int k = 0; k < depth; k++) {
                byK.copyRow(k, rows, 0);
                for (int i = 0; i < columns; i++) largest[i] = Math.max(largest[i], Math.abs(rows[i]));
            }
            steps = putScales(largest, panel);
        }
        long at = panel * matrix.panelElements() * 4;
        for (int k = 0; k < depth; k += group, at += PANEL * 4) {
            int count = Math.min(group, depth - k);
            for (int j = 0; j < count; j++) byK.copyRow(k + j, rows, j * STRIP);
            put(rows, count, steps, columns, at);
        }
    }

    /// Packs one panel from the 16 lines of its columns.
    private void packPanel(int panel, float[] rows) {
        float[] lines = new float[PANEL * depth];
        float[] largest = new float[PANEL];
        for (int lane = 0; lane < PANEL && panel * PANEL + lane < matrix.columns(); lane++) {
            int index = partOf(panel * PANEL + lane);
            TensorView line = parts[index].select(0, panel * PANEL + lane - firstColumn(index));
            line.copyTo(lines, lane * depth);
            for (int k = lane * depth; k < (lane + 1) * depth; k++) {
                largest[lane] = Math.max(largest[lane], Math.abs(lines[k]));
            }
        }
        float[] steps = matrix.precision() == Precision.INT8 ? putScales(largest, panel) : null;
        long at = panel * matrix.panelElements() * 4;
        for (int from = 0; from < depth; from += matrix.segmentLength()) {
            int end = from + matrix.segmentLength();
            for (int k = from; k < end; k += group, at += PANEL * 4) {
                int count = Math.min(group, end - k);
                for (int j = 0; j < count; j++) {
                    for (int lane = 0; lane < PANEL; lane++) rows[j * STRIP + lane] = lines[lane * depth + k + j];
                }
                put(rows, count, steps, PANEL, at);
            }
        }
    }

    private void put(float[] rows, int count, float[] steps, int columns, long at) {
        kernels.packGroup(matrix.precision(), rows, STRIP, count, steps, columns, matrix.data(), at,
                matrix.panelElements() * 4);
    }

    /// Stores the scales of columns with these largest magnitudes; NaN where a weight is no finite number.
    ///
    /// @return for each column how many steps a weight of 1 is
    private float[] putScales(float[] largest, int panel) {
        float[] steps = new float[largest.length];
        float[] scales = new float[largest.length];
        for (int i = 0; i < largest.length; i++) {
            if (largest[i] < SMALLEST) continue;
            steps[i] = 127 / largest[i];
            scales[i] = largest[i] < Float.POSITIVE_INFINITY ? largest[i] / 127 * 0x1p-24f : Float.NaN;
        }
        MemorySegment.copy(scales, 0, matrix.data(), ValueLayout.JAVA_FLOAT, matrix.scalesAt() + panel * PANEL * 4L,
                scales.length);
        return steps;
    }
}
