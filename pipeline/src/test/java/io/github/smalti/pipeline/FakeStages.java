package io.github.smalti.pipeline;

import io.github.smalti.clip.Clip;
import io.github.smalti.clip.ClipScore;
import io.github.smalti.core.CounterRandom;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Raster;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.pipeline.internal.Stages;
import io.github.smalti.tokenizer.TokenIds;
import io.github.smalti.tokenizer.Tokenizer;
import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.CodeListener;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.GenerationCancelledException;
import io.github.smalti.transformer.PromptKind;
import io.github.smalti.transformer.TextIds;
import io.github.smalti.transformer.PromptKind;
import io.github.smalti.transformer.TextIds;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// Stages without weights: 4 x 4 codes of 256, drawn from (seed, image, position, prompt), each code 2 x 2 pixels of its
/// gray, scored by brightness; so the composition can be tested by itself.
final class FakeStages {
    static final int GRID = 4;
    static final int TEXT_LENGTH = 8;
    static final ModelInfo INFO = new ModelInfo("fake", "0".repeat(64), Precision.F32);

    final AtomicInteger releases = new AtomicInteger();
    final List<CodeRequest> requests = new ArrayList<>();
    boolean ranks = true;
    boolean equalScores;
    private final List<WeakReference<Pixels>> held = new ArrayList<>();
    private int most;
    boolean hasPerplexity;
    int codecCodes = 256;
    int codecRows = GRID;

    /// Most pictures that were reachable at the same time, looked at every 16 pictures.
    int mostPictures() { return most; }

    private void count() {
        System.gc();
        held.removeIf(picture -> picture.refersTo(null));
        most = Math.max(most, held.size());
    }

    TextToImage model() {
        return new TextToImage(new Stages(new Words(), new Generator(), new Codec(), ranks ? new Brightness() : null,
                new SamplingSettings(1, 0, 1, 2), releases::incrementAndGet), INFO);
    }

    /// One id a character, between 1 and 2.
    private static final class Words implements Tokenizer {
        @Override
        public TokenIds encode(String text, int maxLength) {
            int[] ids = new int[maxLength];
            int taken = Math.min(text.length(), maxLength - 2);
            ids[0] = 1;
            for (int i = 0; i < taken; i++) ids[i + 1] = 3 + text.charAt(i);
            ids[taken + 1] = 2;
            return new TokenIds(ids, taken + 2, text.substring(taken));
        }

        @Override
        public String decode(int[] ids) { return Arrays.toString(ids); }

        @Override
        public int vocabSize() { return 3 + Character.MAX_VALUE; }
    }

    private final class Generator implements CodeGenerator {
        @Override
        public PromptKind promptKind() { return PromptKind.TEXT; }

        @Override
        public int gridRows() { return GRID; }

        @Override
        public int gridCols() { return GRID; }

        @Override
        public boolean hasPerplexity() { return hasPerplexity; }

        /// The mean of the codes.
        @Override
        public float[] perplexities(TextIds prompt, int[][] codes, CodeListener listener) {
            float[] means = new float[codes.length];
            for (int i = 0; i < means.length; i++) means[i] = (float) Arrays.stream(codes[i]).average().orElseThrow();
            if (!listener.tokenDone(1, codes)) throw new GenerationCancelledException("stopped");
            return means;
        }

        @Override
        public int textLength() { return TEXT_LENGTH; }

        @Override
        public int codeCount() { return GRID * GRID; }

        @Override
        public int codebookSize() { return 256; }

        @Override
        public boolean normalizesText() { return false; }

        @Override
        public int[][] generate(CodeRequest request, CodeListener listener) {
            synchronized (requests) {
                requests.add(request);
            }
            long key = request.seed() + 31L * Arrays.hashCode(request.prompt().ids())
                    + 17L * Arrays.hashCode(request.negative().ids());
            int[][] codes = new int[request.images().length][codeCount()];
            for (int position = 0; position < codeCount(); position++) {
                for (int i = 0; i < codes.length; i++) {
                    codes[i][position] = request.imagePrompt().gives(position)
                            ? request.imagePrompt().codes().get(position)
                            : (int) (CounterRandom.uniform(key, request.images()[i], position) * 256);
                }
                if (!listener.tokenDone(position + 1, codes)) throw new GenerationCancelledException("stopped");
            }
            return codes;
        }

        @Override
        public MemoryPlan plan(int images, boolean guided) { return new MemoryPlan(1, 2, images, guided ? 2 : 1); }

        @Override
        public void close() {}
    }

    private final class Codec implements ImageCodec {
        @Override
        public int codebookSize() { return codecCodes; }

        @Override
        public int gridRows() { return codecRows; }

        @Override
        public int gridCols() { return GRID; }

        @Override
        public int pixelsPerCode() { return 2; }

        @Override
        public Pixels decode(int[] codes, int rows, int cols) {
            float[] values = new float[rows * cols * 12];
            for (int i = 0; i < values.length; i++) {
                int y = i / 3 / (2 * cols);
                int x = i / 3 % (2 * cols);
                values[i] = codes[y / 2 * cols + x / 2] / 255f;
            }
            var picture = new Pixels(2 * rows, 2 * cols, values);
            synchronized (held) {
                held.add(new WeakReference<>(picture));
                if (held.size() % 16 == 0) count();
            }
            return picture;
        }

        @Override
        public int[] encode(Pixels picture) { throw new UnsupportedOperationException(); }

        @Override
        public boolean canEncode() { return false; }

        @Override
        public MemoryPlan plan(int rows, int cols) { return new MemoryPlan(10, 20, 0, rows * (long) cols); }

        @Override
        public void close() {}
    }

    private final class Brightness implements Clip {
        @Override
        public int embeddingSize() { return 1; }

        @Override
        public float logitScale() { return 100; }

        @Override
        public float[][] embedTexts(List<String> texts) { return new float[][]{{1}}; }

        @Override
        public float[][] embedImages(List<Raster> images) {
            float[][] out = new float[images.size()][1];
            for (int i = 0; i < out.length; i++) {
                Raster image = images.get(i);
                for (byte sample : image.samples()) out[i][0] += (sample & 0xff) / 255f / image.samples().length;
            }
            return out;
        }

        @Override
        public float[][] embedPixels(List<Pixels> pictures) { throw new UnsupportedOperationException(); }

        @Override
        public ClipScore score(float[] image, float[] text) {
            float cosine = equalScores ? 0.5f : image[0] * text[0];
            return new ClipScore(cosine, 100 * cosine);
        }

        @Override
        public List<String> cutParts(List<String> texts) {
            String text = texts.getFirst();
            return List.of(text.length() > 20 ? text.substring(20) : "");
        }

        @Override
        public MemoryPlan plan(int images) { return new MemoryPlan(100, 200, 0, images); }

        @Override
        public String name() { return "brightness"; }

        @Override
        public void close() {}
    }
}
