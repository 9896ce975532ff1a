package io.github.smalti.dvae;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.KeyValues;
import io.github.smalti.core.layer.WinogradWeight;

/// Walks a VQGAN's layers as decoder and encoder do and counts what they allocate, without allocating.
///
/// Scratch is the largest sum of arrays that are alive at the same time; maps given back to a workspace are forgotten
/// before it allocates another.
final class VqganFootprint {
    /// Pixel rows or columns; keeps every product here within 64 bits.
    private static final int MAX_SIDE = 1 << 16;

    private final VqganConfig config;
    private int rows;
    private int cols;
    private long weightBytes;
    private long peakFloats;
    private long largestArray;
    private long largestMap;
    private long threadFloats;

    private VqganFootprint(VqganConfig config, int rows, int cols) {
        this.config = config;
        this.rows = rows;
        this.cols = cols;
    }

    /// The plan of a model and one picture.
    ///
    /// @param threads threads that compute, each with scratch of its own
    static MemoryPlan plan(VqganConfig config, boolean hasEncoder, long fileBytes, int threads, int gridRows,
            int gridCols) {
        VqganFootprint decoder = requireDrawable(config, gridRows, gridCols);
        long decoderFloats = decoder.peakFloats + threads * decoder.threadFloats;
        if (!hasEncoder) return new MemoryPlan(fileBytes, decoder.weightBytes, 0, 4 * decoderFloats);
        var encoder = new VqganFootprint(config, gridRows * config.pixelsPerCode(), gridCols * config.pixelsPerCode());
        encoder.encoder();
        return new MemoryPlan(fileBytes, decoder.weightBytes + encoder.weightBytes, 0,
                4 * Math.max(decoderFloats, encoder.peakFloats));
    }

    /// Checks that every array of a picture can be allocated at all.
    ///
    /// @throws IllegalArgumentException if the grid is empty or too large
    static VqganFootprint requireDrawable(VqganConfig config, int gridRows, int gridCols) {
        int most = MAX_SIDE / config.pixelsPerCode();
        if (gridRows < 1 || gridCols < 1 || gridRows > most || gridCols > most) {
            throw new IllegalArgumentException("grid: found " + gridRows + " × " + gridCols
                    + " codes; expected 1 to " + most + " rows and columns");
        }
        var decoder = new VqganFootprint(config, gridRows, gridCols);
        decoder.decoder();
        if (decoder.largestArray > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("grid of " + gridRows + " × " + gridCols + " codes: a layer would need "
                    + decoder.largestArray + " numbers, more than an array holds; draw fewer codes at once");
        }
        return decoder;
    }

    private void decoder() {
        int width = config.deepestChannels();
        conv(config.embedDim(), config.latentChannels(), 1);
        long pixels = config.levelPixels(config.levelCount() - 1);
        conv3x3(config.latentChannels(), width, pixels);
        live(map(config.latentChannels()) + map(width));
        middle(width, pixels);
        for (int level = config.levelCount() - 1; level >= 0; level--) {
            for (int j = 0; j <= config.residualBlocks(); j++) {
                residual(width, config.levelChannels(level), config.levelPixels(level));
                width = config.levelChannels(level);
                if (config.hasAttention(level)) attention(width);
            }
            if (level == 0) continue;
            long before = map(width);
            rows *= 2;
            cols *= 2;
            boolean isFolded = conv3x3(width, width, config.levelPixels(level - 1));
            live(before + (isFolded ? 1 : 2) * map(width));
        }
        normAndConvOut(width, VqganConfig.PIXEL_CHANNELS);
        live(map(VqganConfig.PIXEL_CHANNELS) + 3L * rows * cols);
    }

    private void encoder() {
        long picture = map(VqganConfig.PIXEL_CHANNELS);
        int width = config.channels();
        live(picture + 3L * rows * cols);
        conv(VqganConfig.PIXEL_CHANNELS, width, 3);
        for (int level = 0; level < config.levelCount(); level++) {
            for (int j = 0; j < config.residualBlocks(); j++) {
                residual(width, config.levelChannels(level), 0);
                width = config.levelChannels(level);
                if (config.hasAttention(level)) attention(width);
            }
            if (level == config.levelCount() - 1) continue;
            long before = map(width);
            rows /= 2;
            cols /= 2;
            weight(9 * width, width);
            live(before + map(width));
        }
        middle(width, 0);
        normAndConvOut(width, config.latentChannels());
        conv(config.latentChannels(), config.embedDim(), 1);
        weight(config.embedDim(), config.codebookSize());
        int latents = Math.multiplyExact(rows, cols);
        live(2 * map(config.embedDim()) + CodeSearch.scratchFloats(latents, config));
        peakFloats += picture;
    }

    private void middle(int width, long pixels) {
        residual(width, width, pixels);
        attention(width);
        residual(width, width, pixels);
    }

    private void conv(int inputs, int outputs, int kernel) {
        weight(kernel * kernel * inputs, outputs);
        live(map(inputs) + map(outputs));
    }

    private void normAndConvOut(int width, int outputs) {
        norm(width);
        weight(9 * width, outputs);
        live(map(width) + map(outputs));
    }

    private void residual(int inputs, int outputs, long pixels) {
        norm(inputs);
        conv3x3(inputs, outputs, pixels);
        norm(outputs);
        boolean isInPlace = conv3x3(outputs, outputs, pixels);
        if (inputs != outputs) weight(inputs, outputs);
        live(2 * map(inputs) + map(outputs));
        live(map(inputs) + 2 * map(outputs));
        if (!isInPlace) live(3 * map(outputs));
    }

    private void attention(int width) {
        norm(width);
        weight(width, 3 * width);
        weight(width, width);
        int pixels = (int) Math.min(Integer.MAX_VALUE, (long) rows * cols);
        long row = (long) pixels * width;
        long cache = KeyValues.byteSize(Precision.F32, 1, 1, width, pixels) / 4;
        largestArray = Math.max(largestArray, Math.max(3 * row, cache));
        live(2 * map(width) + 5 * row + cache);
        live(2 * map(width) + 6 * row);
    }

    /// A 3×3 convolution of stride 1; whether it is one of Winograd's, made for a picture of so many pixels.
    private boolean conv3x3(int inputs, int outputs, long pixels) {
        boolean isWinograd = WinogradWeight.isWorthwhile(inputs, outputs, pixels);
        if (isWinograd) {
            weightBytes += WinogradWeight.byteSize(inputs, outputs) + 4L * outputs;
            threadFloats = Math.max(threadFloats, WinogradWeight.scratchFloats(inputs, outputs));
        } else {
            weight(9 * inputs, outputs);
        }
        return isWinograd;
    }

    private void norm(int channels) { weightBytes += 8L * channels; }

    private void weight(int depth, int outputs) {
        weightBytes += PackedMatrix.byteSize(Precision.F32, outputs, 1, depth) + 4L * outputs;
    }

    private long map(int channels) {
        long floats = (rows + 2L) * (cols + 2L) * channels;
        largestMap = Math.max(largestMap, floats);
        largestArray = Math.max(largestArray, floats);
        return floats;
    }

    /// Floats of the largest map of a picture, border included.
    int largestMap() { return Math.toIntExact(largestMap); }

    private void live(long floats) { peakFloats = Math.max(peakFloats, floats); }
}
