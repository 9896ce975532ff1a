package io.github.smalti.dvae;

import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.TensorLocation;
import io.github.smalti.weights.WeightsException;

/// The naming scheme of a VQGAN checkpoint; models ask for taming-transformers' names, with `quantize.embedding` for
/// every codebook.
///
/// | layout | example | codebook |
/// |---|---|---|
/// | Flax (vqgan-jax) | `decoder/up_3/block_1/conv1/kernel` (rows, cols, in, out) | `quantize/embedding/embedding` |
/// | taming | `decoder.up.3.block.1.conv1.weight` (out, in, rows, cols) | `quantize.embedding.weight` |
/// | Gumbel | as taming, with `quantize.proj` | `quantize.embed.weight` |
/// | port (min-dalle's `detoker.pt`) | as taming, the decoder alone | `embedding.weight` |
///
/// @param layout the scheme
/// @param prefix what stands before every name, for example `state_dict.` in a Lightning checkpoint
record VqganNames(Layout layout, String prefix) {
    /// Who wrote the file, and the constants that come with it.
    enum Layout {
        FLAX(PixelRange.ZERO_TO_ONE, 1e-6f), TAMING(PixelRange.MINUS_ONE_TO_ONE,
                1e-6f), GUMBEL(PixelRange.MINUS_ONE_TO_ONE, 1e-6f), PORT(PixelRange.ZERO_TO_ONE, PORT_EPS);

        private final PixelRange pixelRange;
        private final float normEps;

        Layout(PixelRange pixelRange, float normEps) {
            this.pixelRange = pixelRange;
            this.normEps = normEps;
        }

        /// The range of pixels that this layout's publishers trained on.
        PixelRange pixelRange() { return pixelRange; }

        /// What group norms add to the variance.
        float normEps() { return normEps; }
    }

    /// The port leaves PyTorch's default in place of the original's 1e-6; its pictures differ a little.
    private static final float PORT_EPS = 1e-5f;
    private static final String CODEBOOK = "quantize.embedding.weight";
    private static final String[] FLAX_PREFIXES = {"", "params/"};
    private static final String[] TORCH_PREFIXES = {"", "state_dict."};
    private static final String FLAX_PROBE = "decoder/conv_in/kernel";
    private static final String PROBE = "decoder.conv_in.weight";

    /// Whether a checkpoint has a VQGAN's decoder.
    static boolean isIn(Checkpoint checkpoint) {
        for (String prefix : FLAX_PREFIXES) if (checkpoint.has(prefix + FLAX_PROBE)) return true;
        for (String prefix : TORCH_PREFIXES) if (checkpoint.has(prefix + PROBE)) return true;
        return false;
    }

    /// Recognises a checkpoint's scheme.
    ///
    /// @param checkpoint the open file
    /// @return its scheme
    /// @throws WeightsException if this is no VQGAN
    static VqganNames of(Checkpoint checkpoint) {
        for (String prefix : FLAX_PREFIXES) {
            if (checkpoint.has(prefix + FLAX_PROBE)) return new VqganNames(Layout.FLAX, prefix);
        }
        for (String prefix : TORCH_PREFIXES) {
            if (!checkpoint.has(prefix + PROBE)) continue;
            if (checkpoint.has(prefix + CODEBOOK)) return new VqganNames(Layout.TAMING, prefix);
            if (checkpoint.has(prefix + "quantize.embed.weight")) return new VqganNames(Layout.GUMBEL, prefix);
            if (checkpoint.has(prefix + "embedding.weight")) return new VqganNames(Layout.PORT, prefix);
            throw new WeightsException(checkpoint.file(), "", "expected a codebook (" + CODEBOOK
                    + ", quantize.embed.weight or embedding.weight), found none; the file is no whole VQGAN");
        }
        throw new WeightsException(checkpoint.file(), "", "expected a VQGAN with " + FLAX_PROBE + " or " + PROBE
                + ", found " + checkpoint.names().size() + " other tensors; choose the codec's checkpoint");
    }

    /// Whether codes are chosen by a Gumbel quantiser's projection instead of distance.
    boolean isGumbel() { return layout == Layout.GUMBEL; }

    /// Where a tensor lies.
    ///
    /// @param name taming-transformers' name
    /// @return its location in this scheme
    TensorLocation locate(String name) {
        return switch (layout) {
            case FLAX -> flax(name);
            case TAMING -> TensorLocation.of(prefix + name);
            case GUMBEL -> TensorLocation.of(prefix + (name.equals(CODEBOOK) ? "quantize.embed.weight" : name));
            case PORT -> TensorLocation.of(prefix + (name.equals(CODEBOOK) ? "embedding.weight" : name));
        };
    }

    /// Joins list indices by `_` and renames the leaf: `up.3.block.1.conv1.weight` → `up_3/block_1/conv1/kernel`.
    private TensorLocation flax(String name) {
        String[] levels = name.split("\\.");
        var out = new StringBuilder(prefix).append(levels[0]);
        for (int i = 1; i < levels.length - 1; i++) {
            boolean isIndex = Character.isDigit(levels[i].charAt(0));
            out.append(isIndex ? '_' : '/').append(levels[i]);
        }
        String layer = levels[levels.length - 2];
        String leaf = levels[levels.length - 1];
        if (!leaf.equals("weight")) return TensorLocation.of(out + "/" + leaf);
        if (layer.startsWith("norm")) return TensorLocation.of(out + "/scale");
        if (layer.equals("embedding")) return TensorLocation.of(out + "/embedding");
        return TensorLocation.of(out + "/kernel").fromFlaxConvolution();
    }
}
