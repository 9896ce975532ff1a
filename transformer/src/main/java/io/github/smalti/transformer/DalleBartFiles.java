package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.TensorLocation;
import io.github.smalti.weights.Weights;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// The published layouts of a DalleBart folder, recognised by the files' names.
sealed interface DalleBartFiles {
    /// The configuration, published or inferred from shapes.
    DalleBartConfig config();

    /// The checkpoint files.
    List<Path> files();

    /// Reads the weights.
    DalleBart load(Compute compute, Precision precision);

    /// Bytes of the checkpoint files.
    default long byteSize() {
        try {
            long size = 0;
            for (Path file : files()) size += Files.size(file);
            return size;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Recognises a folder's layout.
    static DalleBartFiles in(Path folder) {
        if (Files.exists(folder.resolve("flax_model.msgpack"))) return new Flax(folder);
        for (String suffix : List.of("_mini", "")) {
            Path encoder = folder.resolve("encoder" + suffix + ".pt");
            Path decoder = folder.resolve("decoder" + suffix + ".pt");
            if (Files.exists(encoder) && Files.exists(decoder)) return new TorchPort(folder, encoder, decoder);
        }
        throw new WeightsException(folder.toString(), "", "no DALL·E mini model here: expected config.json and "
                + "flax_model.msgpack, or encoder.pt and decoder.pt");
    }

    /// `config.json` and `flax_model.msgpack`, as on the model hub.
    ///
    /// @param folder where they lie
    record Flax(Path folder) implements DalleBartFiles {
        @Override
        public List<Path> files() { return List.of(folder.resolve("flax_model.msgpack")); }

        @Override
        public DalleBartConfig config() {
            return DalleBartConfig.of(ModelConfig.readJson(folder.resolve("config.json")));
        }

        @Override
        public DalleBart load(Compute compute, Precision precision) {
            DalleBartConfig config = config();
            var names = DalleBartNames.flax(config.scannedLayers());
            return DalleBartFiles.load(List.of(names), files(), compute, precision, _ -> config);
        }
    }

    /// The PyTorch port kuprel/min-dalle: two state dicts and no configuration.
    ///
    /// Heads do not follow from shapes: the published sizes have 64 numbers a head; a file `sizes.json` beside the
    /// checkpoints with `attention_head_count` says otherwise.
    ///
    /// @param folder  where they lie
    /// @param encoder the encoder's state dict
    /// @param decoder the decoder's state dict
    record TorchPort(Path folder, Path encoder, Path decoder) implements DalleBartFiles {
        private static final int HEAD_DIM = 64;
        private static final int PUBLISHED_CODES = 16384;

        @Override
        public List<Path> files() { return List.of(encoder, decoder); }

        @Override
        public DalleBartConfig config() {
            try (Checkpoint text = Checkpoints.open(encoder); Checkpoint image = Checkpoints.open(decoder)) {
                return infer(text, image);
            }
        }

        @Override
        public DalleBart load(Compute compute, Precision precision) {
            var names = DalleBartNames.torchPort();
            return DalleBartFiles.load(List.of(names, names), files(), compute, precision,
                    checkpoints -> infer(checkpoints.getFirst(), checkpoints.getLast()));
        }

        private DalleBartConfig infer(Checkpoint text, Checkpoint image) {
            int dModel = size(text, "embed_tokens.weight", 1);
            int ffnDim = size(text, "layers.0.glu.fc0.weight", 0);
            int imageRows = size(image, "embed_tokens.weight", 0);
            Path sizes = folder.resolve("sizes.json");
            int heads = Files.exists(sizes)
                    ? ModelConfig.readJson(sizes).requireInt("attention_head_count", 1, dModel)
                    : Math.max(1, dModel / HEAD_DIM);
            if (dModel % heads != 0) {
                throw new WeightsException(text.file(), "embed_tokens.weight", "width " + dModel
                        + " is no multiple of " + heads + " heads; say `attention_head_count` in sizes.json");
            }
            return new DalleBartConfig(dModel,
                    new DalleBartConfig.Stack(layers(text), heads, ffnDim, text.has("final_ln.bias")),
                    new DalleBartConfig.Stack(layers(image), heads, size(image, "layers.0.glu.fc0.weight", 0),
                            image.has("final_ln.bias")),
                    size(text, "embed_tokens.weight", 0), size(text, "embed_positions.weight", 0), imageRows,
                    size(image, "embed_positions.weight", 0), Math.min(imageRows - 1, PUBLISHED_CODES),
                    text.has("layers.0.self_attn.q_proj.bias"), false, !image.has("lm_head.weight"), true, false);
        }

        private static int size(Checkpoint checkpoint, String name, int axis) {
            var tensor = checkpoint.tensor(name);
            if (tensor.rank() != 2 || tensor.size(axis) > 1 << 24) {
                throw new WeightsException(checkpoint.file(), name, "expected a matrix, found " + tensor);
            }
            return (int) tensor.size(axis);
        }

        private static int layers(Checkpoint checkpoint) {
            int layers = 0;
            while (checkpoint.has("layers." + layers + ".glu.fc0.weight")) layers++;
            return layers;
        }
    }

    private static DalleBart load(List<Function<String, TensorLocation>> names, List<Path> files, Compute compute,
            Precision precision, Function<List<Checkpoint>, DalleBartConfig> config) {
        List<AutoCloseable> opened = new ArrayList<>();
        boolean loaded = false;
        try {
            List<Checkpoint> checkpoints = new ArrayList<>();
            long mapped = 0;
            for (Path file : files) {
                Checkpoint checkpoint = Checkpoints.open(file);
                opened.add(checkpoint);
                checkpoints.add(checkpoint);
                mapped += Files.size(file);
            }
            DalleBartConfig sizes = config.apply(checkpoints);
            List<Weights> weights = new ArrayList<>();
            for (int i = 0; i < checkpoints.size(); i++) {
                weights.add(new Weights(checkpoints.get(i), names.get(i), compute, precision));
                opened.set(i, weights.get(i));
            }
            var model = new DalleBart(sizes, weights.getFirst(), weights.getLast(), mapped);
            loaded = true;
            return model;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (!loaded) closeAll(opened);
        }
    }

    private static void closeAll(List<AutoCloseable> opened) {
        for (AutoCloseable resource : opened) {
            switch (resource) {
                case Weights weights -> weights.close();
                case Checkpoint checkpoint -> checkpoint.close();
                default -> throw new IllegalStateException("unexpected resource");
            }
        }
    }
}
