package io.github.smalti.dvae;

import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.TensorLocation;
import io.github.smalti.weights.WeightsException;

/// The naming scheme of OpenAI's dVAE: that of its modules' parameters, in pickled modules and state dicts alike.
///
/// A model asks for `weight` and `bias`; the files say `w` and `b`: `blocks.group_1.block_1.res_path.conv_1.w`.
///
/// @param prefix what stands before every name, for example `state_dict.`
record OpenAiDvaeNames(String prefix) {
    private static final String[] PREFIXES = {"", "state_dict."};
    private static final String[] PROBES = {"blocks.input.w", "blocks.group_1.block_1.res_path.conv_1.w"};

    /// Whether a checkpoint is the encoder or the decoder.
    static boolean isIn(Checkpoint checkpoint) { return prefixOf(checkpoint) != null; }

    /// Recognises a checkpoint's scheme.
    ///
    /// @param checkpoint the open file
    /// @return its scheme
    /// @throws WeightsException if this is neither encoder nor decoder
    static OpenAiDvaeNames of(Checkpoint checkpoint) {
        String prefix = prefixOf(checkpoint);
        if (prefix != null) return new OpenAiDvaeNames(prefix);
        throw new WeightsException(checkpoint.file(), "", "expected a half of OpenAI's dVAE with " + PROBES[0] + " and "
                + PROBES[1] + ", found " + checkpoint.names().size() + " other tensors; choose the codec's checkpoint");
    }

    private static String prefixOf(Checkpoint checkpoint) {
        for (String prefix : PREFIXES) {
            if (checkpoint.has(prefix + PROBES[0]) && checkpoint.has(prefix + PROBES[1])) return prefix;
        }
        return null;
    }

    /// Where a tensor lies.
    ///
    /// @param name the module's name, with `weight` or `bias` at the end
    /// @return its location
    TensorLocation locate(String name) {
        int leaf = name.lastIndexOf('.') + 1;
        return TensorLocation.of(prefix + name.substring(0, leaf) + name.charAt(leaf));
    }
}
