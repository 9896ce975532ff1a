package io.github.smalti.dvae;

import io.github.smalti.core.Compute;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.GroupNorm;
import io.github.smalti.core.layer.Workspace;
import io.github.smalti.weights.Weights;
import java.util.ArrayList;
import java.util.List;

/// The seeing half of a VQGAN: pixels → levels from pixels to codes → middle → latents → codes.
///
/// | | shape |
/// |---|---|
/// | pixels | (gridRows · p, gridCols · p, 3) in the network's range, p = 2^(levels - 1) |
/// | latents | (gridRows, gridCols, embedDim) |
/// | codes | (gridRows, gridCols) |
///
/// Source: taming-transformers `taming/modules/diffusionmodules/model.py` @ 3ba01b2 and arXiv 2012.09841, section 3.1.
/// Thread-safe; weights belong to the [Weights] given.
final class VqganEncoder {
    private final Compute compute;
    private final Conv2d convIn;
    /// The levels from pixels to codes, then the middle.
    private final List<Stage> stages = new ArrayList<>();
    private final GroupNorm normOut;
    private final Conv2d convOut;
    private final Conv2d quantConv;
    private final CodeSearch codeSearch;

    VqganEncoder(VqganConfig config, Weights weights, VqganNames names) {
        compute = weights.compute();
        float normEps = names.layout().normEps();
        Weights encoder = weights.in("encoder");
        convIn = encoder.conv2d("conv_in", VqganConfig.PIXEL_CHANNELS, config.channels(), 3, 1);
        int width = config.channels();
        for (int level = 0; level < config.levelCount(); level++) {
            width = addLevel(config, encoder.in("down", level), level, width, normEps);
        }
        stages.addAll(Stage.middle(encoder.in("mid"), width, normEps, 0));
        normOut = encoder.groupNorm("norm_out", VqganConfig.NORM_GROUPS, width, normEps);
        convOut = encoder.conv2d("conv_out", width, config.latentChannels(), 3, 1);
        quantConv = weights.conv2d("quant_conv", config.latentChannels(), config.embedDim(), 1, 1);
        codeSearch = new CodeSearch(config, weights, names.isGumbel());
    }

    /// Residual blocks, each followed by attention where the level has it, then half the rows and columns; without
    /// blocks the width stays.
    private int addLevel(VqganConfig config, Weights weights, int level, int inputs, float normEps) {
        int width = inputs;
        for (int j = 0; j < config.residualBlocks(); j++) {
            stages.add(new ResidualBlock(weights.in("block", j), width, config.levelChannels(level), normEps, 0));
            width = config.levelChannels(level);
            if (config.hasAttention(level)) stages.add(new PixelAttention(weights.in("attn", j), width, normEps));
        }
        boolean isLast = level == config.levelCount() - 1;
        if (!isLast) stages.add(Stage.of(weights.in("downsample").conv2d("conv", width, width, 3, 2)));
        return width;
    }

    /// The output of the network proper.
    ///
    /// @param pixels (rows, cols, 3)
    /// @return a new map (gridRows, gridCols, latentChannels)
    FeatureMap forward(FeatureMap pixels) {
        var workspace = new Workspace(compute.team().size());
        FeatureMap h = convIn.forward(pixels, workspace); // (rows, cols, channels)
        for (Stage stage : stages) h = stage.forward(h, workspace); // in the end (gridRows, gridCols, deepestChannels)
        normOut.applyInPlace(h, Activation.SWISH);
        return convOut.forward(h, workspace); // (gridRows, gridCols, latentChannels)
    }

    /// What is compared with the codebook.
    ///
    /// @param encoded the network's output, (gridRows, gridCols, latentChannels)
    /// @return a new map (gridRows, gridCols, embedDim)
    FeatureMap latents(FeatureMap encoded) { return quantConv.forward(encoded, new Workspace(compute.team().size())); }

    /// Scores of all codes for all latents: distances or the Gumbel quantiser's logits.
    float[] scores(FeatureMap latents) {
        return codeSearch.scores(latents.toPixels(), latents.rows() * latents.cols());
    }

    /// The codes of latents.
    ///
    /// @param latents (gridRows, gridCols, embedDim)
    /// @return a new array (gridRows, gridCols)
    int[] codes(FeatureMap latents) { return codeSearch.find(latents.toPixels(), latents.rows() * latents.cols()); }
}
