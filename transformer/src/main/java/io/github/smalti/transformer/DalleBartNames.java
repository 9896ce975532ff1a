package io.github.smalti.transformer;

import io.github.smalti.weights.TensorLocation;
import java.util.Map;
import java.util.function.Function;

/// Where DalleBart's tensors lie in the published layouts; the only place that knows.
///
/// Models ask by the names of the PyTorch port (`decoder.layers.3.self_attn.q_proj.weight`); the Flax trees keep layers
/// stacked ("scanned") or one sub-tree per layer.
final class DalleBartNames {
    private static final Map<String, String> ENCODER_LAYER = Map.of(
            "pre_self_attn_layer_norm", "LayerNorm_0",
            "self_attn", "FlaxBartAttention_0",
            "self_attn_layer_norm", "LayerNorm_1");
    private static final Map<String, String> DECODER_LAYER = Map.of(
            "pre_self_attn_layer_norm", "LayerNorm_0",
            "self_attn", "FlaxBartAttention_0",
            "self_attn_layer_norm", "LayerNorm_1",
            "pre_encoder_attn_layer_norm", "LayerNorm_2",
            "encoder_attn", "FlaxBartAttention_1",
            "encoder_attn_layer_norm", "LayerNorm_3");
    /// Within a feed-forward block; one without gates ends with `fc1`.
    private static final Map<String, String> FEED_FORWARD = Map.of("ln0", "LayerNorm_0", "fc0", "Dense_0", "fc1",
            "Dense_1",
            "ln1", "LayerNorm_1", "fc2", "Dense_2");

    private DalleBartNames() {}

    /// The PyTorch port keeps encoder and decoder in two files without a prefix.
    static Function<String, TensorLocation> torchPort() {
        return name -> TensorLocation.of(name.startsWith("encoder.") || name.startsWith("decoder.")
                ? name.substring("encoder.".length())
                : name);
    }

    /// The Flax tree.
    ///
    /// @param scanned whether axis 0 of every tensor of a layer is the layer
    static Function<String, TensorLocation> flax(boolean scanned) {
        return name -> {
            String[] parts = name.split("\\.");
            if (parts[0].equals("lm_head")) return TensorLocation.of("lm_head/kernel").transposed();
            String side = parts[0];
            if (!parts[1].equals("layers")) {
                String leaf = leaf(parts[1], parts[2]);
                return TensorLocation.of("model/" + side + "/" + parts[1] + "/" + leaf);
            }
            int layer = Integer.parseInt(parts[2]);
            String kind = side.equals("encoder") ? "FlaxBartEncoderLayer" : "FlaxBartDecoderLayer";
            String folder = "model/" + side + "/layers/" + kind + (scanned ? "s" : "_" + layer) + "/";
            TensorLocation location = TensorLocation.of(folder + withinLayer(side, parts));
            if (scanned) location = location.stacked(layer);
            return location.name().endsWith("/kernel") ? location.transposed() : location;
        };
    }

    private static String withinLayer(String side, String[] parts) {
        String block = parts[3];
        String last = parts[parts.length - 1];
        if (block.equals("glu") || block.equals("ffn")) {
            String flaxBlock = block.equals("glu") ? "GLU_0" : "FFN_0";
            return flaxBlock + "/" + FEED_FORWARD.get(parts[4]) + "/" + leaf(parts[4], last);
        }
        String flaxBlock = (side.equals("encoder") ? ENCODER_LAYER : DECODER_LAYER).get(block);
        if (parts.length == 6) return flaxBlock + "/" + parts[4] + "/" + leaf(parts[4], last);
        return flaxBlock + "/" + leaf(block, last);
    }

    /// What PyTorch calls `weight` is a kernel, a scale or an embedding in Flax.
    private static String leaf(String owner, String leaf) {
        if (leaf.equals("bias")) return "bias";
        if (owner.startsWith("embed_")) return "embedding";
        boolean norm = owner.startsWith("ln") || owner.startsWith("layernorm") || owner.endsWith("layer_norm")
                || owner.equals("final_ln");
        return norm ? "scale" : "kernel";
    }
}
