package io.github.smalti.transformer;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.weights.Weights;
import java.util.List;

/// The first stage of a drawing: text ids to image codes.
///
/// Implementations are immutable and thread-safe once loaded; every call has its own cache.
public interface CodeGenerator extends AutoCloseable {
    /// What a picture is drawn from: it says what the ids of a request mean.
    PromptKind promptKind();

    /// Most tokens of a text; 1 where the prompt is a class or nothing.
    int textLength();

    /// Codes of an image: rows times columns.
    int codeCount();

    /// Rows of an image's grid of codes.
    int gridRows();

    /// Columns of an image's grid of codes.
    int gridCols();

    /// Codes lie below this number.
    int codebookSize();

    /// Whether prompts go through the text normaliser before they are tokenized.
    boolean normalizesText();

    /// The weights, which the model closes: each can be [written packed][Weights#writePacked]. By default none.
    default List<Weights> weights() { return List.of(); }

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

    /// Whether the model can tell how well pictures fit a prompt, see [#perplexities].
    boolean hasPerplexity();

    /// How much pictures surprise the model: the mean of exp(cross-entropy) over all codes but the first, as ruDALL-E ranks
    /// its candidates; the lowest fits best.
    ///
    /// All codes are given, so a grid row goes through the model in one pass.
    ///
    /// @param prompt   what the pictures should show
    /// @param codes    for each picture its codes, row-major
    /// @param listener called after each row of the grid
    /// @return a number of 1 or more for each picture; infinite where a code is impossible
    /// @throws GenerationCancelledException  if the listener says so
    /// @throws GenerationException           as for [#generate]
    /// @throws IllegalArgumentException      if there is no picture or too many for one call, one has another number of
    ///                                       codes or one outside the codebook, or the text is too long
    /// @throws UnsupportedOperationException if the model has none
    float[] perplexities(TextIds prompt, int[][] codes, CodeListener listener);

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
