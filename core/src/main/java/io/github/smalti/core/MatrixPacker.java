package io.github.smalti.core;

import static io.github.smalti.core.PackedMatrix.PANEL;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Fills a [PackedMatrix] from stored tensors, some panels at a time; panels do not depend on each other.
///
/// Two orders of reading, each along the stored rows:
///
/// | stored | read as |
/// |---|---|
/// | (inputs, outputs), as Flax does | the outputs of many panels for one k: a row of the file |
/// | anything else, above all (outputs, inputs) of PyTorch | the outputs of few panels one after another, then turned |
///
/// The methods are short for the sake of a new process: in one piece they cost the compiler 0.2 s, twice.
final class MatrixPacker {
    /// Outputs of one row of the file that are packed together: 32 panels.
    private static final int WIDE = 512;
    /// Outputs that are turned together: 4 panels, 256 KiB for 1,024 inputs.
    private static final int NARROW = 64;
    /// Columns of smaller weights than this are taken as zeros: 127 divided by less may be infinite.
    private static final float SMALLEST = 0x1p-100f;

    private final PackedMatrix matrix;
    private final TensorView[] parts;
    private final int depth;
    /// Neighbouring k that share an element of the packed matrix.
    private final int group;

    MatrixPacker(PackedMatrix matrix, TensorView... parts) {
        this.matrix = matrix;
        this.parts = new TensorView[parts.length];
        for (int i = 0; i < parts.length; i++) this.parts[i] = parts[i].withOneTail();
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
        var rows = new WeightRows(matrix.precision(), WIDE);
        for (int panel = firstPanel; panel < endPanel;) {
            int column = panel * PANEL;
            int index = partOf(column);
            int from = column - firstColumn(index);
            int whole = Math.min((endPanel - panel) * PANEL, ((int) parts[index].size(0) - from) / PANEL * PANEL);
            int columns = Math.min(WIDE, whole);
            if (columns > 0 && parts[index].rank() == 2 && parts[index].stride(0) == 1) {
                packRows(parts[index].slice(0, from, from + columns).permute(1, 0), panel, columns, rows);
            } else {
                columns = Math.min(NARROW, (endPanel - panel) * PANEL);
                packLines(panel, columns, rows);
            }
            panel += columns / PANEL;
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
    private void packRows(TensorView byK, int panel, int columns, WeightRows rows) {
        if (matrix.precision() == Precision.INT8) {
            float[] row = rows.row(0);
            float[] largest = new float[columns];
            for (int k = 0; k < depth; k++) {
                byK.copyRow(k, row, 0);
                for (int i = 0; i < columns; i++) largest[i] = Math.max(largest[i], Math.abs(row[i]));
            }
            putScales(largest, panel, rows.steps());
        }
        for (int element = 0; element < elements(); element++) {
            int k = firstK(element);
            int count = countK(element);
            for (int j = 0; j < count; j++) byK.copyRow(k + j, rows.row(j), 0);
            put(rows.pack(count, columns), columns, panel, element);
        }
    }

    /// Packs panels from the lines of their columns.
    private void packLines(int panel, int columns, WeightRows rows) {
        int stride = depth + PANEL; // neighbouring lines lie in different sets of the cache
        float[] lines = new float[columns * stride];
        for (int i = 0; i < columns && panel * PANEL + i < matrix.columns(); i++) {
            int index = partOf(panel * PANEL + i);
            parts[index].select(0, panel * PANEL + i - firstColumn(index)).copyTo(lines, i * stride);
        }
        if (matrix.precision() == Precision.INT8) putScales(largest(lines, columns), panel, rows.steps());
        for (int element = 0; element < elements(); element++) {
            int k = firstK(element);
            int count = countK(element);
            for (int j = 0; j < count; j++) turn(lines, k + j, stride, rows.row(j), columns);
            put(rows.pack(count, columns), columns, panel, element);
        }
    }

    private float[] largest(float[] lines, int columns) {
        int stride = lines.length / columns;
        float[] largest = new float[columns];
        for (int i = 0; i < columns; i++) {
            for (int k = i * stride; k < i * stride + depth; k++) {
                largest[i] = Math.max(largest[i], Math.abs(lines[k]));
            }
        }
        return largest;
    }

    /// Takes one number of every line.
    private static void turn(float[] lines, int from, int stride, float[] row, int columns) {
        for (int i = 0, at = from; i < columns; i++, at += stride) row[i] = lines[at];
    }

    /// Elements that the packed matrix has for a column.
    private int elements() { return matrix.segments() * elementsOfSegment(); }

    private int elementsOfSegment() { return (matrix.segmentLength() + group - 1) / group; }

    /// The first k that an element holds.
    private int firstK(int element) {
        int each = elementsOfSegment();
        return element / each * matrix.segmentLength() + element % each * group;
    }

    /// How many k an element holds.
    private int countK(int element) {
        return Math.min(group, matrix.segmentLength() - element % elementsOfSegment() * group);
    }

    private void put(int[] packed, int columns, int panel, int element) {
        long panelBytes = matrix.panelElements() * 4;
        long at = panel * panelBytes + element * (PANEL * 4L);
        for (int i = 0; i < columns; i += PANEL, at += panelBytes) {
            MemorySegment.copy(packed, i, matrix.data(), ValueLayout.JAVA_INT, at, PANEL);
        }
    }

    /// Stores the scales of columns with these largest magnitudes; NaN where a weight is no finite number.
    ///
    /// @param steps receives for each column how many steps a weight of 1 is
    private void putScales(float[] largest, int panel, float[] steps) {
        float[] scales = new float[largest.length];
        for (int i = 0; i < largest.length; i++) {
            boolean empty = largest[i] < SMALLEST;
            steps[i] = empty ? 0 : 127 / largest[i];
            if (!empty) scales[i] = largest[i] < Float.POSITIVE_INFINITY ? largest[i] / 127 * 0x1p-24f : Float.NaN;
        }
        MemorySegment.copy(scales, 0, matrix.data(), ValueLayout.JAVA_FLOAT, matrix.scalesAt() + panel * PANEL * 4L,
                scales.length);
    }
}
