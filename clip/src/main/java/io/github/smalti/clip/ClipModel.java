package io.github.smalti.clip;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Raster;
import io.github.smalti.tokenizer.ClipTokenizer;
import io.github.smalti.weights.Weights;
import io.github.smalti.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// Tokenizer, preprocessing and both towers: the [Clip] of every layout.
final class ClipModel implements Clip {
    private final ClipTowers towers;
    private final ClipTokenizer tokenizer;
    private final ImagePreprocessor preprocessor;

    private ClipModel(ClipTowers towers, ClipTokenizer tokenizer, ImagePreprocessor preprocessor) {
        this.towers = towers;
        this.tokenizer = tokenizer;
        this.preprocessor = preprocessor;
    }

    static Clip load(Path folderOrFile, Compute compute, Precision precision) {
        Path file = ClipTowers.weightsFile(folderOrFile);
        Path folder = file.toAbsolutePath().getParent();
        ClipTowers towers = ClipTowers.open(file, compute, precision);
        boolean isLoaded = false;
        try {
            ClipTokenizer tokenizer = ClipTokenizer.read(folder);
            if (tokenizer.vocabSize() > towers.text().config().vocabSize()) {
                throw new WeightsException(towers.weights().file(), "text_model.embeddings.token_embedding.weight",
                        "expected a row for each of the vocabulary's " + tokenizer.vocabSize() + " tokens, found "
                                + towers.text().config().vocabSize() + "; the vocabulary belongs to another model");
            }
            var model = new ClipModel(towers, tokenizer,
                    ImagePreprocessor.read(folder, towers.image().config().imageSize()));
            isLoaded = true;
            return model;
        } finally {
            if (!isLoaded) towers.close();
        }
    }

    @Override
    public int embeddingSize() { return towers.text().config().embeddingSize(); }

    @Override
    public float logitScale() { return towers.logitScale(); }

    @Override
    public float[][] embedTexts(List<String> texts) {
        int context = towers.text().config().contextLength();
        return inChunks(texts, towers.text().textsAtOnce(), text -> tokenizer.encode(text, context).ids(),
                towers.text()::embed);
    }

    @Override
    public float[][] embedImages(List<Raster> images) {
        return inChunks(images, towers.image().config().picturesAtOnce(), preprocessor::prepare, towers.image()::embed);
    }

    @Override
    public float[][] embedPixels(List<Pixels> pictures) {
        return inChunks(pictures, towers.image().config().picturesAtOnce(), preprocessor::prepare,
                towers.image()::embed);
    }

    private static <S, P> float[][] inChunks(List<S> sources, int atOnce, Function<S, P> prepare,
            Function<List<P>, float[][]> embed) {
        float[][] out = new float[sources.size()][];
        for (int from = 0; from < out.length; from += atOnce) {
            List<P> prepared = new ArrayList<>(atOnce);
            for (S source : sources.subList(from, Math.min(out.length, from + atOnce))) {
                prepared.add(prepare.apply(source));
            }
            float[][] embeddings = embed.apply(prepared);
            for (int i = 0; i < embeddings.length; i++) {
                Embeddings.normalizeInPlace(embeddings[i]);
                out[from + i] = embeddings[i];
            }
        }
        return out;
    }

    @Override
    public ClipScore score(float[] image, float[] text) {
        Embeddings.requireLength("image embedding", embeddingSize(), image);
        Embeddings.requireLength("text embedding", embeddingSize(), text);
        float cosine = Embeddings.cosine(image, text);
        return new ClipScore(cosine, cosine * towers.logitScale());
    }

    @Override
    public List<String> cutParts(List<String> texts) {
        int context = towers.text().config().contextLength();
        return texts.stream().map(text -> tokenizer.encode(text, context).cut()).toList();
    }

    @Override
    public MemoryPlan plan(int images) { return towers.plan(images); }

    @Override
    public String name() { return towers.image().config().name(); }

    @Override
    public List<Weights> weights() { return List.of(towers.weights()); }

    @Override
    public void close() { towers.close(); }
}
