package io.github.smalti.bench;

import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.DalleBart;
import io.github.smalti.transformer.GenerationCancelledException;
import io.github.smalti.transformer.Sampling;
import io.github.smalti.transformer.TextIds;
import java.util.Arrays;
import java.util.stream.IntStream;

/// One call of a transformer, token by token: when each step began and ended.
///
/// A step runs from the end of the listener's call before it to the beginning of its own, so what the listener does is
/// nobody's time. The first step has the prefill in front and is not told apart here.
final class Drawing {
    private static final float GUIDANCE = 10f;
    private static final int FIRST_WORD = 4;
    private static final int END_MARK = 2;

    /// Told after each step.
    @FunctionalInterface
    interface StepListener { void stepDone(int position, long startNanos, long endNanos); }

    private final long startNanos;
    private final long[] ends;
    private final long[] starts;
    private int done;

    private Drawing(int steps) {
        starts = new long[steps];
        ends = new long[steps];
        startNanos = System.nanoTime();
        starts[0] = startNanos;
    }

    /// Draws with guidance and full prompts.
    ///
    /// @param model    the transformer
    /// @param images   images at once
    /// @param steps    steps after which to stop
    /// @param listener told of each step
    static Drawing of(DalleBart model, int images, int steps, StepListener listener) {
        return of(model, model.config().textVocabSize(), GUIDANCE, images, steps, listener);
    }

    /// Draws with full prompts.
    ///
    /// @param model         the transformer
    /// @param textVocabSize ids of the prompts lie below this number
    /// @param guidance      1 for none
    /// @param images        images at once
    /// @param steps         steps after which to stop
    /// @param listener      told of each step
    static Drawing of(CodeGenerator model, int textVocabSize, float guidance, int images, int steps,
            StepListener listener) {
        var request = new CodeRequest(prompt(model, textVocabSize, 0), prompt(model, textVocabSize, 1),
                new Sampling.Random(1f, 0, 1f), guidance, 1, IntStream.range(0, images).toArray());
        var drawing = new Drawing(steps);
        try {
            model.generate(request, (tokensDone, _) -> drawing.tokenDone(listener));
        } catch (GenerationCancelledException _) {
            // as asked after the last step
        }
        return drawing;
    }

    /// A prompt that fills the model's text length, and never says what the model has no row for.
    static TextIds prompt(DalleBart model, int which) { return prompt(model, model.config().textVocabSize(), which); }

    private static TextIds prompt(CodeGenerator model, int textVocabSize, int which) {
        int length = model.textLength();
        int words = textVocabSize - FIRST_WORD;
        int[] ids = new int[length];
        Arrays.setAll(ids, i -> FIRST_WORD + (int) ((i + which) * 7919L % words));
        ids[0] = 0;
        ids[length - 1] = END_MARK;
        return new TextIds(ids, length);
    }

    private boolean tokenDone(StepListener listener) {
        ends[done] = System.nanoTime();
        listener.stepDone(done, starts[done], ends[done]);
        done++;
        if (done == ends.length) return false;
        starts[done] = System.nanoTime();
        return true;
    }

    /// When the call began.
    long startNanos() { return startNanos; }

    /// Seconds of one step.
    double seconds(int position) { return (ends[position] - starts[position]) * 1e-9; }

    /// Seconds from the end of the first step to the end of the last.
    double secondsAfterFirst() {
        double sum = 0;
        for (int p = 1; p < done; p++) sum += seconds(p);
        return sum;
    }

    /// Seconds from the call to the end of the first step.
    double secondsToFirst() { return (ends[0] - startNanos) * 1e-9; }
}
