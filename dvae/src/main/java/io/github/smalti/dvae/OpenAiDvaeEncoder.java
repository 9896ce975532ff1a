package io.github.smalti.dvae;

import static io.github.smalti.dvae.OpenAiDvaeConfig.FIRST_KERNEL;
import static io.github.smalti.dvae.OpenAiDvaeConfig.GROUPS;
import static io.github.smalti.dvae.OpenAiDvaeConfig.PIXEL_CHANNELS;

import io.github.smalti.core.Compute;
import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.MaxPool;
import io.github.smalti.core.layer.Relu;
import io.github.smalti.core.layer.Workspace;
import io.github.smalti.weights.Weights;
import java.util.ArrayList;
import java.util.List;

/// The seeing half of OpenAI's dVAE: pixels → four groups of blocks → logits of codes. n is `n_hid`.
///
/// | | shape |
/// |---|---|
/// | pixels | (8 · gridRows, 8 · gridCols, 3), mapped by [LogitLaplace#map] |
/// | first convolution, 7×7 | n channels |
/// | group 1, 2, 3, 4 | n channels, 2n, 4n, 8n; the first three end with a max-pool of 2×2 |
/// | features | (gridRows, gridCols, 8n) |
/// | logits | (gridRows, gridCols, codebookSize), of a 1×1 convolution |
///
/// Source: `dall_e/encoder.py` of openai/DALL-E @ 5be4b23 and arXiv 2102.12092, appendix A. Thread-safe; weights belong to
/// the [Weights] given.
final class OpenAiDvaeEncoder {
    /// Zero pixels around a picture.
    static final int BORDER = FIRST_KERNEL / 2;

    private final Compute compute;
    private final Conv2d convIn;
    private final List<Stage> stages = new ArrayList<>();
    private final Relu reluOut;
    private final CodeSearch codeSearch;

    OpenAiDvaeEncoder(OpenAiDvaeConfig config, Weights weights) {
        compute = weights.compute();
        Weights blocks = weights.in("blocks");
        int width = config.hiddenChannels();
        convIn = blocks.conv2d("input", PIXEL_CHANNELS, width, FIRST_KERNEL, 1);
        var pool = new MaxPool(compute);
        for (int group = 1; group <= GROUPS; group++) {
            Weights inGroup = blocks.in("group_" + group);
            int halvings = group - 1;
            for (int block = 1; block <= config.blocksPerGroup(); block++) {
                stages.add(BottleneckBlock.ofEncoder(inGroup.in("block_" + block), width, config.channels(halvings),
                        config.gain(), OpenAiDvaeConfig.pixels(halvings)));
                width = config.channels(halvings);
            }
            if (group < GROUPS) stages.add(Stage.of(pool));
        }
        reluOut = new Relu(compute, width);
        int codes = config.codebookSize();
        var logits = blocks.in("output").tensor("conv.weight", codes, width, 1, 1);
        codeSearch = new CodeSearch(weights.linear("output.conv", blocks.vector("output.conv.bias", codes),
                PixelAttention.pointwise(logits)));
    }

    /// What the logits are computed from.
    ///
    /// @param pixels (rows, cols, 3) with a border of three pixels
    /// @return a new array (gridRows, gridCols, 8n)
    float[] forward(FeatureMap pixels) {
        var workspace = new Workspace(compute.team().size());
        FeatureMap h = convIn.forward(pixels, workspace); // (rows, cols, n)
        for (Stage stage : stages) h = stage.forward(h, workspace); // in the end (gridRows, gridCols, 8n)
        reluOut.applyInPlace(h);
        return h.toPixels();
    }

    /// The logits of all codes.
    ///
    /// @param features (count, 8n)
    /// @param count    codes of the grid
    /// @return a new array (count, codebookSize)
    float[] logits(float[] features, int count) { return codeSearch.scores(features, count); }

    /// The most likely codes.
    ///
    /// @param features (count, 8n)
    /// @param count    codes of the grid
    /// @return a new array of count codes
    int[] codes(float[] features, int count) { return codeSearch.find(features, count); }
}
