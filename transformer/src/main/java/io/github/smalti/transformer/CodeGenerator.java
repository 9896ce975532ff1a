package io.github.smalti.transformer;

import io.github.smalti.core.MemoryPlan;

/// The first stage of a drawing: text ids to image codes.
///
/// Implementations are immutable and thread-safe once loaded; every call has its own cache.
public interface CodeGenerator extends AutoCloseable {
    /// Most tokens of a text.
    int textLength();

    /// Codes of an image.
    int codeCount();

    /// Codes lie below this number.
    int codebookSize();

    /// Whether prompts go through the text normaliser before they are tokenized.
    boolean normalizesText();

    /// Draws images.
    ///
    /// @param request  what to draw
    /// @param listener called after each token
    /// @return for each of the request's images its codes
    /// @throws GenerationCancelledException if the listener says so
    /// @throws GenerationException          if the model has no row for a token of the text, or its weights give numbers
    ///                                      that are not finite
    /// @throws IllegalArgumentException     if a text is longer than [#textLength] or the images are too many for one call, or
    ///                                      the image prompt has another number of codes or unknown ones
    int[][] generate(CodeRequest request, CodeListener listener);

    /// What a call will need besides what is loaded.
    ///
    /// @param images images drawn at once
    /// @param guided whether there is a second stream
    /// @return mapped and packed weights, cache and scratch
    MemoryPlan plan(int images, boolean guided);

    /// Frees the weights; closing twice has no effect.
    @Override
    void close();
}
