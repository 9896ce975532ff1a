package io.github.smalti.clip;

import io.github.smalti.core.DType;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.NativeMemory;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.layer.LayerNorm;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.weights.Weights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/// CLIP's vision transformer: patches and a class token, read at the class token.
///
/// | step | shape |
/// |---|---|
/// | picture | (imageSize, imageSize, 3) |
/// | patches | (grid², patchSize · patchSize · 3) |
/// | tokens | (1 + grid², width) |
/// | embedding | (embeddingSize) |
///
/// Source: openai/CLIP @ d05afc4, model.py, `VisionTransformer`; Dosovitskiy et al., arXiv 2010.11929. Thread-safe.
final class VisionTransformer implements ImageTower {
    private static final int CHANNELS = 3;
    private static final int MOST_AT_ONCE = 8;

    /// Sizes of the tower.
    ///
    /// @param transformer   the stack
    /// @param imageSize     rows and columns of a picture
    /// @param patchSize     rows and columns of a patch; divides the image size
    /// @param embeddingSize numbers of an embedding
    record Config(Transformer.Config transformer, int imageSize, int patchSize, int embeddingSize)
            implements
                ImageTower.Config {
        int grid() { return imageSize / patchSize; }

        int tokenCount() { return 1 + grid() * grid(); }

        int patchLength() { return patchSize * patchSize * CHANNELS; }

        @Override
        public int picturesAtOnce() { return ClipConfig.atOnce(transformer.widestRow(), tokenCount(), MOST_AT_ONCE); }

        @Override
        public long weightBytes(Precision precision) {
            return transformer.weightBytes(precision)
                    + PackedMatrix.byteSize(precision, transformer.width(), 1, patchLength())
                    + PackedMatrix.byteSize(precision, embeddingSize, 1, transformer.width());
        }

        @Override
        public MemoryPlan plan(int pictures, int threads) {
            long patchFloats = (long) (tokenCount() - 1) * (patchLength() + transformer.width());
            long pictureFloats = (long) imageSize * imageSize * CHANNELS;
            return TokenRows.plan(transformer, pictures, tokenCount())
                    .plus(new MemoryPlan(0, 0, 0, pictures * (patchFloats + pictureFloats) * Float.BYTES));
        }

        @Override
        public String name() { return "ViT-" + transformer.width() + "/" + patchSize + "@" + imageSize; }

        @Override
        public ImageTower load(Weights weights) { return new VisionTransformer(this, weights); }
    }

    private final Config config;
    private final NativeMemory memory;
    private final Linear patchEmbedding;
    private final float[] classEmbedding;
    private final float[] positionEmbedding;
    private final LayerNorm preNorm;
    private final Transformer transformer;
    private final LayerNorm postNorm;
    private final Linear projection;

    private VisionTransformer(Config config, Weights weights) {
        this.config = config;
        this.memory = weights.compute().memory();
        int width = config.transformer.width();
        float eps = config.transformer.eps();
        Weights vision = weights.in("vision_model");
        Weights embeddings = vision.in("embeddings");
        patchEmbedding = patchEmbedding(embeddings);
        classEmbedding = embeddings.vector("class_embedding", width);
        positionEmbedding = embeddings.tensor("position_embedding.weight", config.tokenCount(), width).toFloats();
        preNorm = vision.layerNorm("pre_layrnorm", width, eps);
        transformer = new Transformer(config.transformer, vision.in("encoder"));
        postNorm = vision.layerNorm("post_layernorm", width, eps);
        projection = weights.linear("visual_projection", width, config.embeddingSize, false);
    }

    /// The convolution whose stride is its size, as a linear layer over patches whose pixels lie row by row.
    private Linear patchEmbedding(Weights embeddings) {
        int width = config.transformer.width();
        TensorView kernel = embeddings.tensor("patch_embedding.weight", width, CHANNELS, config.patchSize,
                config.patchSize);
        float[] rows = kernel.permute(0, 2, 3, 1).toFloats(); // (width, patchSize, patchSize, CHANNELS)
        try (Arena arena = memory.open()) {
            MemorySegment copy = arena.allocateFrom(ValueLayout.JAVA_FLOAT, rows);
            return embeddings.linear("patch_embedding", null,
                    TensorView.contiguous(DType.F32, new long[]{width, config.patchLength()}, copy));
        }
    }

    @Override
    public Config config() { return config; }

    @Override
    public float[][] embed(List<float[]> pictures) {
        int count = pictures.size();
        int[] lengths = new int[count];
        Arrays.fill(lengths, config.tokenCount());
        try (var tokens = new TokenRows(memory, config.transformer, lengths, false)) {
            embedPatches(pictures, tokens.x());
            preNorm.forward(tokens.x(), tokens.rows(), tokens.x());
            transformer.forward(tokens);
            postNorm.forward(tokens.x(), count, tokens.normed()); // (count, width)
            float[] out = new float[count * config.embeddingSize];
            projection.forward(tokens.normed(), count, out);
            return Embeddings.split(out, count);
        }
    }

    private void embedPatches(List<float[]> pictures, float[] x) {
        int width = config.transformer.width();
        int patchCount = config.tokenCount() - 1;
        float[] patches = new float[pictures.size() * patchCount * config.patchLength()];
        for (int i = 0; i < pictures.size(); i++) {
            cutPatches(pictures.get(i), patches, i * patchCount * config.patchLength());
        }
        float[] embedded = new float[pictures.size() * patchCount * width];
        patchEmbedding.forward(patches, pictures.size() * patchCount, embedded);
        for (int i = 0; i < pictures.size(); i++) {
            int at = i * config.tokenCount() * width;
            System.arraycopy(classEmbedding, 0, x, at, width);
            System.arraycopy(embedded, i * patchCount * width, x, at + width, patchCount * width);
            for (int j = 0; j < positionEmbedding.length; j++) x[at + j] += positionEmbedding[j];
        }
    }

    private void cutPatches(float[] picture, float[] patches, int patchesAt) {
        int rowStride = config.imageSize * CHANNELS;
        int line = config.patchSize * CHANNELS;
        int at = patchesAt;
        for (int patch = 0; patch < config.tokenCount() - 1; patch++) {
            int top = patch / config.grid() * config.patchSize;
            int left = patch % config.grid() * line;
            for (int y = 0; y < config.patchSize; y++, at += line) {
                System.arraycopy(picture, (top + y) * rowStride + left, patches, at, line);
            }
        }
    }
}
