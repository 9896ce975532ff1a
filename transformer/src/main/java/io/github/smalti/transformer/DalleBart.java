package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.weights.Weights;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/// DALL·E mini and DALL·E mega: an encoder-decoder transformer that turns a prompt into image codes.
///
/// All images of a request and both streams of guidance share each pass over the weights; keys and values of the
/// prompts are computed once. A drawing depends on model, prompt, options, seed and image index alone: not on threads,
/// vector width or the other images.
///
/// Source: Dayma et al., "DALL·E mini" (borisdayma/dalle-mini @ f0be4de). Immutable and thread-safe; owns its weights.
public final class DalleBart implements CodeGenerator {
    private final DalleBartConfig config;
    private final Grid grid;
    private final DalleBartEncoder encoder;
    private final DalleBartDecoder decoder;
    private final Compute compute;
    private final Precision precision;
    private final MemoryPlan loaded;
    private final List<Weights> owned;
    private final AtomicBoolean hasDrawn = new AtomicBoolean();

    DalleBart(DalleBartConfig config, Weights encoderWeights, Weights decoderWeights, long mappedBytes) {
        this.config = config;
        this.grid = Grid.of(config.imageLength());
        this.compute = encoderWeights.compute();
        this.precision = decoderWeights.precision();
        this.owned = encoderWeights == decoderWeights
                ? List.of(encoderWeights)
                : List.of(encoderWeights, decoderWeights);
        this.encoder = new DalleBartEncoder(config, encoderWeights.in("encoder"));
        this.decoder = new DalleBartDecoder(config, decoderWeights.in("decoder"));
        long packed = owned.stream().mapToLong(Weights::packedBytes).sum();
        this.loaded = new MemoryPlan(mappedBytes, packed, 0, 0);
    }

    /// Loads a published checkpoint.
    ///
    /// @param folder    a folder with `config.json` and `flax_model.msgpack` (or the same tensors as
    ///                  `model.safetensors`), or with the PyTorch port's `encoder.pt` and `decoder.pt` (or
    ///                  `encoder_mini.pt`, `decoder_mini.pt`), whose sizes follow from their shapes; heads are 64 wide
    ///                  there unless a `sizes.json` says `attention_head_count`
    /// @param compute   what to compute with
    /// @param precision how the matrices are packed
    /// @return the model; the caller closes it
    /// @throws io.github.smalti.weights.WeightsException if a file is missing, damaged or of another shape
    public static DalleBart load(Path folder, Compute compute, Precision precision) {
        return DalleBartFiles.in(folder).load(compute, precision);
    }

    /// What loading and drawing will need, before anything is loaded.
    ///
    /// @param folder    as for [#load]
    /// @param precision how the matrices are packed
    /// @param images    images drawn at once
    /// @param guided    whether there is a second stream
    /// @return mapped and packed weights, cache and scratch
    public static MemoryPlan plan(Path folder, Precision precision, int images, boolean guided) {
        return DalleBartFiles.in(folder).plan(precision, images, guided);
    }

    /// The configuration.
    public DalleBartConfig config() { return config; }

    @Override
    public PromptKind promptKind() { return PromptKind.TEXT; }

    @Override
    public int textLength() { return config.textLength(); }

    @Override
    public int codeCount() { return config.imageLength(); }

    @Override
    public int gridRows() { return grid.rows(); }

    @Override
    public int gridCols() { return grid.cols(); }

    @Override
    public int codebookSize() { return config.startToken(); }

    @Override
    public boolean normalizesText() { return config.normalizesText(); }

    @Override
    public boolean hasPerplexity() { return false; }

    /// Not supported: the project ranks by CLIP.
    @Override
    public float[] perplexities(TextIds prompt, int[][] codes, CodeListener listener) {
        throw new UnsupportedOperationException("DALL·E mini does not rank by perplexity; rank its pictures by CLIP");
    }

    @Override
    public List<Weights> weights() { return owned; }

    @Override
    public MemoryPlan plan(int images, boolean guided) {
        return loaded.plus(DalleBartPlan.session(config, precision, images, guided));
    }

    @Override
    public int[][] generate(CodeRequest request, CodeListener listener) {
        Objects.requireNonNull(listener, "listener");
        int images = request.images().length;
        boolean guided = request.isGuided();
        checkText("prompt", request.prompt());
        if (guided) checkText("negative prompt", request.negative());
        request.requireFits(codeCount(), codebookSize());
        int most = DalleBartPlan.maxImages(config, guided);
        if (images > most) {
            throw new IllegalArgumentException(
                    "images: expected at most " + most + " at once, found " + images + "; draw them in several calls");
        }
        // a process that draws a second time lives on: its kernels should be ready for more
        if (hasDrawn.getAndSet(true)) compute.kernels().expect(precision, Long.MAX_VALUE / 2);
        EncodedPrompts prompts = guided
                ? encoder.encode(request.prompt(), request.negative())
                : encoder.encode(request.prompt());
        if (!Norms.isFinite(prompts.hidden(), prompts.hidden().length)) {
            throw new GenerationException(
                    "the numbers of the encoder are not finite; the checkpoint is damaged, check its "
                            + "hash and fetch it again");
        }
        int[] promptOf = new int[images * prompts.count()];
        Arrays.setAll(promptOf, row -> row / images); // rows of the prompt's stream, then of the other
        try (Arena arena = compute.memory().open()) {
            return drawAll(request, listener, decoder.new State(arena, prompts, promptOf), promptOf.length);
        }
    }

    private int[][] drawAll(CodeRequest request, CodeListener listener, DalleBartDecoder.State state, int rows) {
        var drawing = new CodeDrawing(request, listener, compute, codeCount(), codebookSize());
        int[][] codes = drawing.codes();
        int[] tokens = new int[rows];
        Arrays.fill(tokens, config.startToken());
        for (int position = 0; position < codeCount(); position++) {
            float[] logits = decoder.step(tokens, position, state);
            if (!drawing.takeGiven(position)) {
                int broken = drawing.draw(logits, config.imageRows(), position);
                if (broken >= 0) {
                    throw drawing.notFinite(broken, position, decoder.firstNotFinite(tokens, position, state));
                }
            }
            for (int row = 0; row < rows; row++) tokens[row] = codes[row % codes.length][position];
            drawing.tell(position + 1);
        }
        return codes;
    }

    private void checkText(String what, TextIds text) {
        if (text.length() > config.textLength()) {
            throw new IllegalArgumentException(
                    what + ": expected at most " + config.textLength() + " tokens, found " + text.length());
        }
        for (int i = 0; i < text.length(); i++) {
            int id = text.ids()[i];
            if (id >= 0 && id < config.textVocabSize()) continue;
            throw new GenerationException("the " + what + "'s token " + i + " has id " + id + ", but the model knows "
                    + config.textVocabSize() + " tokens; say it in other words, or use the model's own tokenizer");
        }
    }

    DalleBartEncoder encoder() { return encoder; }

    DalleBartDecoder decoder() { return decoder; }

    @Override
    public void close() { owned.forEach(Weights::close); }
}
