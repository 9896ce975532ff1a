package io.github.smalti.pipeline;

import io.github.smalti.clip.ClipScore;
import io.github.smalti.core.Pixels;
import java.util.List;

/// What happens during a generation, in this order: a stage starts, its events, the stage ends.
///
/// Images that are more than a batch go through all stages batch by batch; counts go on from batch to batch.
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

    /// The model itself has judged a picture.
    ///
    /// @param index      the image's index
    /// @param perplexity how much the picture surprises it
    /// @param done       images judged so far
    /// @param total      images of the request
    record PerplexityDone(int index, float perplexity, int done, int total) implements Progress {}

    /// A batch went through all stages, and others follow.
    ///
    /// @param best  the best images so far, best first, at most as many as are kept
    /// @param done  images that went through all stages
    /// @param total images of the request
    record BestSoFar(List<RankedImage> best, int done, int total) implements Progress {}

    /// A stage has ended.
    ///
    /// @param stage   which
    /// @param seconds how long it took, in this batch
    record StageEnded(Stage stage, double seconds) implements Progress {}
}
