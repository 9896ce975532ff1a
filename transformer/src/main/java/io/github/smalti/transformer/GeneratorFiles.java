package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.PackedTensors;
import io.github.smalti.weights.TensorLocation;
import io.github.smalti.weights.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/// A model's folder whose layout has been recognised.
interface GeneratorFiles {
    /// The checkpoint files.
    List<Path> files();

    /// Reads the weights; what was opened is closed again if that fails.
    CodeGenerator load(Compute compute, Precision precision);

    /// What loading and drawing will need, before anything is loaded.
    MemoryPlan plan(Precision precision, int images, boolean guided);

    /// Opens a checkpoint and makes a model of it; if that fails, it is closed again.
    ///
    /// @param file  the checkpoint
    /// @param names where it keeps what the model asks for
    /// @param model makes the model, which closes the weights
    static <T> T open(Path file, Function<String, TensorLocation> names, Compute compute, Precision precision,
            Function<Weights, T> model) {
        var weights = new Weights(Checkpoints.open(file), names, compute, precision);
        boolean made = false;
        try {
            T result = model.apply(weights);
            made = true;
            return result;
        } finally {
            if (!made) weights.close();
        }
    }

    /// What the weights will take, mapped and packed.
    ///
    /// @param packedBytes bytes of the matrices, if they are not packed in the files
    default MemoryPlan weightPlan(long packedBytes) {
        boolean arePacked = files().stream().allMatch(PackedTensors::areIn);
        return new MemoryPlan(byteSize(), arePacked ? 0 : packedBytes, 0, 0);
    }

    /// Bytes of the checkpoint files.
    default long byteSize() { return files().stream().mapToLong(Checkpoints::byteSize).sum(); }
}
