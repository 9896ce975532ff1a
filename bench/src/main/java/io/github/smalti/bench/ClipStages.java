package io.github.smalti.bench;

import io.github.smalti.bench.checkpoint.RandomClip;
import io.github.smalti.bench.checkpoint.RandomClipResNet;
import io.github.smalti.clip.Clip;
import io.github.smalti.core.Pixels;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/// CLIP's towers over a batch of 8 pictures, and of 8 texts that fill the context.
final class ClipStages implements StageGroup {
    private static final int BATCH = 8;

    private final Setup setup;
    private final Path folder;
    private Clip clip;

    ClipStages(Setup setup, Path folder) {
        this.setup = setup;
        this.folder = folder;
    }

    @Override
    public List<Stage> beforeLoading() { return List.of(); }

    @Override
    public List<Stage> open() {
        Costed costed = costed();
        clip = Clip.load(folder, setup.compute(), setup.precision());
        List<Stage> stages = new ArrayList<>();
        if (setup.wants("images")) {
            List<Pixels> pictures = pictures(costed.imageSize);
            stages.add(new Embedding("CLIP, " + BATCH + " images of " + costed.imageSize, "images", costed.images,
                    clip.plan(BATCH).anonymousBytes(),
                    () -> clip.embedPixels(pictures)));
        }
        if (setup.wants("texts")) {
            List<String> texts = Collections.nCopies(BATCH, "cat ".repeat(2 * costed.context));
            stages.add(new Embedding("CLIP, " + BATCH + " texts of " + costed.context, "texts", costed.texts,
                    MemoryWatch.UNKNOWN,
                    () -> clip.embedTexts(texts)));
        }
        return stages;
    }

    @Override
    public void close() { if (clip != null) clip.close(); }

    /// What a model reads, and the work of a batch.
    private record Costed(int imageSize, int context, Work images, Work texts) {}

    /// From Hugging Face's configuration if there is one, else from the shapes of a ResNet.
    private Costed costed() {
        Path config = folder.resolve("config.json");
        if (Files.exists(config)) {
            RandomClip sizes = sizes(ModelConfig.readJson(config));
            return new Costed(sizes.imageSize(), sizes.context(), Costs.clipImages(sizes, setup.precision(), BATCH),
                    Costs.clipTexts(sizes, setup.precision(), BATCH));
        }
        try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("model.safetensors"))) {
            RandomClipResNet sizes = RandomClipResNet.of(checkpoint);
            return new Costed(sizes.imageSize(), sizes.context(), Costs.clipImages(sizes, setup.precision(), BATCH),
                    Costs.clipTexts(sizes.text(), sizes.context(), sizes.projection(), setup.precision(), BATCH));
        }
    }

    /// The sizes of a Hugging Face folder.
    private static RandomClip sizes(ModelConfig config) {
        ModelConfig text = config.in("text_config");
        ModelConfig vision = config.in("vision_config");
        return new RandomClip(tower(text, 512, 8), text.optionalInt("max_position_embeddings", 77, 2, 8192),
                text.optionalInt("vocab_size", 49_408, 1, 1 << 24), tower(vision, 768, 12),
                vision.optionalInt("image_size", 224, 1, 2048), vision.optionalInt("patch_size", 32, 1, 2048),
                config.requireInt("projection_dim", 1, 8192));
    }

    private static RandomClip.Tower tower(ModelConfig config, int width, int heads) {
        return new RandomClip.Tower(config.optionalInt("hidden_size", width, 1, 8192),
                config.optionalInt("num_hidden_layers", 12, 1, 256),
                config.optionalInt("num_attention_heads", heads, 1, 8192));
    }

    private static List<Pixels> pictures(int side) {
        List<Pixels> pictures = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
            float[] values = RandomTensors.floats(side * side * 3, i);
            for (int j = 0; j < values.length; j++) values[j] = Math.clamp(0.5f + 0.2f * values[j], 0f, 1f);
            pictures.add(new Pixels(side, side, values));
        }
        return pictures;
    }

    private record Embedding(String name, String word, Work work, long plannedBytes,
            Supplier<float[][]> call) implements Stage {
        @Override
        public List<Line> lines() { return List.of(new Line(name, work)); }

        @Override
        public double[] run() {
            long start = System.nanoTime();
            float[][] embeddings = call.get();
            double seconds = (System.nanoTime() - start) * 1e-9;
            for (float[] embedding : embeddings) {
                if (Arrays.hashCode(embedding) == 0 || !Float.isFinite(embedding[0])) {
                    throw new BenchException(name + ": the embedding is not finite; is the checkpoint damaged?");
                }
            }
            return new double[]{seconds};
        }
    }
}
