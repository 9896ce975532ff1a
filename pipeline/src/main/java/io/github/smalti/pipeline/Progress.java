package io.github.smalti.pipeline;

import io.github.smalti.clip.ClipScore;
import io.github.smalti.core.Pixels;
import java.util.List;

/// What happens during a generation.
///
/// Images are drawn in batches; each is drawn, decoded and ranked before the next begins. A stage starts with the first
/// batch and ends with the last, so stages overlap if there are several batches; counts are of the whole request.
public sealed interface Progress {
    /// A stage starts.
    ///
    /// @param stage which
    /// @param total units of work: tokens when drawing, else images
    record StageStarted(Stage stage, int total) implements Progress {}

    /// One more token of every image of a batch is drawn.
    ///
    /// @param done   tokens of all images so far
    /// @param total  tokens of all images
    record TokensDone(int done, int total) implements Progress {}

    /// The upper part of a picture that is being drawn; only if asked for by [GenerationOptions.Builder#previews].
    ///
    /// @param index  the image's index
    /// @param rows   rows of codes drawn so far
    /// @param pixels the picture of these rows, for the receiver to keep
    record Preview(int index, int rows, Pixels pixels) implements Progress {}

    /// A picture is decoded.
    ///
    /// @param index  the image's index
    /// @param pixels the picture; shared with the result, not to be written
    /// @param done   images decoded so far
    /// @param total  images of the request
    record ImageDone(int index, Pixels pixels, int done, int total) implements Progress {}

    /// A picture is scored.
    ///
    /// @param index the image's index
    /// @param score its score
    /// @param done  images scored so far
    /// @param total images of the request
    record ImageScored(int index, ClipScore score, int done, int total) implements Progress {}

    /// The model has told how much a drawing surprises it.
    ///
    /// @param index      the image's index
    /// @param perplexity 1 or more, lowest fits best
    /// @param done       images done so far
    /// @param total      images of the request
    record PerplexityDone(int index, float perplexity, int done, int total) implements Progress {}

    /// A batch is through all stages: an early look at what the result will be at least as good as.
    ///
    /// @param done  images through all stages so far
    /// @param total images of the request
    /// @param best  the best of them, as many as are kept, best first; shared with the result
    record BatchDone(int done, int total, List<RankedImage> best) implements Progress {}

    /// A stage has ended.
    ///
    /// @param stage   which
    /// @param seconds how long it took in all batches
    record StageEnded(Stage stage, double seconds) implements Progress {}
}
