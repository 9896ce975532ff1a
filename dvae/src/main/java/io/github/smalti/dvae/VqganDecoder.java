package io.github.smalti.dvae;

import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.Embedding;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.GroupNorm;
import io.github.smalti.core.layer.Workspace;
import io.github.smalti.weights.Weights;
import java.util.ArrayList;
import java.util.List;

/// The drawing half of a VQGAN: codes → codebook rows → middle → levels from codes to pixels.
///
/// | | shape |
/// |---|---|
/// | codes | (gridRows, gridCols) |
/// | out | (gridRows · p, gridCols · p, 3) with p = 2^(levels - 1), not clipped |
///
/// Source: taming-transformers `taming/modules/diffusionmodules/model.py` @ 3ba01b2 and arXiv 2012.09841, section 3.1.
/// Thread-safe; weights belong to the [Weights] given.
final class VqganDecoder {
    private final VqganConfig config;
    private final Embedding codebook;
    /// Two convolutions, the middle, then the levels from codes to pixels: the checkpoint numbers them the other way.
    private final List<Stage> stages = new ArrayList<>();
    private final GroupNorm normOut;
    private final Conv2d convOut;

    VqganDecoder(VqganConfig config, Weights weights, float normEps) {
        this.config = config;
        codebook = weights.embedding("quantize.embedding", config.codebookSize(), config.embedDim());
        stages.add(Stage.of(weights.conv2d("post_quant_conv", config.embedDim(), config.latentChannels(), 1, 1)));
        Weights decoder = weights.in("decoder");
        int width = config.deepestChannels();
        long pixels = config.levelPixels(config.levelCount() - 1);
        stages.add(Stage.of(decoder.conv3x3("conv_in", config.latentChannels(), width, pixels)));
        stages.addAll(Stage.middle(decoder.in("mid"), width, normEps, pixels));
        for (int level = config.levelCount() - 1; level >= 0; level--) {
            addLevel(decoder.in("up", level), level, width, normEps);
            width = config.levelChannels(level);
        }
        normOut = decoder.groupNorm("norm_out", VqganConfig.NORM_GROUPS, width, normEps);
        convOut = decoder.conv2d("conv_out", width, VqganConfig.PIXEL_CHANNELS, 3, 1);
    }

    /// Residual blocks, each followed by attention where the level has it, then twice the rows and columns.
    private void addLevel(Weights weights, int level, int inputs, float normEps) {
        int outputs = config.levelChannels(level);
        for (int j = 0; j <= config.residualBlocks(); j++) {
            stages.add(new ResidualBlock(weights.in("block", j), j == 0 ? inputs : outputs, outputs, normEps,
                    config.levelPixels(level)));
            if (config.hasAttention(level)) stages.add(new PixelAttention(weights.in("attn", j), outputs, normEps));
        }
        if (level == 0) return;
        Weights upsample = weights.in("upsample");
        stages.add(Stage.ofDoubled(upsample.conv3x3("conv", outputs, outputs, config.levelPixels(level - 1))));
    }

    /// The network's output before its range is turned to 0..1.
    ///
    /// @param codes    (gridRows, gridCols), each within the codebook
    /// @param gridRows rows of the grid
    /// @param gridCols columns of the grid
    /// @param workspace memory of the pass
    /// @return a map of the workspace, (gridRows · p, gridCols · p, 3)
    FeatureMap forward(int[] codes, int gridRows, int gridCols, Workspace workspace) {
        FeatureMap h = lookUp(codes, gridRows, gridCols, workspace); // (gridRows, gridCols, embedDim)
        for (Stage stage : stages) h = stage.forward(h, workspace); // in the end (rows, cols, channels of level 0)
        normOut.applyInPlace(h, Activation.SWISH);
        FeatureMap out = convOut.forward(h, workspace); // (rows, cols, 3)
        workspace.giveBack(h);
        return out;
    }

    private FeatureMap lookUp(int[] codes, int gridRows, int gridCols, Workspace workspace) {
        FeatureMap out = workspace.take(gridRows, gridCols, config.embedDim());
        for (int y = 0; y < gridRows; y++) {
            for (int x = 0; x < gridCols; x++) codebook.copyRow(codes[y * gridCols + x], out.data(), out.at(y, x));
        }
        return out;
    }
}
