package io.github.smalti.transformer;

import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.layer.AttentionPattern;
import java.util.ArrayList;
import java.util.List;

/// Sizes and switches of a ruDALL-E model, as they follow from its tensors' shapes.
///
/// | | Malevich, Emojich, Surrealist (XL) | Kandinsky (XXL) |
/// |---|---|---|
/// | layers, width, heads | 24, 2048, 16 | 64, 3840, 60 |
/// | text | 128 tokens of 16384 + 128 | same |
/// | image | 32 × 32 codes of 8192 | same |
///
/// Source: ai-forever/ru-dalle `rudalle/dalle/__init__.py` @ 0255cec.
///
/// @param layerCount    layers
/// @param dModel        width of the residual stream
/// @param headCount     attention heads
/// @param textVocabSize rows of the text embedding, a padding vector for each position included
/// @param textLength    tokens of a text
/// @param codebookSize  codes
/// @param gridSize      rows and columns of an image
/// @param isSandwich    whether a layer norm stands after each block as well
/// @param version       upstream's `hf_version`
public record RuDalleConfig(int layerCount, int dModel, int headCount, int textVocabSize, int textLength,
        int codebookSize, int gridSize, boolean isSandwich, Version version) {
    /// Edge of the square in the last layer.
    static final int CONVOLUTION = 11;
    /// Attention's outputs are clamped to the largest float16.
    private static final float ATTENTION_LIMIT = 65504;

    /// Generations of published checkpoints.
    public enum Version {
        /// A start token stands before the text, while masks go on to count as if there was none, and the convolutional layer
        /// wraps around.
        V2,
        /// Neither.
        V3
    }

    /// Numbers of all weights and biases; buffers are none.
    public long parameterCount() {
        long d = dModel;
        long tables = (long) textVocabSize + codebookSize + textLength + 1 + 2L * gridSize;
        long norms = isSandwich ? 4 : 2;
        long layer = 12 * d * d + 9 * d + norms * 2 * d;
        return tables * d + layerCount * layer + 4 * d + ((long) textVocabSize + codebookSize) * (d + 1);
    }

    /// For each layer what image tokens attend to: every fourth from the second on its column, the last a square unless it
    /// is one of those, all others a row.
    ///
    /// @return patterns over the cells of an image; in v2 cell 0 is the text's last token and a code's cell is its own + 1
    public List<AttentionPattern> patterns() {
        List<AttentionPattern> patterns = new ArrayList<>();
        for (int layer = 0; layer < layerCount; layer++) {
            if (layer % 4 == 1) {
                patterns.add(new AttentionPattern.Column(gridSize));
            } else if (layer < layerCount - 1) {
                patterns.add(new AttentionPattern.Row(gridSize));
            } else {
                patterns.add(new AttentionPattern.Convolution(gridSize, CONVOLUTION, version == Version.V2));
            }
        }
        return patterns;
    }

    DecoderConfig decoder() {
        return new DecoderConfig(dModel, headCount, 4 * dModel, patterns(), textLength, version == Version.V2 ? 1 : 0,
                new Grid(gridSize, gridSize), codebookSize, true, true, Activation.GELU_TANH, isSandwich,
                ATTENTION_LIMIT);
    }
}
