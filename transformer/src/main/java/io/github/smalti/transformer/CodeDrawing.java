package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/// The codes of a request while they come into being: given ones are taken, others drawn from logits, the listener is told.
///
/// Belongs to one call; not thread-safe, though it draws on all threads.
final class CodeDrawing {
    private final CodeRequest request;
    private final CodeListener listener;
    private final Compute compute;
    private final CodeSampler[] samplers;
    private final int[][] codes;
    private int told;

    /// Starts a drawing.
    ///
    /// @param request      what to draw
    /// @param listener     told of each token
    /// @param compute      what to draw with
    /// @param codeCount    codes of an image
    /// @param codebookSize codes lie below this number
    CodeDrawing(CodeRequest request, CodeListener listener, Compute compute, int codeCount, int codebookSize) {
        this.request = request;
        this.listener = Objects.requireNonNull(listener, "listener");
        this.compute = compute;
        int images = request.images().length;
        this.samplers = new CodeSampler[images];
        Arrays.setAll(samplers, _ -> new CodeSampler(compute.kernels(), codebookSize));
        this.codes = new int[images][codeCount];
    }

    /// For each image its codes.
    int[][] codes() { return codes; }

    /// Takes the code that the request gives for a position.
    ///
    /// @return whether it gives one
    boolean takeGiven(int position) {
        if (!request.imagePrompt().gives(position)) return false;
        for (int[] image : codes) image[position] = request.imagePrompt().codes().get(position);
        return true;
    }

    /// Draws a code of each image.
    ///
    /// @param logits  rows of the prompt's stream, then of the other
    /// @param columns length of a row
    /// @return the place of the first image whose logits are not finite, else -1
    int draw(float[] logits, int columns, int position) {
        int images = samplers.length;
        var broken = new AtomicInteger(images);
        compute.team().run((part, parts) -> {
            for (int i = images * part / parts; i < images * (part + 1) / parts; i++) {
                int negativeAt = request.isGuided() ? (images + i) * columns : -1;
                if (!samplers[i].guide(logits, i * columns, negativeAt, request.guidanceScale())) {
                    broken.accumulateAndGet(i, Math::min); // the first one, whichever thread is faster
                    return;
                }
                codes[i][position] = samplers[i].draw(request.sampling(), request.seed(), request.images()[i],
                        position);
            }
        });
        return broken.get() < images ? broken.get() : -1;
    }

    /// The fault of logits that are not finite.
    ///
    /// @param place    place of the image in the request
    /// @param position the code that could not be drawn
    /// @param where    where numbers stopped being finite, or "" if that was guidance
    GenerationException notFinite(int place, int position, String where) {
        return new GenerationException("image " + request.images()[place] + ", token " + position + ": "
                + (where.isEmpty()
                        ? "the guided logits are not finite; take a smaller guidance scale than "
                                + request.guidanceScale()
                        : "the numbers of " + where + " are not finite; the checkpoint is damaged, check its hash "
                                + "and fetch it again"));
    }

    /// Tells the listener of each token that it does not know yet.
    ///
    /// @param done codes done so far of each image
    /// @throws GenerationCancelledException if the listener says so
    void tell(int done) {
        while (told < done) {
            if (listener.tokenDone(++told, codes)) continue;
            throw new GenerationCancelledException("stopped after " + told + " of " + codes[0].length + " tokens");
        }
    }
}
