package io.github.smalti.dvae;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.KeyValues;

/// Walks a VQGAN's layers as decoder and encoder do and counts what they allocate, without allocating.
///
/// Scratch is the largest sum of arrays that are alive at the same time; maps given back to a workspace are forgotten
/// before it allocates another.
final class VqganFootprint {
    private final VqganConfig config;
    private final PackedLayers layers = new PackedLayers();
    private int rows;
    private int cols;
    private long peakFloats;
    private long largestArray;
    private long largestMap;

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
        long decoderFloats = decoder.peakFloats + threads * decoder.layers.threadFloats();
        if (!hasEncoder) return new MemoryPlan(fileBytes, decoder.layers.bytes(), 0, 4 * decoderFloats);
        var encoder = new VqganFootprint(config, gridRows * config.pixelsPerCode(), gridCols * config.pixelsPerCode());
        encoder.encoder();
        return new MemoryPlan(fileBytes, decoder.layers.bytes() + encoder.layers.bytes(), 0,
                4 * Math.max(decoderFloats, encoder.peakFloats));
    }

    /// Checks that every array of a picture can be allocated at all.
    ///
    /// @throws IllegalArgumentException if the grid is empty or too large
    static VqganFootprint requireDrawable(VqganConfig config, int gridRows, int gridCols) {
        CodeGrid.requireSides(gridRows, gridCols, config.pixelsPerCode());
        var decoder = new VqganFootprint(config, gridRows, gridCols);
        decoder.decoder();
        CodeGrid.requireArray(gridRows, gridCols, decoder.largestArray);
        return decoder;
    }

    private void decoder() {
        int width = config.deepestChannels();
        conv(config.embedDim(), config.latentChannels(), 1);
        long pixels = config.levelPixels(config.levelCount() - 1);
        layers.conv3x3(config.latentChannels(), width, pixels);
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
            boolean isFolded = layers.conv3x3(width, width, config.levelPixels(level - 1));
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
            layers.matrix(9 * width, width);
            live(before + map(width));
        }
        middle(width, 0);
        normAndConvOut(width, config.latentChannels());
        conv(config.latentChannels(), config.embedDim(), 1);
        layers.matrix(config.embedDim(), config.codebookSize());
        int latents = Math.multiplyExact(rows, cols);
        live(2 * map(config.embedDim()) + CodeSearch.scratchFloats(latents, config.codebookSize(), config.embedDim()));
        peakFloats += picture;
    }

    private void middle(int width, long pixels) {
        residual(width, width, pixels);
        attention(width);
        residual(width, width, pixels);
    }

    private void conv(int inputs, int outputs, int kernel) {
        layers.matrix(kernel * kernel * inputs, outputs);
        live(map(inputs) + map(outputs));
    }

    private void normAndConvOut(int width, int outputs) {
        layers.vectors(2L * width);
        layers.matrix(9 * width, outputs);
        live(map(width) + map(outputs));
    }

    private void residual(int inputs, int outputs, long pixels) {
        layers.vectors(2L * inputs);
        layers.conv3x3(inputs, outputs, pixels);
        layers.vectors(2L * outputs);
        boolean isInPlace = layers.conv3x3(outputs, outputs, pixels);
        if (inputs != outputs) layers.matrix(inputs, outputs);
        live(2 * map(inputs) + map(outputs));
        live(map(inputs) + 2 * map(outputs));
        if (!isInPlace) live(3 * map(outputs));
    }

    private void attention(int width) {
        layers.vectors(2L * width);
        layers.matrix(width, 3 * width);
        layers.matrix(width, width);
        int pixels = (int) Math.min(Integer.MAX_VALUE, (long) rows * cols);
        long row = (long) pixels * width;
        long cache = KeyValues.byteSize(Precision.F32, 1, 1, width, pixels) / 4;
        largestArray = Math.max(largestArray, Math.max(3 * row, cache));
        live(2 * map(width) + 5 * row + cache);
        live(2 * map(width) + 6 * row);
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
