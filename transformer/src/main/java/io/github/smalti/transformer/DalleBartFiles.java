package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.TensorLocation;
import io.github.smalti.weights.Weights;
import io.github.smalti.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// A DalleBart folder in one of the published layouts, recognised by the files' names.
sealed interface DalleBartFiles extends GeneratorFiles permits PublishedFiles, TorchPortFiles {
    /// What such a folder holds, for messages.
    String EXPECTED = "config.json and flax_model.msgpack, or encoder.pt and decoder.pt";
    /// Files that hold encoder and decoder.
    List<String> SINGLE_FILES = List.of("flax_model.msgpack", "model.safetensors.index.json", "model.safetensors");
    /// What the port's names end with.
    List<String> ENDS = List.of("_mini.pt", ".pt", "_mini.safetensors", ".safetensors");

    /// The configuration, read or inferred from shapes.
    DalleBartConfig config();

    /// Where a checkpoint keeps what the model asks for.
    ///
    /// @param checkpoint one of the files
    /// @param config     what [#config] gave
    /// @throws WeightsException if the checkpoint holds what the configuration leaves out
    Function<String, TensorLocation> names(Checkpoint checkpoint, DalleBartConfig config);

    /// Whether a folder has the files of such a model.
    static boolean isIn(Path folder) {
        return SINGLE_FILES.stream().anyMatch(name -> Files.exists(folder.resolve(name)))
                || ENDS.stream().anyMatch(end -> Files.exists(folder.resolve("encoder" + end))
                        && Files.exists(folder.resolve("decoder" + end)));
    }

    /// Recognises a folder's layout.
    ///
    /// @param folder the folder
    /// @throws WeightsException if it holds no DalleBart
    static DalleBartFiles in(Path folder) {
        for (String name : SINGLE_FILES) {
            Path file = folder.resolve(name);
            if (Files.exists(file)) return new PublishedFiles(folder.resolve("config.json"), file);
        }
        for (String end : ENDS) {
            Path encoder = folder.resolve("encoder" + end);
            Path decoder = folder.resolve("decoder" + end);
            if (Files.exists(encoder) && Files.exists(decoder)) return new TorchPortFiles(folder, encoder, decoder);
        }
        throw new WeightsException(folder.toString(), "", "no DALL·E mini model here: expected " + EXPECTED);
    }

    @Override
    default MemoryPlan plan(Precision precision, int images, boolean guided) {
        DalleBartConfig config = config();
        return weightPlan(DalleBartPlan.weightBytes(config, precision))
                .plus(DalleBartPlan.session(config, precision, images, guided));
    }

    @Override
    default DalleBart load(Compute compute, Precision precision) {
        DalleBartConfig config = config();
        long mappedBytes = byteSize();
        List<Weights> opened = new ArrayList<>();
        boolean loaded = false;
        try {
            for (Path file : files()) opened.add(open(file, config, compute, precision));
            var model = new DalleBart(config, opened.getFirst(), opened.getLast(), mappedBytes);
            loaded = true;
            return model;
        } finally {
            if (!loaded) opened.forEach(Weights::close);
        }
    }

    private Weights open(Path file, DalleBartConfig config, Compute compute, Precision precision) {
        Checkpoint checkpoint = Checkpoints.open(file);
        boolean fits = false;
        try {
            var weights = new Weights(checkpoint, names(checkpoint, config), compute, precision);
            fits = true;
            return weights;
        } finally {
            if (!fits) checkpoint.close();
        }
    }
}
