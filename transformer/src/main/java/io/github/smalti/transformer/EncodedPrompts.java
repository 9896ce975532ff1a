package io.github.smalti.transformer;

import java.util.Arrays;

/// One or two encoded prompts, one below the other.
///
/// @param hidden  (sum of the lengths, dModel)
/// @param lengths for each prompt the rows that the decoder attends to
record EncodedPrompts(float[] hidden, int[] lengths) {
    /// Number of prompts.
    int count() { return lengths.length; }

    /// Rows of all prompts.
    int rows() { return Arrays.stream(lengths).sum(); }

    /// Rows of the longest prompt.
    int longest() { return Arrays.stream(lengths).max().orElseThrow(); }

    /// For each row the prompt it belongs to.
    int[] promptOf() {
        int[] promptOf = new int[rows()];
        int row = 0;
        for (int prompt = 0; prompt < lengths.length; prompt++) {
            Arrays.fill(promptOf, row, row + lengths[prompt], prompt);
            row += lengths[prompt];
        }
        return promptOf;
    }

    /// For each row its position in its prompt.
    int[] positions() {
        int[] positions = new int[rows()];
        int row = 0;
        for (int length : lengths) {
            for (int position = 0; position < length; position++) positions[row++] = position;
        }
        return positions;
    }
}
