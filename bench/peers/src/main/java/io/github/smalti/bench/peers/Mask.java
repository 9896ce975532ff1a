package io.github.smalti.bench.peers;

import io.github.smalti.core.layer.AttentionPattern;
import io.github.smalti.core.layer.AttentionPattern.Column;
import io.github.smalti.core.layer.AttentionPattern.Convolution;
import io.github.smalti.core.layer.AttentionPattern.Full;
import io.github.smalti.core.layer.AttentionPattern.Row;
import java.util.Arrays;

/// What a position of a stream attends to besides itself: the text before it, and in the image what a pattern lets it.
///
/// @param text  positions of the text
/// @param image what a token of the image attends to in it
record Mask(int text, AttentionPattern image) {
    /// All that came before.
    static Mask all(int positions) { return new Mask(0, new Full(positions)); }

    /// One name for equal masks of a model.
    String name() {
        return switch (image) {
            case Full _ -> "mask";
            case Row _ -> "mask-row";
            case Column _ -> "mask-column";
            case Convolution _ -> "mask-square";
        };
    }

    boolean seesAll() { return image instanceof Full; }

    boolean sees(int position, int before) {
        return before < position && (before < text || image.sees(position - text, before - text));
    }

    /// What is added to the products of a position's query and keys: 0, or -∞ where it does not attend.
    ///
    /// @param count keys, from the first position on
    float[] row(int position, int count) {
        float[] row = new float[count];
        Arrays.fill(row, Float.NEGATIVE_INFINITY);
        for (int before = 0; before < Math.min(position, count); before++) if (sees(position, before)) row[before] = 0;
        return row;
    }
}
