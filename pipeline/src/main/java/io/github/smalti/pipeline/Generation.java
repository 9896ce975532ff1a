package io.github.smalti.pipeline;

import io.github.smalti.clip.Clip;
import io.github.smalti.clip.ClipScore;
import io.github.smalti.clip.Ranking;
import io.github.smalti.core.Pixels;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.pipeline.internal.MemoryCheck;
import io.github.smalti.pipeline.internal.Prompts;
import io.github.smalti.pipeline.internal.Stages;
import io.github.smalti.pipeline.internal.Version;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.GenerationCancelledException;
import io.github.smalti.transformer.GenerationException;
import io.github.smalti.transformer.TextIds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// One call of [TextToImage#generate]: draw, decode, rank. Holds the state of that call; used by one thread.
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
    private final int codeCount;
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
        this.codeCount = stages.generator().codeCount();
    }

    GeneratedImages run() {
        mustGoOn();
        options.imagePrompt().requireFits(codeCount, stages.generator().codebookSize());
        int count = indexes.length;
        int batch = memory.batch(stages, count, options.batch(), options.sampling().isGuided());
        int[][] codes = timed(Stage.DRAW, count * codeCount, () -> draw(batch));
        List<Pixels> pictures = timed(Stage.DECODE, count, () -> decode(codes));
        List<ClipScore> scores = stages.clip() == null ? List.of() : timed(Stage.RANK, count, () -> score(pictures));
        for (String warning : warnings) LOG.log(System.Logger.Level.WARNING, warning);
        return new GeneratedImages(prompt, options, model, warnings, seconds, ranked(codes, pictures, scores));
    }

    private int[][] draw(int batch) {
        var prompts = new Prompts(stages.tokenizer(), stages.generator().textLength(),
                stages.generator().normalizesText());
        TextIds positive = prompts.encode("prompt", prompt, warnings);
        TextIds negative = prompts.encode("negative prompt", options.negativePrompt(), warnings);
        SamplingSettings sampling = options.sampling();
        if (!sampling.isGuided() && !options.negativePrompt().isBlank()) {
            warnings.add("the negative prompt has no effect at guidance 1");
        }
        int[][] codes = new int[indexes.length][];
        for (int from = 0; from < indexes.length; from += batch) {
            int[] part = Arrays.copyOfRange(indexes, from, Math.min(indexes.length, from + batch));
            var request = new CodeRequest(positive, negative, sampling.sampling(), sampling.guidanceScale(),
                    options.seed(), part, options.imagePrompt());
            int before = from * codeCount;
            int[][] drawn = stages.generator().generate(request, (tokens, soFar) -> {
                int done = before + tokens * part.length;
                return goesOn() && tell(new Progress.TokensDone(done, indexes.length * codeCount))
                        && preview(part, tokens, soFar);
            });
            System.arraycopy(drawn, 0, codes, from, part.length);
        }
        return codes;
    }

    private boolean preview(int[] part, int tokens, int[][] soFar) {
        ImageCodec codec = stages.codec();
        int rows = tokens / codec.gridCols();
        boolean due = options.previewRows() > 0 && tokens % codec.gridCols() == 0 && tokens < codeCount
                && rows % options.previewRows() == 0;
        if (!due) return true;
        for (int i = 0; i < part.length; i++) {
            Pixels upper = codec.decode(Arrays.copyOf(soFar[i], tokens), rows, codec.gridCols());
            if (!goesOn() || !tell(new Progress.Preview(part[i], rows, upper))) return false;
        }
        return true;
    }

    private List<Pixels> decode(int[][] codes) {
        ImageCodec codec = stages.codec();
        List<Pixels> pictures = new ArrayList<>(codes.length);
        for (int i = 0; i < codes.length; i++) {
            mustGoOn();
            Pixels picture = codec.decode(codes[i], codec.gridRows(), codec.gridCols());
            pictures.add(picture);
            mustTell(new Progress.ImageDone(indexes[i], picture, i + 1, codes.length));
        }
        return pictures;
    }

    /// Scores the pictures in 8 bits, as they are written to files.
    private List<ClipScore> score(List<Pixels> pictures) {
        Clip clip = stages.clip();
        List<String> text = List.of(Prompts.readable(prompt));
        String cut = clip.cutParts(text).getFirst();
        if (!cut.isBlank())
            warnings.add("CLIP ranks by the beginning of the prompt, without \"" + Prompts.quote(cut)
                    + "\"");
        float[] wanted = clip.embedTexts(text)[0];
        List<ClipScore> scores = new ArrayList<>(pictures.size());
        for (int i = 0; i < pictures.size(); i++) {
            mustGoOn();
            float[] image = clip.embedImages(List.of(pictures.get(i).toRaster()))[0];
            ClipScore score = clip.score(image, wanted);
            if (!Float.isFinite(score.logit())) {
                throw new GenerationException("CLIP's score of image " + indexes[i]
                        + " is not finite: its checkpoint is damaged; load the model without clip/ to draw unranked");
            }
            scores.add(score);
            mustTell(new Progress.ImageScored(indexes[i], score, i + 1, pictures.size()));
        }
        return scores;
    }

    private List<RankedImage> ranked(int[][] codes, List<Pixels> pictures, List<ClipScore> scores) {
        List<RankedImage> images = new ArrayList<>();
        for (int i = 0; i < codes.length; i++) {
            ClipScore score = scores.isEmpty() ? null : scores.get(i);
            images.add(new RankedImage(i + 1, codes[i], pictures.get(i), score, record(indexes[i])));
        }
        if (scores.isEmpty()) return images.subList(0, options.keep());
        float[] cosines = new float[scores.size()];
        for (int i = 0; i < cosines.length; i++) cosines[i] = scores.get(i).cosine();
        List<RankedImage> best = new ArrayList<>();
        for (RankedImage image : Ranking.best(images, cosines, options.keep())) {
            best.add(image.withRank(best.size() + 1));
        }
        return best;
    }

    private ImageRecord record(int index) {
        return new ImageRecord(Version.text(), model, Prompts.readable(prompt),
                Prompts.readable(options.negativePrompt()), options.imagePrompt(), options.sampling(), options.seed(),
                index);
    }

    private <T> T timed(Stage stage, int total, Supplier<T> work) {
        mustGoOn();
        mustTell(new Progress.StageStarted(stage, total));
        long start = System.nanoTime();
        T result = work.get();
        double took = (System.nanoTime() - start) * NANOS;
        seconds.put(stage, took);
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
