package io.github.smalti.pipeline;

import io.github.smalti.core.Pixels;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.pipeline.Judge.Verdict;
import io.github.smalti.pipeline.internal.MemoryCheck;
import io.github.smalti.pipeline.internal.Prompts;
import io.github.smalti.pipeline.internal.SeamlessTile;
import io.github.smalti.pipeline.internal.Stages;
import io.github.smalti.pipeline.internal.Version;
import io.github.smalti.pipeline.internal.WindowedDrawing;
import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.CodeListener;
import io.github.smalti.transformer.CodeRequest;
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

/// One call of [TextToImage#generate]: batch after batch is drawn, decoded and judged, and the best images stay. Holds the
/// state of that call; used by one thread.
final class Generation {
    private static final System.Logger LOG = System.getLogger("smalti");
    private static final double NANOS = 1e-9;

    private final Stages stages;
    private final ModelInfo model;
    private final String prompt;
    private final GenerationOptions options;
    private final MemoryCheck memory;
    private final BooleanSupplier isClosed;
    private final Canvas canvas;
    private final WindowedDrawing drawing;
    /// Null if the edges need not join.
    private final SeamlessTile tile;
    private final Judge judge;
    private final int[] indexes;
    private final List<String> warnings = new ArrayList<>();
    private final Map<Stage, Double> seconds = new EnumMap<>(Stage.class);

    Generation(Stages stages, ModelInfo model, String prompt, GenerationOptions options, MemoryCheck memory,
            BooleanSupplier isClosed) {
        CodeGenerator generator = stages.generator();
        this.stages = stages;
        this.model = model;
        this.prompt = prompt;
        this.options = options;
        this.memory = memory;
        this.isClosed = isClosed;
        this.canvas = options.canvas().on(generator.gridRows(), generator.gridCols());
        this.drawing = new WindowedDrawing(generator, canvas.rows(), canvas.cols());
        this.tile = canvas.isTile() ? new SeamlessTile(generator, canvas.rows(), canvas.cols()) : null;
        this.judge = new Judge(stages, options.rankBy(), canvas, prompt);
        int count = judge.by() == RankBy.NONE ? options.keep() : options.indexes().size();
        this.indexes = options.indexes().stream().mapToInt(Integer::intValue).limit(count).toArray();
    }

    GeneratedImages run() {
        mustGoOn();
        options.imagePrompt().requireFits(canvas.rows() * canvas.cols(), stages.generator().codebookSize());
        int around = tile == null ? 0 : 2 * SeamlessTile.AROUND;
        int batch = memory.batch(stages, new MemoryCheck.Call(indexes.length, options.keep(), options.batch(),
                options.sampling().isGuided(), canvas.rows() + around, canvas.cols() + around));
        requireCountable();
        CodeRequest request = request();
        var best = new BestImages(options.keep(), judge.order());
        for (int from = 0; from < indexes.length; from += batch) {
            var part = new Part(from, Math.min(indexes.length, from + batch));
            int[][] codes = timed(Stage.DRAW, part, indexes.length * tokens(), () -> draw(request, part));
            List<Pixels> pictures = timed(Stage.DECODE, part, indexes.length, () -> decode(codes, part));
            Verdict[] verdicts = judge.by() == RankBy.NONE
                    ? null
                    : timed(Stage.RANK, part, indexes.length, () -> judge(request.prompt(), codes, pictures, part));
            for (int i = 0; i < codes.length; i++) {
                best.offer(new RankedImage(part.from + i + 1, codes[i], pictures.get(i),
                        verdicts == null ? Verdict.NONE : verdicts[i], record(indexes[part.from + i])));
            }
            mustGoOn();
            mustTell(new Progress.BatchDone(part.to, indexes.length, best.ranked()));
        }
        for (String warning : warnings) LOG.log(System.Logger.Level.WARNING, warning);
        return new GeneratedImages(prompt, options, model, warnings, seconds, best.ranked());
    }

    private void requireCountable() {
        if ((long) indexes.length * tokens() <= Integer.MAX_VALUE) return;
        throw new IllegalArgumentException(indexes.length + " images of " + canvas.rows() + " x " + canvas.cols()
                + " codes: expected at most " + Integer.MAX_VALUE / tokens() + " of this size in one call");
    }

    /// Images of the request that are drawn at once.
    private record Part(int from, int to) { int size() { return to - from; } }

    /// The request of all images; each batch draws some of them.
    private CodeRequest request() {
        var prompts = new Prompts(stages.tokenizer(), stages.generator());
        TextIds positive = prompts.encode("prompt", prompt, warnings);
        SamplingSettings sampling = options.sampling();
        boolean hasNegative = sampling.isGuided() || stages.generator().promptKind() == PromptKind.TEXT;
        TextIds negative = hasNegative
                ? prompts.encode("negative prompt", options.negativePrompt(), warnings)
                : positive;
        if (!sampling.isGuided() && !options.negativePrompt().isBlank()) {
            warnings.add("the negative prompt has no effect at guidance 1");
        }
        return new CodeRequest(positive, negative, sampling.sampling(), sampling.guidanceScale(), options.seed(),
                indexes, options.imagePrompt());
    }

    /// Tokens of an image, those that are drawn a second time included.
    private int tokens() { return drawing.tokens() + (tile == null ? 0 : tile.tokens()); }

    private int[][] draw(CodeRequest all, Part part) {
        var request = new CodeRequest(all.prompt(), all.negative(), all.sampling(), all.guidanceScale(), all.seed(),
                Arrays.copyOfRange(indexes, part.from, part.to), options.imagePrompt());
        int[][] codes = drawing.draw(request, (tokens, soFar) -> drawn(part, tokens)
                && preview(part, tokens, soFar));
        if (tile == null) return codes;
        CodeListener listener = (tokens, _) -> drawn(part, drawing.tokens() + tokens);
        return tile.redraw(request, codes, listener);
    }

    private boolean drawn(Part part, int tokens) {
        int done = part.from * tokens() + tokens * part.size();
        return goesOn() && tell(new Progress.TokensDone(done, indexes.length * tokens()));
    }

    private boolean preview(Part part, int tokens, int[][] soFar) {
        ImageCodec codec = stages.codec();
        int cols = codec.gridCols();
        int rows = tokens / cols;
        boolean due = options.previewRows() > 0 && drawing.isRowByRow() && tokens % cols == 0
                && tokens < drawing.tokens() && rows % options.previewRows() == 0;
        if (!due) return true;
        for (int i = 0; i < part.size(); i++) {
            Pixels upper = codec.decode(Arrays.copyOf(soFar[i], tokens), rows, cols);
            if (!goesOn() || !tell(new Progress.Preview(indexes[part.from + i], rows, upper))) return false;
        }
        return true;
    }

    private List<Pixels> decode(int[][] codes, Part part) {
        ImageCodec codec = stages.codec();
        List<Pixels> pictures = new ArrayList<>(codes.length);
        for (int i = 0; i < codes.length; i++) {
            mustGoOn();
            Pixels picture = tile == null
                    ? codec.decode(codes[i], canvas.rows(), canvas.cols())
                    : tile.decode(codec, codes[i]);
            pictures.add(picture);
            int at = part.from + i;
            mustTell(new Progress.ImageDone(indexes[at], picture, at + 1, indexes.length));
        }
        return pictures;
    }

    private Verdict[] judge(TextIds ids, int[][] codes, List<Pixels> pictures, Part part) {
        boolean isClip = judge.by() == RankBy.CLIP;
        Verdict[] verdicts = isClip
                ? new Verdict[codes.length]
                : judge.perplexities(ids, codes, this::goesOn);
        for (int i = 0; i < verdicts.length; i++) {
            mustGoOn();
            int at = part.from + i;
            if (isClip) verdicts[i] = judge.score(indexes[at], pictures.get(i), warnings);
            mustTell(isClip
                    ? new Progress.ImageScored(indexes[at], verdicts[i].clip(), at + 1, indexes.length)
                    : new Progress.PerplexityDone(indexes[at], verdicts[i].perplexity(), at + 1, indexes.length));
        }
        return verdicts;
    }

    private ImageRecord record(int index) {
        CodeGenerator generator = stages.generator();
        return new ImageRecord(Version.text(), model, Prompts.readable(prompt),
                Prompts.readable(options.negativePrompt()), options.imagePrompt(),
                canvas.shortest(generator.gridRows(), generator.gridCols()), options.sampling(), options.seed(), index);
    }

    /// Does a batch's share of a stage; the stage starts with the first batch and ends with the last.
    private <T> T timed(Stage stage, Part part, int total, Supplier<T> work) {
        mustGoOn();
        if (part.from == 0) mustTell(new Progress.StageStarted(stage, total));
        long start = System.nanoTime();
        T result = work.get();
        double took = seconds.merge(stage, (System.nanoTime() - start) * NANOS, Double::sum);
        if (part.to == indexes.length) mustTell(new Progress.StageEnded(stage, took));
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
