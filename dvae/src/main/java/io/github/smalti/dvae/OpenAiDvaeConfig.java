package io.github.smalti.dvae;

import io.github.smalti.core.TensorView;
import io.github.smalti.weights.Weights;
import io.github.smalti.weights.WeightsException;

/// The sizes of OpenAI's dVAE. They follow from its tensors' shapes, since it was published without a configuration.
///
/// | | published |
/// |---|---|
/// | hiddenChannels (`n_hid`) | 256 |
/// | blocksPerGroup (`n_blk_per_group`) | 2 |
/// | initialChannels (`n_init`) | 128 |
/// | codebookSize (`vocab_size`) | 8192 |
///
/// @param hiddenChannels  channels of the group nearest to the pixels; the others have 2, 4 and 8 times as many
/// @param blocksPerGroup  blocks of each of the four groups
/// @param initialChannels length of the vector that the decoder starts with for a code
/// @param codebookSize    number of codes
public record OpenAiDvaeConfig(int hiddenChannels, int blocksPerGroup, int initialChannels, int codebookSize) {
    /// Groups of blocks; all but one halve or double the picture.
    static final int GROUPS = 4;
    /// Channels of a pixel.
    static final int PIXEL_CHANNELS = 3;
    /// Rows and columns of the encoder's first kernel.
    static final int FIRST_KERNEL = 7;
    /// Pixel rows, and columns, of a training picture.
    private static final int RESOLUTION = 256;
    /// The channels of a block's inner convolutions are a quarter of its outputs.
    private static final int BOTTLENECK = 4;

    private static final int MAX_HIDDEN = 1 << 11;
    private static final int MAX_BLOCKS = 64;
    private static final int MAX_INITIAL = 1 << 14;
    private static final int MAX_CODES = 1 << 22;

    /// Checks the sizes.
    ///
    /// @throws IllegalArgumentException if one is out of range
    public OpenAiDvaeConfig {
        require(hiddenChannels >= BOTTLENECK && hiddenChannels <= MAX_HIDDEN && hiddenChannels % BOTTLENECK == 0,
                "n_hid: expected a multiple of " + BOTTLENECK + " up to " + MAX_HIDDEN + ", found ", hiddenChannels);
        require(blocksPerGroup >= 1 && blocksPerGroup <= MAX_BLOCKS,
                "n_blk_per_group: expected 1 to " + MAX_BLOCKS + ", found ", blocksPerGroup);
        require(initialChannels >= 1 && initialChannels <= MAX_INITIAL,
                "n_init: expected 1 to " + MAX_INITIAL + ", found ", initialChannels);
        require(codebookSize >= 1 && codebookSize <= MAX_CODES, "vocab_size: expected 1 to " + MAX_CODES + ", found ",
                codebookSize);
    }

    private static void require(boolean isRight, String what, long found) {
        if (!isRight) throw new IllegalArgumentException(what + found);
    }

    /// Channels of a group.
    ///
    /// @param halvings how often its picture is half of the whole one, 0 to 3
    int channels(int halvings) { return hiddenChannels << halvings; }

    /// Channels between the convolutions of a block.
    ///
    /// @param outputs channels of the block's output
    static int inner(int outputs) { return outputs / BOTTLENECK; }

    /// The small factor of every block's residual path: 1 / (number of blocks)².
    public float gain() {
        int blocks = GROUPS * blocksPerGroup;
        return 1f / (blocks * blocks);
    }

    /// Pixels of a group of the published pictures: what layers are made for.
    ///
    /// @param halvings as for [#channels]
    static long pixels(int halvings) {
        long side = RESOLUTION >> halvings;
        return side * side;
    }

    /// Pixel rows, and columns, of one code.
    public int pixelsPerCode() { return 1 << GROUPS - 1; }

    /// Rows, and columns, of a training picture's codes.
    public int gridSide() { return RESOLUTION / pixelsPerCode(); }

    /// The sizes of a decoder.
    ///
    /// @param decoder the way to its tensors
    /// @return the sizes
    /// @throws WeightsException if a tensor is missing or the shapes belong to no decoder
    static OpenAiDvaeConfig of(Weights decoder) {
        int blocks = countBlocks(decoder);
        try {
            return new OpenAiDvaeConfig(size(decoder, "blocks.output.conv.weight", 1), blocks,
                    size(decoder, "blocks.input.weight", 0), size(decoder, "blocks.input.weight", 1));
        } catch (IllegalArgumentException e) {
            throw new WeightsException(decoder.file(), "", "sizes inferred from shapes: " + e.getMessage()
                    + "; expected the decoder of OpenAI's dVAE", e);
        }
    }

    /// Refuses an encoder of another model.
    ///
    /// @param encoder the way to its tensors
    /// @throws WeightsException naming the size that differs
    void requireSameModel(Weights encoder) {
        requireEqual(encoder, "n_blk_per_group", blocksPerGroup, countBlocks(encoder));
        requireEqual(encoder, "n_hid", hiddenChannels, size(encoder, "blocks.input.weight", 0));
        requireEqual(encoder, "vocab_size", codebookSize, size(encoder, "blocks.output.conv.weight", 0));
    }

    private static void requireEqual(Weights encoder, String name, int expected, int found) {
        if (expected == found) return;
        throw new WeightsException(encoder.file(), "", name + ": expected " + expected + " as the decoder has, found "
                + found + "; encoder and decoder belong to different models");
    }

    /// Blocks of every group, which must be as many in each.
    private static int countBlocks(Weights weights) {
        int count = 0;
        while (count < MAX_BLOCKS && weights.has(block(1, count + 1))) count++;
        for (int group = 2; group <= GROUPS; group++) requireAbsent(weights, block(group, count + 1));
        requireAbsent(weights, block(1, count + 1));
        requireAbsent(weights, block(GROUPS + 1, 1));
        return count;
    }

    private static void requireAbsent(Weights weights, String name) {
        if (!weights.has(name)) return;
        throw new WeightsException(weights.file(), name, "expected no such tensor, since OpenAI's dVAE has " + GROUPS
                + " groups of equally many blocks, at most " + MAX_BLOCKS + ", found " + weights.tensor(name));
    }

    private static String block(int group, int block) {
        return "blocks.group_" + group + ".block_" + block + ".res_path.conv_1.weight";
    }

    private static int size(Weights weights, String name, int axis) {
        TensorView view = weights.tensor(name);
        if (view.rank() != 4 || view.size(axis) > Integer.MAX_VALUE) {
            throw new WeightsException(weights.file(), name, "expected rank 4, found " + view);
        }
        return (int) view.size(axis);
    }
}
