package io.github.smalti.clip;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.MeanPool;
import io.github.smalti.core.layer.Relu;
import io.github.smalti.core.layer.SpareWorkspace;
import io.github.smalti.core.layer.Workspace;
import io.github.smalti.weights.Weights;
import java.util.ArrayList;
import java.util.List;

/// CLIP's modified ResNet: a stem of three convolutions, four stages of bottlenecks, attention pooling.
///
/// | step | shape |
/// |---|---|
/// | picture | (imageSize, imageSize, 3) |
/// | stem | (imageSize / 4, imageSize / 4, width) |
/// | stage i = 0..3 | (imageSize / (4 · 2^i), imageSize / (4 · 2^i), 4 · width · 2^i) |
/// | tokens | (1 + grid², features) with grid = imageSize / 32, features = 32 · width |
/// | embedding | (embeddingSize) |
///
/// Against He et al., arXiv 1512.03385: three convolutions instead of one in the stem, a mean over 2×2 pixels wherever
/// the original strides, and attention instead of a mean at the end.
/// Source: openai/CLIP @ d05afc4, model.py, `ModifiedResNet`. Cost: 11.59 GFLOP a picture for RN50. Thread-safe.
final class ResNetTower implements ImageTower {
    /// Pixels of a picture that become one cell of the grid, along each side.
    static final int REDUCTION = 32;
    /// Stages of every model.
    static final int STAGES = 4;

    private static final int CHANNELS = 3;
    private static final int MOST_AT_ONCE = 8;

    /// Sizes of the tower.
    ///
    /// @param width         channels of the first stage's bottlenecks
    /// @param blocks        bottlenecks of each stage
    /// @param imageSize     rows and columns of a picture, a multiple of 32
    /// @param embeddingSize numbers of an embedding
    record Config(int width, List<Integer> blocks, int imageSize, int embeddingSize) implements ImageTower.Config {
        int grid() { return imageSize / REDUCTION; }

        /// Channels of the last stage.
        int features() { return 8 * width * Bottleneck.EXPANSION; }

        int tokenCount() { return 1 + grid() * grid(); }

        @Override
        public int picturesAtOnce() { return ClipConfig.atOnce(3 * features(), tokenCount(), MOST_AT_ONCE); }

        @Override
        public long weightBytes(Precision precision) {
            return new ResNetFootprint(this).weightBytes() + AttentionPool.weightBytes(this, precision);
        }

        @Override
        public MemoryPlan plan(int pictures, int threads) {
            if (pictures == 0) return MemoryPlan.NONE;
            long picture = (long) imageSize * imageSize * CHANNELS;
            long floats = new ResNetFootprint(this).scratchFloats(threads) + pictures * picture;
            return AttentionPool.plan(this, pictures).plus(new MemoryPlan(0, 0, 0, floats * Float.BYTES));
        }

        @Override
        public String name() {
            var name = new StringBuilder("RN-" + width + "/");
            for (int count : blocks) name.append(count).append('-');
            return name.deleteCharAt(name.length() - 1) + "@" + imageSize;
        }

        @Override
        public ImageTower load(Weights weights) { return new ResNetTower(this, weights); }
    }

    private final Config config;
    private final Compute compute;
    private final List<Conv2d> stem;
    private final List<Relu> stemRelu;
    private final MeanPool pool;
    private final List<Bottleneck> bottlenecks = new ArrayList<>();
    private final AttentionPool attentionPool;
    private final SpareWorkspace spare = new SpareWorkspace();

    private ResNetTower(Config config, Weights weights) {
        this.config = config;
        this.compute = weights.compute();
        Weights visual = weights.in("visual");
        int width = config.width;
        int side = config.imageSize / 2;
        long pixels = (long) side * side;
        stem = List.of(BatchNorm.foldedHalving(visual, "conv1", "bn1", CHANNELS, width / 2),
                BatchNorm.folded3x3(visual, "conv2", "bn2", width / 2, width / 2, pixels),
                BatchNorm.folded3x3(visual, "conv3", "bn3", width / 2, width, pixels));
        stemRelu = stem.stream().map(conv -> new Relu(compute, conv.outputs())).toList();
        pool = new MeanPool(compute);
        side /= 2;
        int inputs = width;
        for (int stage = 0; stage < STAGES; stage++) {
            for (int i = 0; i < config.blocks.get(stage); i++) {
                int stride = stage > 0 && i == 0 ? 2 : 1;
                bottlenecks.add(new Bottleneck(visual.in("layer" + (stage + 1), i), inputs, width << stage, stride,
                        (long) side * side));
                inputs = (width << stage) * Bottleneck.EXPANSION;
                side /= stride;
            }
        }
        attentionPool = new AttentionPool(config, visual.in("attnpool"));
    }

    @Override
    public Config config() { return config; }

    @Override
    public float[][] embed(List<float[]> pictures) {
        Workspace workspace = spare.take(compute.team().size(), new ResNetFootprint(config).largestMap());
        float[][] embeddings = embed(pictures, workspace);
        spare.giveBack(workspace);
        return embeddings;
    }

    /// The same with a workspace whose arrays are large enough for every map.
    float[][] embed(List<float[]> pictures, Workspace workspace) {
        int length = config.tokenCount() * config.features();
        float[] tokens = new float[Math.multiplyExact(pictures.size(), length)];
        for (int i = 0; i < pictures.size(); i++) {
            FeatureMap h = stem(FeatureMap.of(pictures.get(i), config.imageSize, config.imageSize, CHANNELS),
                    workspace);
            for (Bottleneck bottleneck : bottlenecks) h = bottleneck.forward(h, workspace);
            attentionPool.embedTokens(h, tokens, i * length); // (grid, grid, features)
            workspace.giveBack(h);
        }
        return attentionPool.forward(tokens, pictures.size());
    }

    /// Three convolutions, the first of stride 2, and a mean of 2×2.
    private FeatureMap stem(FeatureMap picture, Workspace workspace) {
        FeatureMap h = picture;
        for (int i = 0; i < stem.size(); i++) {
            FeatureMap next = stem.get(i).forward(h, workspace);
            stemRelu.get(i).applyInPlace(next);
            if (h != picture) workspace.giveBack(h);
            h = next;
        }
        FeatureMap out = pool.forward(h, workspace);
        workspace.giveBack(h);
        return out; // (imageSize / 4, imageSize / 4, width)
    }
}
