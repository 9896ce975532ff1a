package io.github.smalti.bench;

import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.AttentionPattern;
import io.github.smalti.core.layer.AttentionPattern.Column;
import io.github.smalti.core.layer.AttentionPattern.Convolution;
import io.github.smalti.core.layer.AttentionPattern.Row;
import io.github.smalti.core.layer.KeyValues;
import io.github.smalti.core.layer.SparseKeyValues;
import java.util.ArrayList;
import java.util.List;

/// The attention layers of a decoder-only transformer over text and image.
///
/// @param layers     attention layers
/// @param heads      heads of a layer
/// @param headDim    length of a head's key
/// @param textLength text tokens
/// @param grid       rows and columns of the image
record SparseShape(int layers, int heads, int headDim, int textLength, int grid) {
    /// ruDALL-E XL: Malevich, Emojich and Kandinsky's first generation.
    static final SparseShape RUDALLE_XL = new SparseShape(24, 16, 128, 128, 32);
    private static final int KERNEL = 11;

    int width() { return heads * headDim; }

    int imageLength() { return grid * grid; }

    int capacity() { return textLength + imageLength(); }

    /// Columns in every fourth layer from the second one, a square in the last one, rows elsewhere.
    List<AttentionPattern> patterns() {
        List<AttentionPattern> patterns = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            if (layer % 4 == 1) {
                patterns.add(new Column(grid));
            } else {
                patterns.add(layer == layers - 1 ? new Convolution(grid, KERNEL, false) : new Row(grid));
            }
        }
        return patterns;
    }

    /// Tokens that an image token attends to, text included: the mean over the layers.
    double keys(int position) {
        double sum = 0;
        for (AttentionPattern pattern : patterns()) sum += textLength + pattern.keys(position);
        return sum / layers;
    }

    /// Bytes of all layers' caches.
    long sparseBytes(Precision precision, int images) {
        long sum = 0;
        for (AttentionPattern pattern : patterns()) {
            sum += SparseKeyValues.byteSize(precision, pattern, 1, textLength, images, heads, headDim);
        }
        return sum;
    }

    /// Bytes of all layers' caches that keep every token of every image's stream.
    long denseBytes(Precision precision, int images) {
        return layers * KeyValues.byteSize(precision, images, heads, headDim, capacity());
    }

    /// Bytes of a layer's weights: four square matrices of attention and two of four times the width.
    long weightBytes(Precision precision) { return 12L * width() * width() * precision.bytes(); }
}
