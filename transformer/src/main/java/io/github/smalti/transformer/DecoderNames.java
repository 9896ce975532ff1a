package io.github.smalti.transformer;

import io.github.smalti.weights.TensorLocation;
import java.util.Map;
import java.util.function.Function;

/// Maps the names that [DecoderStack] and its models ask for to those of a family.
///
/// @param layers  what stands before the number of a layer
/// @param ofLayer names within a layer, without `.weight` and `.bias`
/// @param ofModel names outside of layers
record DecoderNames(String layers, Map<String, String> ofLayer, Map<String, String> ofModel)
        implements
            Function<String, TensorLocation> {
    private static final String LAYERS = "layers.";

    @Override
    public TensorLocation apply(String name) {
        int end = name.endsWith(".weight") || name.endsWith(".bias") ? name.lastIndexOf('.') : name.length();
        String path = name.substring(0, end);
        String leaf = name.substring(end);
        if (!path.startsWith(LAYERS)) return TensorLocation.of(ofModel.getOrDefault(path, path) + leaf);
        int dot = path.indexOf('.', LAYERS.length());
        String number = path.substring(LAYERS.length(), dot);
        String within = path.substring(dot + 1);
        return TensorLocation.of(layers + number + "." + ofLayer.getOrDefault(within, within) + leaf);
    }
}
