package io.github.smalti.pipeline;

import io.github.smalti.core.Pixels;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.pipeline.internal.MemoryCheck;
import io.github.smalti.pipeline.internal.Prompts;
import io.github.smalti.pipeline.internal.SeamlessDecoding;
import io.github.smalti.pipeline.internal.Stages;
import io.github.smalti.pipeline.internal.Version;
import io.github.smalti.transformer.GenerationCancelledException;
import io.github.smalti.transformer.PromptKind;
import io.github.smalti.transformer.TextIds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// One call of [TextToImage#generate]: batch by batch draw, decode, rank, and keep the best. Holds the state of that call;
/// used by one thread.
final class Generation {
    private static final System.Logger LOG = System.getLogger("smalti");
    private static final double NANOS = 1e-9;

    private final Stages stages;
    private final ModelInfo model;
    private final String prompt;
    private final GenerationOptions options;
    private final MemoryCheck memory;
    private final BooleanSupplier isClosed;
    private final int[] indexes;
    private final BestImages best;
    private final List<String> warnings = new ArrayList<>();
    private final Map<Stage, Double> seconds = new EnumMap<>(Stage.class);

    Generation(Stages stages, ModelInfo model, String prompt, GenerationOptions options, MemoryCheck memory,
            BooleanSupplier isClosed) {
        this.stages = stages;
        this.model = model;
        this.prompt = prompt;
        this.options = options;
        this.memory = memory;
        this.isClosed = isClosed;
        this.indexes = options.indexes().stream().mapToInt(Integer::intValue).toArray();
        this.best = new BestImages(options.keep());
    }

    /// What is the same for all batches.
    ///
    /// @param drawing how codes are drawn
    /// @param judge   how pictures are judged
    private record Work(CodeDrawing drawing, Judge judge) {}

    GeneratedImages run() {
        mustGoOn();
        int batch = memory.batch(stages, options);
        Work work = work();
        for (int from = 0; from < indexes.length; from += batch) {
            int[] part = Arrays.copyOfRange(indexes, from, Math.min(indexes.length, from + batch));
            run(work, part, from);
            int done = from + part.length;
            if (done < indexes.length) mustTell(new Progress.BestSoFar(best.ranked(), done, indexes.length));
        }
        for (String warning : warnings) LOG.log(System.Logger.Level.WARNING, warning);
        return new GeneratedImages(prompt, options, model, warnings, seconds, best.ranked());
    }

    private Work work() {
        Prompts prompts = Prompts.of(stages);
        TextIds positive = prompts.encode("prompt", prompt, warnings);
        boolean hasNegative = prompts.kind() == PromptKind.TEXT || options.sampling().isGuided();
        TextIds negative = hasNegative
                ? prompts.encode("negative prompt", options.negativePrompt(), warnings)
                : positive;
        if (!options.sampling().isGuided() && !options.negativePrompt().isBlank()) {
            warnings.add("the negative prompt has no effect at guidance 1");
        }
        var drawing = new CodeDrawing(stages.generator(), options, positive, negative);
        options.imagePrompt().requireFits(drawing.rows() * drawing.cols(), stages.generator().codebookSize());
        return new Work(drawing, Judge.of(stages, options, prompt, positive, warnings));
    }

    /// Draws, decodes and judges some pictures.
    ///
    /// @param part   their indexes
    /// @param before how many pictures came before
    private void run(Work work, int[] part, int before) {
        int all = indexes.length;
        int[][] codes = timed(Stage.DRAW, all * work.drawing.codesOfAPicture(), () -> draw(work, part, before));
        List<Pixels> pictures = timed(Stage.DECODE, all, () -> decode(work, part, codes, before));
        List<Judge.Verdict> verdicts = work.judge.takesTime()
                ? timed(Stage.RANK, all, () -> judge(work, part, codes, pictures, before))
                : work.judge.judge(part, codes, pictures, (_, _) -> {});
        for (int i = 0; i < part.length; i++) {
            Judge.Verdict verdict = verdicts.get(i);
            best.add(new RankedImage(0, codes[i], pictures.get(i), verdict.score(), verdict.perplexity(),
                    record(part[i])), verdict.merit());
        }
    }

    private int[][] draw(Work work, int[] part, int before) {
        int each = work.drawing.codesOfAPicture();
        return work.drawing.draw(part, (done, first) -> goesOn()
                && tell(new Progress.TokensDone(before * each + done, indexes.length * each))
                && (first == null || preview(part, done / part.length, first)));
    }

    private boolean preview(int[] part, int tokens, int[][] soFar) {
        ImageCodec codec = stages.codec();
        int cols = stages.generator().gridCols();
        int rows = tokens / cols;
        boolean due = options.previewRows() > 0 && tokens % cols == 0 && tokens < stages.generator().codeCount()
                && rows % options.previewRows() == 0;
        if (!due) return true;
        for (int i = 0; i < part.length; i++) {
            Pixels upper = codec.decode(Arrays.copyOf(soFar[i], tokens), rows, cols);
            if (!goesOn() || !tell(new Progress.Preview(part[i], rows, upper))) return false;
        }
        return true;
    }

    private List<Pixels> decode(Work work, int[] part, int[][] codes, int before) {
        int rows = work.drawing.rows();
        int cols = work.drawing.cols();
        List<Pixels> pictures = new ArrayList<>(codes.length);
        for (int i = 0; i < codes.length; i++) {
            mustGoOn();
            Pixels picture = options.shape().isSeamless()
                    ? SeamlessDecoding.decode(stages.codec(), codes[i], rows, cols)
                    : stages.codec().decode(codes[i], rows, cols);
            pictures.add(picture);
            mustTell(new Progress.ImageDone(part[i], picture, before + i + 1, indexes.length));
        }
        return pictures;
    }

    private List<Judge.Verdict> judge(Work work, int[] part, int[][] codes, List<Pixels> pictures, int before) {
        return work.judge.judge(part, codes, pictures, (i, verdict) -> {
            mustGoOn();
            if (verdict == null) return;
            int done = before + i + 1;
            mustTell(verdict.score() != null
                    ? new Progress.ImageScored(part[i], verdict.score(), done, indexes.length)
                    : new Progress.PerplexityDone(part[i], verdict.perplexity(), done, indexes.length));
        });
    }

    private ImageRecord record(int index) {
        return new ImageRecord(Version.text(), model, Prompts.readable(prompt),
                Prompts.readable(options.negativePrompt()), options.imagePrompt(), options.shape(), options.sampling(),
                options.seed(), index);
    }

    private <T> T timed(Stage stage, int total, Supplier<T> work) {
        mustGoOn();
        mustTell(new Progress.StageStarted(stage, total));
        long start = System.nanoTime();
        T result = work.get();
        double took = (System.nanoTime() - start) * NANOS;
        seconds.merge(stage, took, Double::sum);
        mustTell(new Progress.StageEnded(stage, took));
        return result;
    }

    /// False once the caller has cancelled, the thread is interrupted or the model is closed.
    private boolean goesOn() {
        return !options.cancellation().isCancelled() && !Thread.currentThread().isInterrupted()
                && !isClosed.getAsBoolean();
    }

    private void mustGoOn() { if (!goesOn()) throw cancelled(); }

    private boolean tell(Progress event) { return options.listener().on(event); }

    private void mustTell(Progress event) { if (!tell(event)) throw cancelled(); }

    private static GenerationCancelledException cancelled() {
        return new GenerationCancelledException("the generation was cancelled");
    }
}
