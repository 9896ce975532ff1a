package io.github.smalti.core.layer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.ShapeMismatchException;
import io.github.smalti.core.Team;

/// A fully connected layer `out = x · Wᵗ + b`.
///
/// | | shape |
/// |---|---|
/// | x | (rows, inputs) |
/// | out | (rows, outputs) |
///
/// Cost: 2 · rows · inputs · outputs FLOP; every weight is read once per call for up to eight rows. Thread-safe; the
/// memory of the weights belongs to whoever packed them.
public final class Linear {
    /// Panels of the widest register tile at 512 bits.
    private static final int TILE_PANELS = 4;
    /// Some 10 µs of reading by one core.
    private static final long PART_BYTES = 128 * 1024;
    /// Rows of one part, whole tiles of six or four: the threads end sooner together, and outputs stay near for the bias. The
    /// last part has up to twice as many, since weights that are met for fewer than 96 rows take 1.04 times as long.
    private static final int PART_ROWS = 96;

    private final Compute compute;
    private final PackedMatrix weight;
    private final float[] bias;

    /// Makes a layer.
    ///
    /// @param compute what to compute with
    /// @param weight  the packed weight
    /// @param bias    one float per output, or null
    public Linear(Compute compute, PackedMatrix weight, float[] bias) {
        this.compute = compute;
        this.weight = weight;
        this.bias = bias;
    }

    /// Length of an input row.
    public int inputs() { return weight.depth(); }

    /// Length of an output row.
    public int outputs() { return weight.columns(); }

    /// Computes the layer.
    ///
    /// @param x    inputs, (rows, inputs)
    /// @param rows number of rows
    /// @param out  outputs, (rows, outputs); must not be x
    /// @throws ShapeMismatchException if an array is too short
    public void forward(float[] x, int rows, float[] out) {
        ShapeMismatchException.requireAtLeast("inputs of a linear layer", (long) rows * inputs(), x);
        ShapeMismatchException.requireAtLeast("outputs of a linear layer", (long) rows * outputs(), out);
        forEachBlock(rows, (part, first, end) -> forwardRows(part, x, first, end, out));
    }

    /// Computes the layer and adds it to the residual stream: `sum += x · Wᵗ + b`. Whoever computes some columns also adds
    /// them, while they lie in its cache.
    ///
    /// @param x    inputs, (rows, inputs)
    /// @param rows number of rows
    /// @param out  scratch that holds the layer's outputs afterwards, (rows, outputs); must not be x
    /// @param sum  the residual stream, (rows, outputs); must be neither x nor out
    /// @throws ShapeMismatchException if an array is too short
    public void addTo(float[] x, int rows, float[] out, float[] sum) {
        ShapeMismatchException.requireAtLeast("inputs of a linear layer", (long) rows * inputs(), x);
        ShapeMismatchException.requireAtLeast("outputs of a linear layer", (long) rows * outputs(), out);
        ShapeMismatchException.requireAtLeast("residual stream of a linear layer", (long) rows * outputs(), sum);
        forEachBlock(rows, (part, first, end) -> {
            forwardRows(part, x, first, end, out);
            int column = firstOutput(part);
            int columns = firstOutput(part + 1) - column;
            for (int row = first; row < end; row++) addColumns(out, row * outputs() + column, columns, sum);
        });
    }

    private static void addColumns(float[] out, int at, int columns, float[] sum) {
        for (int i = at; i < at + columns; i++) sum[i] += out[i];
    }

    /// Some outputs of some rows.
    @FunctionalInterface
    private interface Block {
        /// Computes them.
        void run(int part, int firstRow, int endRow);
    }

    /// Lets the team compute all parts of all rows; blocks of the same outputs follow each other.
    private void forEachBlock(int rows, Block block) {
        int blocks = Math.clamp(rows / PART_ROWS, 1, Math.max(1, Team.MOST_PARTS / parts()));
        compute.team().run(parts() * blocks, (number, _) -> {
            int first = number % blocks * PART_ROWS;
            boolean isLast = number % blocks == blocks - 1;
            block.run(number / blocks, first, isLast ? rows : first + PART_ROWS);
        });
    }

    private void forwardRows(int part, float[] x, int first, int end, float[] out) {
        multiply(part, x, first * inputs(), end - first, out, first * outputs(), outputs());
    }

    /// Parts that the outputs are cut into.
    ///
    /// @return a number that depends on the weight's shape alone
    public int parts() { return Math.ceilDiv(weight.panels(), panelsAtOnce()); }

    /// First output of a part, or the number of outputs for the part after the last.
    ///
    /// @param part the part
    /// @return the output's number
    public int firstOutput(int part) { return Math.min(outputs(), part * panelsAtOnce() * PackedMatrix.PANEL); }

    /// Computes one part of the outputs, for layers that go on with it in the same region.
    ///
    /// @param part         0 to [#parts] − 1
    /// @param x            inputs, (rows, inputs)
    /// @param rows         number of rows
    /// @param out          outputs
    /// @param outAt        where output 0 of row 0 lies
    /// @param outRowStride distance of output rows, in floats
    public void forwardPart(int part, float[] x, int rows, float[] out, int outAt, int outRowStride) {
        multiply(part, x, 0, rows, out, outAt, outRowStride);
    }

    private void multiply(int part, float[] x, int xAt, int rows, float[] out, int outAt, int outRowStride) {
        int first = part * panelsAtOnce();
        compute.kernels().matmul(x, xAt, inputs(), 0, rows, weight, bias, first,
                Math.min(weight.panels(), first + panelsAtOnce()), out, outAt, outRowStride);
    }

    /// Panels of one part: whole tiles, and enough bytes that claiming a part does not count.
    private int panelsAtOnce() {
        long tileBytes = TILE_PANELS * weight.panelElements() * Float.BYTES;
        long tiles = Math.max(1, PART_BYTES / tileBytes);
        return (int) Math.max(tiles * TILE_PANELS, weight.panels() / Team.MOST_PARTS + 1);
    }
}
