package io.github.smalti.dvae;

import io.github.smalti.core.TensorView;
import io.github.smalti.weights.Weights;
import io.github.smalti.weights.WeightsException;
import java.util.ArrayList;
import java.util.List;

/// Infers a VQGAN's sizes from names and shapes where no configuration was published, and checks a published one.
///
/// The resolution shows in no tensor: it is taken as 256, that of every published VQGAN without a configuration. It
/// decides nothing but the default grid, since attention levels follow from names.
final class VqganShapes {
    private static final int RESOLUTION = 256;
    private static final int MAX_LEVELS = 8;
    private static final int MAX_BLOCKS = 64;

    private final Weights weights;

    private VqganShapes(Weights weights) { this.weights = weights; }

    /// The sizes of a checkpoint.
    ///
    /// @param weights the way to its tensors
    /// @return the sizes
    /// @throws WeightsException if a tensor is missing or the shapes belong to no VQGAN
    static VqganConfig infer(Weights weights) {
        try {
            return new VqganShapes(weights).config();
        } catch (IllegalArgumentException e) {
            throw new WeightsException(weights.file(), "", "sizes inferred from shapes, since there is no "
                    + "configuration: " + e.getMessage() + "; put the configuration beside the checkpoint", e);
        }
    }

    private VqganConfig config() {
        List<Integer> widths = new ArrayList<>();
        List<Integer> attentionSides = new ArrayList<>();
        for (int level = 0; level < MAX_LEVELS && has(block(level, 0)); level++) {
            widths.add(size(block(level, 0), 4, 0));
            if (has(attention(level))) attentionSides.add(RESOLUTION >> level);
        }
        int blocks = 0;
        while (blocks < MAX_BLOCKS && has(block(0, blocks + 1))) blocks++;
        int channels = has("encoder.conv_in.weight") ? size("encoder.conv_in.weight", 4, 0) : greatestDivisor(widths);
        List<Integer> multipliers = new ArrayList<>();
        for (int width : widths) multipliers.add(channels == 0 ? 0 : width / channels);
        return new VqganConfig(RESOLUTION, channels, multipliers, blocks, attentionSides,
                size("post_quant_conv.weight", 4, 0), size("post_quant_conv.weight", 4, 1),
                size("quantize.embedding.weight", 2, 0));
    }

    /// Refuses a checkpoint with levels, blocks or attention that its configuration does not name: a model without them
    /// would load, since all other tensors fit, and draw wrong pictures.
    ///
    /// @param config  what the configuration says
    /// @param weights the way to the checkpoint's tensors
    /// @throws WeightsException naming the first tensor too many
    static void requireNothingBeyond(VqganConfig config, Weights weights) {
        var shapes = new VqganShapes(weights);
        int levels = config.levelCount();
        shapes.requireAbsent(block(levels, 0), "ch_mult has " + levels + " levels");
        for (int level = 0; level < levels; level++) {
            shapes.requireAbsent(block(level, config.residualBlocks() + 1),
                    "num_res_blocks is " + config.residualBlocks());
            if (!config.hasAttention(level)) {
                shapes.requireAbsent(attention(level), "attn_resolutions lacks " + (config.resolution() >> level));
            }
        }
    }

    private void requireAbsent(String name, String reason) {
        if (!has(name)) return;
        throw new WeightsException(weights.file(), name, "expected no such tensor, since " + reason + ", found "
                + weights.tensor(name) + "; the configuration belongs to another checkpoint");
    }

    private static String block(int level, int block) {
        return "decoder.up." + level + ".block." + block + ".conv1.weight";
    }

    private static String attention(int level) { return "decoder.up." + level + ".attn.0.q.weight"; }

    private static int greatestDivisor(List<Integer> values) {
        int divisor = 0;
        for (int value : values) divisor = greatestDivisor(divisor, value);
        return divisor;
    }

    private static int greatestDivisor(int a, int b) { return b == 0 ? a : greatestDivisor(b, a % b); }

    private boolean has(String name) { return weights.has(name); }

    private int size(String name, int rank, int axis) {
        TensorView view = weights.tensor(name);
        if (view.rank() != rank || view.size(axis) > Integer.MAX_VALUE) {
            throw new WeightsException(weights.file(), name, "expected rank " + rank + ", found " + view);
        }
        return (int) view.size(axis);
    }
}
