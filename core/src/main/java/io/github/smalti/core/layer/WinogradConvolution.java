package io.github.smalti.core.layer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.kernel.Winograd;
import java.util.concurrent.atomic.AtomicInteger;

/// One 3×3 convolution of stride 1 by Winograd's F(4×4, 3×3), over blocks of tiles.
///
/// A block goes through three steps while its numbers stay in the second-level cache: inputs to frequencies, one matrix
/// product per frequency, frequencies to outputs. Blocks are claimed one by one, so scratch is per thread and bits depend
/// on no cut.
final class WinogradConvolution {
    /// Floats of a block's frequencies, inputs and outputs together: 1 MiB.
    private static final int BLOCK_FLOATS = 1 << 18;
    private static final int LEAST_TILES = 16;
    private static final int MOST_TILES = 64;
    /// Keeps equal places of two frequencies off the same set of the first-level cache.
    private static final int PADDING = 16;

    private final Compute compute;
    private final WinogradWeight weight;
    private final float[] bias;
    private final FeatureMap in;
    private final int zoom;
    private final float[] residual;
    private final FeatureMap out;
    private final int tileCols;
    private final int tiles;
    private final int blockTiles;
    private final int inputStep;
    private final int outputStep;

    /// Prepares one convolution.
    ///
    /// @param zoom     1, or 2 to see every pixel of `in` as 2×2
    /// @param residual null, or a map of the shape of out to add; may be out
    WinogradConvolution(Compute compute, WinogradWeight weight, float[] bias, FeatureMap in, int zoom,
            FeatureMap residual, FeatureMap out) {
        this.compute = compute;
        this.weight = weight;
        this.bias = bias;
        this.in = in;
        this.zoom = zoom;
        this.residual = residual == null ? null : residual.data();
        this.out = out;
        tileCols = (out.cols() + Winograd.TILE - 1) / Winograd.TILE;
        tiles = tileCols * ((out.rows() + Winograd.TILE - 1) / Winograd.TILE);
        blockTiles = blockTiles(weight.inputs(), weight.outputs());
        inputStep = blockTiles * weight.inputs() + PADDING;
        outputStep = blockTiles * weight.outputs() + PADDING;
    }

    private static int blockTiles(int inputs, int outputs) {
        int tiles = BLOCK_FLOATS / (Winograd.FREQUENCIES * (inputs + outputs)) / 4 * 4;
        return Math.clamp(tiles, LEAST_TILES, MOST_TILES);
    }

    /// Floats of scratch per thread.
    static int scratchFloats(int inputs, int outputs) {
        return Winograd.FREQUENCIES * (blockTiles(inputs, outputs) * (inputs + outputs) + 2 * PADDING);
    }

    void run(Workspace workspace) {
        int blocks = (tiles + blockTiles - 1) / blockTiles;
        var next = new AtomicInteger();
        int length = scratchFloats(weight.inputs(), weight.outputs());
        compute.team().run((part, _) -> {
            float[] scratch = workspace.scratch(part, length);
            int[] rowAt = new int[Winograd.POINTS];
            int[] colAt = new int[Winograd.POINTS];
            for (int block = next.getAndIncrement(); block < blocks; block = next.getAndIncrement()) {
                int from = block * blockTiles;
                int to = Math.min(tiles, from + blockTiles);
                for (int tile = from; tile < to; tile++) read(tile, scratch, tile - from, rowAt, colAt);
                multiply(scratch, to - from);
                for (int tile = from; tile < to; tile++) write(tile, scratch, tile - from);
            }
        });
    }

    /// Frequencies of a tile's inputs; pixels beyond the right and lower border are taken from the border.
    private void read(int tile, float[] scratch, int slot, int[] rowAt, int[] colAt) {
        int y = tile / tileCols * Winograd.TILE - 1;
        int x = tile % tileCols * Winograd.TILE - 1;
        for (int i = 0; i < Winograd.POINTS; i++) {
            rowAt[i] = in.at(Math.min(Math.floorDiv(y + i, zoom), in.rows()), -1);
            colAt[i] = (Math.min(Math.floorDiv(x + i, zoom), in.cols()) + 1) * in.channels();
        }
        compute.kernels().winogradInput(in.data(), rowAt, colAt, in.channels(), scratch, slot * in.channels(),
                inputStep);
    }

    private void multiply(float[] scratch, int count) {
        int outputAt = Winograd.FREQUENCIES * inputStep;
        for (int i = 0; i < Winograd.FREQUENCIES; i++) {
            var matrix = weight.frequency(i);
            compute.kernels().matmul(scratch, i * inputStep, weight.inputs(), 0, count, matrix, null, 0,
                    matrix.panels(), scratch, outputAt + i * outputStep, weight.outputs());
        }
    }

    private void write(int tile, float[] scratch, int slot) {
        int y = tile / tileCols * Winograd.TILE;
        int x = tile % tileCols * Winograd.TILE;
        compute.kernels().winogradOutput(scratch, Winograd.FREQUENCIES * inputStep + slot * out.channels(), outputStep,
                out.channels(), bias, residual, out.data(), out.at(y, x), out.rowStride(),
                Math.min(Winograd.TILE, out.rows() - y), Math.min(Winograd.TILE, out.cols() - x));
    }
}
