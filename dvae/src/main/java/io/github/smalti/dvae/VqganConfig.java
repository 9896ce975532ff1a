package io.github.smalti.dvae;

import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.WeightsException;
import java.util.Arrays;
import java.util.List;

/// The sizes of a VQGAN.
///
/// @param resolution         pixel rows, and columns, of a training picture; it decides which levels have attention
/// @param channels           channels of the level that is nearest to the pixels, before its multiplier
/// @param channelMultipliers one factor of `channels` per level, from pixels to codes; a level halves the picture
/// @param residualBlocks     residual blocks of an encoder level; a decoder level has one more. May be 0
/// @param attentionSides     pixel rows of the levels that have attention, counted from `resolution`
/// @param latentChannels     channels between encoder or decoder and the codebook's 1×1 convolutions
/// @param embedDim           length of a codebook row
/// @param codebookSize       rows of the codebook
public record VqganConfig(int resolution, int channels, List<Integer> channelMultipliers, int residualBlocks,
        List<Integer> attentionSides, int latentChannels, int embedDim, int codebookSize) {
    private static final int CODES_OF_A_SIDE = 16;
    /// Groups of every group norm.
    static final int NORM_GROUPS = 32;
    /// Channels of a pixel.
    static final int PIXEL_CHANNELS = 3;

    private static final int MAX_LEVELS = 8;
    private static final int MAX_CHANNELS = 1 << 14;
    private static final int MAX_RESOLUTION = 1 << 13;

    /// Checks that the sizes fit each other.
    ///
    /// @throws IllegalArgumentException if they do not
    public VqganConfig {
        channelMultipliers = List.copyOf(channelMultipliers);
        attentionSides = List.copyOf(attentionSides);
        int levels = channelMultipliers.size();
        require(levels >= 1 && levels <= MAX_LEVELS, "ch_mult: expected 1 to " + MAX_LEVELS + " levels, found ",
                levels);
        require(resolution >= 1 && resolution <= MAX_RESOLUTION && resolution % (1 << levels - 1) == 0,
                "resolution: expected a multiple of " + (1 << levels - 1) + " up to " + MAX_RESOLUTION + ", found ",
                resolution);
        for (int multiplier : channelMultipliers) {
            long width = (long) multiplier * channels;
            require(width >= NORM_GROUPS && width <= MAX_CHANNELS && width % NORM_GROUPS == 0,
                    "ch · ch_mult: expected a multiple of " + NORM_GROUPS + " up to " + MAX_CHANNELS + ", found ",
                    width);
        }
        require(residualBlocks >= 0 && residualBlocks <= 64, "num_res_blocks: expected 0 to 64, found ",
                residualBlocks);
        require(latentChannels >= 1 && latentChannels <= MAX_CHANNELS, "z_channels: found ", latentChannels);
        require(embedDim >= 1 && embedDim <= MAX_CHANNELS, "embed_dim: found ", embedDim);
        require(codebookSize >= 1 && codebookSize <= 1 << 22, "n_embed: found ", codebookSize);
    }

    private static void require(boolean isRight, String what, long found) {
        if (!isRight) throw new IllegalArgumentException(what + found);
    }

    /// Number of levels; each but the last halves the picture.
    public int levelCount() { return channelMultipliers.size(); }

    /// Channels of a level.
    ///
    /// @param level 0 is nearest to the pixels
    public int levelChannels(int level) { return channels * channelMultipliers.get(level); }

    /// Pixels of a level of a picture of 16×16 codes, as the published models draw them: what layers are made for. Not of
    /// the resolution, which some checkpoints leave out, so that it cannot change a picture's bits.
    ///
    /// @param level 0 is nearest to the pixels
    long levelPixels(int level) {
        long side = (long) CODES_OF_A_SIDE << levelCount() - 1 - level;
        return side * side;
    }

    /// Channels of the level that is nearest to the codes.
    public int deepestChannels() { return levelChannels(levelCount() - 1); }

    /// Whether a level's blocks are followed by attention.
    ///
    /// @param level 0 is nearest to the pixels
    public boolean hasAttention(int level) { return attentionSides.contains(resolution >> level); }

    /// Pixel rows, and columns, of one code.
    public int pixelsPerCode() { return 1 << levelCount() - 1; }

    /// Rows, and columns, of a training picture's codes.
    public int gridSide() { return resolution / pixelsPerCode(); }

    /// Reads vqgan-jax's `config.json` (flat), taming-transformers' model part (`model.params.ddconfig`) or minDALL-E's
    /// stage 1 (`stage1.hparams`).
    ///
    /// @param root the file
    /// @return the sizes
    /// @throws WeightsException if a key is missing, out of range or asks for what is not implemented
    static VqganConfig read(ModelConfig root) {
        ModelConfig model = modelPart(root);
        ModelConfig network = model;
        for (String key : new String[]{"ddconfig", "hparams"}) if (model.has(key)) network = model.in(key);
        refuse(network, "double_z", false);
        refuse(network, "give_pre_end", false);
        refuse(network, "resamp_with_conv", true);
        network.optionalInt("in_channels", PIXEL_CHANNELS, PIXEL_CHANNELS, PIXEL_CHANNELS);
        network.optionalInt("out_ch", PIXEL_CHANNELS, PIXEL_CHANNELS, PIXEL_CHANNELS);
        try {
            return new VqganConfig(network.requireInt("resolution", 1, MAX_RESOLUTION),
                    network.requireInt("ch", 1, MAX_CHANNELS), boxed(network.requireInts("ch_mult")),
                    network.requireInt("num_res_blocks", 0, 64), boxed(network.requireInts("attn_resolutions")),
                    network.requireInt("z_channels", 1, MAX_CHANNELS), model.requireInt("embed_dim", 1, MAX_CHANNELS),
                    model.requireInt("n_embed", 1, 1 << 22));
        } catch (IllegalArgumentException e) {
            throw new WeightsException(root.file(), "", e.getMessage(), e);
        }
    }

    private static ModelConfig modelPart(ModelConfig root) {
        if (root.has("model")) return root.in("model").in("params");
        if (!root.has("stage1")) return root;
        ModelConfig stage = root.in("stage1");
        String type = stage.optionalString("type", "vqgan");
        if (!type.equals("vqgan")) throw stage.fault("type", "expected vqgan, found " + type);
        return stage;
    }

    private static void refuse(ModelConfig config, String key, boolean implemented) {
        if (config.optionalBoolean(key, implemented) != implemented) {
            throw config.fault(key, "expected " + implemented + ", found " + !implemented + ", which is not supported");
        }
    }

    private static List<Integer> boxed(int[] values) { return Arrays.stream(values).boxed().toList(); }
}
