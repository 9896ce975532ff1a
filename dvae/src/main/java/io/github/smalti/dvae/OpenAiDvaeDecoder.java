package io.github.smalti.dvae;

import static io.github.smalti.dvae.OpenAiDvaeConfig.GROUPS;

import io.github.smalti.core.Compute;
import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.Embedding;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.Relu;
import io.github.smalti.core.layer.Workspace;
import io.github.smalti.weights.Weights;
import java.util.ArrayList;
import java.util.List;

/// The drawing half of OpenAI's dVAE: codes → rows of the first convolution → four groups of blocks → distributions of
/// pixels. n is `n_hid`.
///
/// | | shape |
/// |---|---|
/// | codes | (gridRows, gridCols) |
/// | group 1, 2, 3, 4 | 8n channels, 4n at twice the side, 2n at 4 times, n at 8 times |
/// | out | (8 · gridRows, 8 · gridCols, 6): μ of red, green, blue, then ln b of them |
///
/// The first convolution is 1×1 over one-hot vectors: a code's column of its weight, plus the bias. Source:
/// `dall_e/decoder.py` of openai/DALL-E @ 5be4b23 and arXiv 2102.12092, appendix A. Thread-safe; weights belong to the
/// [Weights] given.
final class OpenAiDvaeDecoder {
    /// μ and ln b per channel of a pixel.
    static final int OUTPUTS = 2 * OpenAiDvaeConfig.PIXEL_CHANNELS;

    private final Compute compute;
    /// (codebookSize, initialChannels), read from the mapped checkpoint.
    private final Embedding rows;
    private final float[] inputBias;
    private final List<Stage> stages = new ArrayList<>();
    private final Relu reluOut;
    private final Conv2d convOut;

    OpenAiDvaeDecoder(OpenAiDvaeConfig config, Weights weights) {
        compute = weights.compute();
        Weights blocks = weights.in("blocks");
        int width = config.initialChannels();
        var kernel = blocks.tensor("input.weight", width, config.codebookSize(), 1, 1);
        rows = new Embedding(PixelAttention.pointwise(kernel).permute(1, 0));
        inputBias = blocks.vector("input.bias", width);
        for (int group = 1; group <= GROUPS; group++) {
            Weights inGroup = blocks.in("group_" + group);
            int halvings = GROUPS - group;
            for (int block = 1; block <= config.blocksPerGroup(); block++) {
                boolean isDoubling = group > 1 && block == 1;
                stages.add(BottleneckBlock.ofDecoder(inGroup.in("block_" + block), width, config.channels(halvings),
                        config.gain(), OpenAiDvaeConfig.pixels(halvings), isDoubling));
                width = config.channels(halvings);
            }
        }
        reluOut = new Relu(compute, width);
        convOut = blocks.in("output").conv2d("conv", width, OUTPUTS, 1, 1);
    }

    /// The distribution of every sample.
    ///
    /// @param codes    (gridRows, gridCols), each within the codebook
    /// @param gridRows rows of the grid
    /// @param gridCols columns of the grid
    /// @return a new map (8 · gridRows, 8 · gridCols, 6)
    FeatureMap forward(int[] codes, int gridRows, int gridCols) {
        return forward(codes, gridRows, gridCols, new Workspace(compute.team().size()));
    }

    /// The same in a workspace, to which the map belongs.
    FeatureMap forward(int[] codes, int gridRows, int gridCols, Workspace workspace) {
        FeatureMap h = lookUp(codes, gridRows, gridCols, workspace); // (gridRows, gridCols, initialChannels)
        for (Stage stage : stages) h = stage.forward(h, workspace); // in the end (rows, cols, n)
        reluOut.applyInPlace(h);
        FeatureMap out = convOut.forward(h, workspace); // (rows, cols, 6)
        workspace.giveBack(h);
        return out;
    }

    private FeatureMap lookUp(int[] codes, int gridRows, int gridCols, Workspace workspace) {
        FeatureMap out = workspace.take(gridRows, gridCols, inputBias.length);
        for (int y = 0; y < gridRows; y++) {
            for (int x = 0; x < gridCols; x++) {
                int at = out.at(y, x);
                rows.copyRow(codes[y * gridCols + x], out.data(), at);
                for (int i = 0; i < inputBias.length; i++) out.data()[at + i] += inputBias[i];
            }
        }
        return out;
    }
}
