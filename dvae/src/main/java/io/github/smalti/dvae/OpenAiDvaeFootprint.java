package io.github.smalti.dvae;

import static io.github.smalti.dvae.OpenAiDvaeConfig.FIRST_KERNEL;
import static io.github.smalti.dvae.OpenAiDvaeConfig.GROUPS;
import static io.github.smalti.dvae.OpenAiDvaeConfig.PIXEL_CHANNELS;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.dvae.WorkspaceCount.Array;

/// Walks the layers of OpenAI's dVAE as decoder and encoder do and counts what they allocate, without allocating.
final class OpenAiDvaeFootprint {
    private final OpenAiDvaeConfig config;
    private final PackedLayers layers = new PackedLayers();
    private final WorkspaceCount workspace = new WorkspaceCount();
    private long rows;
    private long cols;

    private OpenAiDvaeFootprint(OpenAiDvaeConfig config, long rows, long cols) {
        this.config = config;
        this.rows = rows;
        this.cols = cols;
    }

    /// The plan of a model and one picture.
    ///
    /// @param threads threads that compute, each with scratch of its own
    static MemoryPlan plan(OpenAiDvaeConfig config, boolean hasEncoder, long fileBytes, int threads, int gridRows,
            int gridCols) {
        OpenAiDvaeFootprint decoder = requireDrawable(config, gridRows, gridCols);
        long floats = decoder.floats(threads);
        long weightBytes = decoder.layers.bytes();
        if (hasEncoder) {
            OpenAiDvaeFootprint encoder = encoder(config, gridRows, gridCols);
            floats = Math.max(floats, encoder.floats(threads));
            weightBytes += encoder.layers.bytes();
        }
        return new MemoryPlan(fileBytes, weightBytes, 0, Float.BYTES * floats);
    }

    private long floats(int threads) { return workspace.peak() + threads * layers.threadFloats(); }

    /// Checks that every array of a drawing can be allocated at all.
    ///
    /// @throws IllegalArgumentException if the grid is empty or too large
    static OpenAiDvaeFootprint requireDrawable(OpenAiDvaeConfig config, int gridRows, int gridCols) {
        CodeGrid.requireSides(gridRows, gridCols, config.pixelsPerCode());
        var decoder = new OpenAiDvaeFootprint(config, gridRows, gridCols);
        decoder.decoder();
        CodeGrid.requireArray(gridRows, gridCols, decoder.workspace.largest());
        return decoder;
    }

    /// Checks that every array can be allocated that finds a picture's codes.
    ///
    /// @throws IllegalArgumentException if the grid is empty or too large
    static void requireSeeable(OpenAiDvaeConfig config, int gridRows, int gridCols) {
        CodeGrid.requireSides(gridRows, gridCols, config.pixelsPerCode());
        CodeGrid.requireArray(gridRows, gridCols, encoder(config, gridRows, gridCols).workspace.largest());
    }

    private static OpenAiDvaeFootprint encoder(OpenAiDvaeConfig config, int gridRows, int gridCols) {
        int side = config.pixelsPerCode();
        var encoder = new OpenAiDvaeFootprint(config, (long) gridRows * side, (long) gridCols * side);
        encoder.encoder();
        return encoder;
    }

    private void decoder() {
        int width = config.initialChannels();
        layers.vectors(width);
        Array h = workspace.hold((rows + 2) * (cols + 2) * width);
        for (int group = 1; group <= GROUPS; group++) {
            int halvings = GROUPS - group;
            for (int block = 0; block < config.blocksPerGroup(); block++) {
                int outputs = config.channels(halvings);
                h = decoderBlock(h, width, outputs, OpenAiDvaeConfig.pixels(halvings), group > 1 && block == 0);
                width = outputs;
            }
        }
        layers.matrix(width, OpenAiDvaeDecoder.OUTPUTS);
        workspace.take(rows, cols, OpenAiDvaeDecoder.OUTPUTS);
        workspace.giveBack(h);
        workspace.end();
        workspace.hold(rows * cols * PIXEL_CHANNELS);
    }

    private Array decoderBlock(Array x, int inputs, int outputs, long pixels, boolean isDoubling) {
        int inner = OpenAiDvaeConfig.inner(outputs);
        workspace.start(x);
        layers.matrix(inputs, inner);
        boolean isFolded = layers.conv3x3(inner, inner, pixels);
        layers.conv3x3(inner, inner, pixels);
        boolean isInPlace = layers.conv3x3(inner, outputs, pixels);
        Array h = afterwards(workspace.take(rows, cols, inputs), inner);
        rows = isDoubling ? 2 * rows : rows;
        cols = isDoubling ? 2 * cols : cols;
        h = isDoubling && !isFolded ? afterwards(h, workspace.take(rows, cols, inner), inner) : afterwards(h, inner);
        h = afterwards(h, inner);
        return sum(x, h, inputs, outputs, isInPlace, isDoubling);
    }

    private Array sum(Array x, Array h, int inputs, int outputs, boolean isInPlace, boolean isDoubling) {
        Array sum = x;
        if (inputs != outputs) {
            layers.matrix(inputs, outputs);
            sum = isDoubling
                    ? afterwards(x, workspace.take(rows / 2, cols / 2, outputs), outputs)
                    : afterwards(x, outputs);
        }
        if (!isInPlace) sum = afterwards(sum, outputs);
        workspace.giveBack(h);
        return sum;
    }

    private void encoder() {
        int width = config.hiddenChannels();
        long picture = (rows + FIRST_KERNEL - 1) * (cols + FIRST_KERNEL - 1) * PIXEL_CHANNELS;
        workspace.hold(picture); // the caller's frame keeps it until the end
        layers.matrix(FIRST_KERNEL * FIRST_KERNEL * PIXEL_CHANNELS, width);
        Array h = workspace.take(rows, cols, width);
        for (int group = 1; group <= GROUPS; group++) {
            int halvings = group - 1;
            for (int block = 0; block < config.blocksPerGroup(); block++) {
                int outputs = config.channels(halvings);
                h = encoderBlock(h, width, outputs, OpenAiDvaeConfig.pixels(halvings));
                width = outputs;
            }
            if (group == GROUPS) continue;
            rows /= 2;
            cols /= 2;
            workspace.start(h);
            h = afterwards(h, width);
        }
        layers.matrix(width, config.codebookSize());
        workspace.hold(rows * cols * width);
        workspace.giveBack(h);
        workspace.end();
        int latents = (int) Math.min(Integer.MAX_VALUE, rows * cols);
        workspace.hold(CodeSearch.scratchFloats(latents, config.codebookSize(), width));
    }

    private Array encoderBlock(Array x, int inputs, int outputs, long pixels) {
        int inner = OpenAiDvaeConfig.inner(outputs);
        workspace.start(x);
        layers.conv3x3(inputs, inner, pixels);
        layers.conv3x3(inner, inner, pixels);
        layers.conv3x3(inner, inner, pixels);
        layers.matrix(inner, outputs);
        Array h = workspace.take(rows, cols, inputs);
        for (int i = 0; i < 3; i++) h = afterwards(h, inner);
        return sum(x, h, inputs, outputs, false, false);
    }

    /// A layer into a new map of the current size, whose input is then given back.
    private Array afterwards(Array input, int outputs) {
        Array out = workspace.take(rows, cols, outputs);
        workspace.giveBack(input);
        return out;
    }

    /// The same with an array in between, which is given back first.
    private Array afterwards(Array input, Array between, int outputs) {
        Array out = workspace.take(rows, cols, outputs);
        workspace.giveBack(between);
        workspace.giveBack(input);
        return out;
    }
}
