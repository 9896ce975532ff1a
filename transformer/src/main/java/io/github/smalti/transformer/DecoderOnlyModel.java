package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.weights.Weights;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/// What the decoder-only families share: one stream of prompt and image tokens, each seeing those before it.
///
/// The prompt goes through the layers once, in one pass, and its keys and values serve all images of the request; then
/// image tokens follow one by one, all images and both streams of guidance in each pass over the weights. Tokens that are
/// known beforehand (an image prompt, pictures to be judged) go through in blocks as long as a grid row. A drawing depends
/// on model, prompt, options, seed and image index alone: not on threads, vector width, blocks or the other images.
///
/// Source: Ramesh et al., arXiv 2102.12092. Immutable and thread-safe; owns its weights.
abstract sealed class DecoderOnlyModel implements CodeGenerator permits RuDalle, MinDalle {
    private final DecoderConfig decoder;
    private final DecoderStack stack;
    private final Weights weights;
    private final Compute compute;
    private final Precision precision;
    private final MemoryPlan loaded;
    private final AtomicBoolean hasDrawn = new AtomicBoolean();

    DecoderOnlyModel(DecoderConfig decoder, Weights weights, DecoderStack.Head head, long mappedBytes) {
        this.decoder = decoder;
        this.weights = weights;
        this.compute = weights.compute();
        this.precision = weights.precision();
        this.stack = new DecoderStack(decoder, weights, head);
        this.loaded = new MemoryPlan(mappedBytes, weights.packedBytes(), 0, 0);
    }

    /// Embeds a token of the prompt.
    ///
    /// @param position its position in the stream
    /// @param room     scratch, dModel
    /// @param out      where to
    /// @param at       first index written
    abstract void embedPrompt(TextIds prompt, int position, float[] room, float[] out, int at);

    /// Embeds a code at its position in the image.
    abstract void embedCode(int code, int position, float[] room, float[] out, int at);

    /// Refuses prompts that the model cannot read.
    ///
    /// @param what names the prompt
    abstract void checkPrompt(String what, TextIds prompt);

    @Override
    public final int codeCount() { return decoder.grid().codes(); }

    @Override
    public final int gridRows() { return decoder.grid().rows(); }

    @Override
    public final int gridCols() { return decoder.grid().cols(); }

    @Override
    public final int codebookSize() { return decoder.codebookSize(); }

    @Override
    public final boolean normalizesText() { return false; }

    @Override
    public final boolean hasPerplexity() { return true; }

    @Override
    public final MemoryPlan plan(int images, boolean guided) {
        return loaded.plus(DecoderPlan.session(decoder, precision, images, guided));
    }

    @Override
    public final int[][] generate(CodeRequest request, CodeListener listener) {
        Objects.requireNonNull(listener, "listener");
        checkCount("images", request.images().length, request.isGuided());
        request.requireFits(codeCount(), codebookSize());
        checkPrompt("prompt", request.prompt());
        if (request.isGuided()) checkPrompt("negative prompt", request.negative());
        TextIds[] prompts = request.isGuided()
                ? new TextIds[]{request.prompt(), request.negative()}
                : new TextIds[]{request.prompt()};
        expectMore();
        var drawing = new CodeDrawing(request, listener, compute, codeCount(), codebookSize());
        try (Arena arena = compute.memory().open()) {
            drawAll(prompts, drawing, stack.new State(arena, prompts.length, request.images().length, false));
        }
        return drawing.codes();
    }

    private void drawAll(TextIds[] prompts, CodeDrawing drawing, DecoderStack.State state) {
        readPrompts(prompts, state);
        int cached = -decoder.leadingRows(); // codes in the cache
        for (int position = 0; position < codeCount(); position++) {
            if (drawing.takeGiven(position)) continue;
            if (cached == position) stack.textLogits(state);
            while (cached < position) {
                cached = readCodes(prompts, drawing.codes(), cached, position, state);
                drawing.tell(cached);
            }
            int broken = drawing.draw(state.logits, codebookSize(), position);
            if (broken >= 0) throw drawing.notFinite(broken, position, state.broken());
            drawing.tell(position + 1);
        }
        drawing.tell(codeCount());
    }

    @Override
    public final float[] perplexities(TextIds prompt, int[][] codes, CodeListener listener) {
        Objects.requireNonNull(listener, "listener");
        checkCount("pictures", codes.length, false);
        checkPrompt("prompt", prompt);
        checkPictures(codes);
        expectMore();
        try (Arena arena = compute.memory().open()) {
            DecoderStack.State state = stack.new State(arena, 1, codes.length, true);
            TextIds[] prompts = {prompt};
            readPrompts(prompts, state);
            int leading = decoder.leadingRows();
            if (leading > 0) readCodes(prompts, codes, -leading, 0, state);
            return judge(prompts, codes, listener, state);
        }
    }

    private float[] judge(TextIds[] prompts, int[][] codes, CodeListener listener, DecoderStack.State state) {
        var perplexity = new Perplexity(compute, codes, codebookSize());
        int last = codeCount() - 1;
        for (int begin = 0, end; begin < last; begin = end) {
            end = Math.min(last, begin + Math.min(state.mostRows, gridCols()));
            int atOnce = state.mostRows / (end - begin);
            for (int first = 0; first < codes.length; first += atOnce) {
                int streams = Math.min(atOnce, codes.length - first);
                pass(prompts, codes, first, streams, begin, end, state);
                stack.allLogits(state);
                perplexity.add(state, decoder.leadingRows());
            }
            if (!listener.tokenDone(end + 1, codes)) {
                throw new GenerationCancelledException("stopped after " + (end + 1) + " of " + codeCount()
                        + " codes");
            }
        }
        return perplexity.means();
    }

    /// Runs the prompts through the layers, which their keys and values stay in.
    void readPrompts(TextIds[] prompts, DecoderStack.State state) {
        int block = state.mostRows / prompts.length;
        for (int from = 0; from < decoder.textRows(); from += block) {
            state.rows.takeTexts(prompts.length, from, Math.min(decoder.textRows(), from + block));
            for (int row = 0; row < state.rows.count(); row++) {
                embedPrompt(prompts[state.rows.text(row)], state.rows.position(row), state.scratch.normed,
                        state.scratch.x, row * decoder.dModel());
            }
            stack.pass(state);
        }
    }

    /// Runs the next block of known codes through the layers, and gets the logits of the code behind the last one.
    ///
    /// @param from the first code; negative for the prompt's last tokens where they count as the image's
    /// @param to   the code behind the last one
    /// @return the code behind the block
    int readCodes(TextIds[] prompts, int[][] codes, int from, int to, DecoderStack.State state) {
        int end = Math.min(to, from + Math.min(state.mostRows, gridCols()));
        int atOnce = state.mostRows / (end - from);
        int streams = state.texts * state.images;
        for (int first = 0; first < streams; first += atOnce) {
            pass(prompts, codes, first, Math.min(atOnce, streams - first), from, end, state);
            if (end == to) stack.lastLogits(state);
        }
        return end;
    }

    private void pass(TextIds[] prompts, int[][] codes, int first, int streams, int from, int to,
            DecoderStack.State state) {
        int leading = decoder.leadingRows();
        PassRows rows = state.rows;
        rows.takeImages(first, streams, from + leading, to + leading, state.images);
        for (int row = 0; row < rows.count(); row++) {
            int position = rows.position(row) - leading;
            int at = row * decoder.dModel();
            if (position < 0) {
                embedPrompt(prompts[rows.text(row)], decoder.textRows() + leading + position, state.scratch.normed,
                        state.scratch.x, at);
            } else {
                embedCode(codes[rows.stream(row) % state.images][position], position, state.scratch.normed,
                        state.scratch.x, at);
            }
        }
        stack.pass(state);
    }

    /// A process that draws a second time lives on: its kernels should be ready for more.
    private void expectMore() { if (hasDrawn.getAndSet(true)) compute.kernels().expect(precision, Long.MAX_VALUE / 2); }

    private void checkCount(String what, int count, boolean guided) {
        int most = DecoderPlan.maxImages(decoder, guided);
        if (count >= 1 && count <= most) return;
        throw new IllegalArgumentException(what + ": expected 1 to " + most + " at once, found " + count
                + "; take several calls");
    }

    private void checkPictures(int[][] codes) {
        for (int picture = 0; picture < codes.length; picture++) {
            if (codes[picture].length != codeCount()) {
                throw new IllegalArgumentException("picture " + picture + ": expected " + codeCount()
                        + " codes, found " + codes[picture].length);
            }
            for (int code : codes[picture]) {
                if (code >= 0 && code < codebookSize()) continue;
                throw new IllegalArgumentException("picture " + picture + ": expected codes of 0 to "
                        + (codebookSize() - 1) + ", found " + code);
            }
        }
    }

    /// Refuses ids that the prompt's table has no row for.
    static void checkIds(String what, TextIds prompt, int count, int known) {
        for (int i = 0; i < count; i++) {
            int id = prompt.ids()[i];
            if (id >= 0 && id < known) continue;
            throw new GenerationException("the " + what + "'s token " + i + " has id " + id + ", but the model knows "
                    + known + " tokens; say it in other words, or use the model's own tokenizer");
        }
    }

    DecoderConfig decoder() { return decoder; }

    DecoderStack stack() { return stack; }

    @Override
    public final List<Weights> weights() { return List.of(weights); }

    @Override
    public final void close() { weights.close(); }
}
