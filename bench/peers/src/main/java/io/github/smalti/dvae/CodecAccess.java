package io.github.smalti.dvae;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.TensorLocation;
import io.github.smalti.weights.Weights;
import java.nio.file.Path;
import java.util.function.Function;

/// The sizes and tensors of an image codec, as other engines get them: one set of names and PyTorch's order of axes,
/// whoever published the file.
///
/// @param config  its sizes
/// @param range   between which numbers its network draws
/// @param weights its file
public record CodecAccess<C>(C config, PixelRange range, Weights weights) implements AutoCloseable {
    /// Opens a VQGAN; tensors have taming-transformers' names.
    ///
    /// @param folder a folder with a configuration
    public static CodecAccess<VqganConfig> vqgan(Path folder) {
        VqganFiles files = VqganFiles.find(folder);
        Checkpoint checkpoint = Checkpoints.open(files.checkpoint());
        VqganNames names = VqganNames.of(checkpoint);
        return new CodecAccess<>(VqganConfig.read(files.readConfig()), names.layout().pixelRange(),
                weights(checkpoint, names::locate));
    }

    /// Opens the decoder of OpenAI's dVAE; tensors have its modules' names, with `weight` and `bias` at the end.
    ///
    /// @param folder a folder with its two halves
    public static CodecAccess<OpenAiDvaeConfig> openAiDvae(Path folder) {
        Checkpoint checkpoint = Checkpoints.open(OpenAiDvaeFiles.find(folder).decoder());
        Weights weights = weights(checkpoint, OpenAiDvaeNames.of(checkpoint)::locate);
        return new CodecAccess<>(OpenAiDvaeConfig.of(weights), PixelRange.ZERO_TO_ONE, weights);
    }

    private static Weights weights(Checkpoint checkpoint, Function<String, TensorLocation> names) {
        return new Weights(checkpoint, names, Compute.shared(), Precision.F32);
    }

    /// A tensor.
    public TensorView tensor(String name) { return weights.tensor(name); }

    /// A tensor's numbers.
    public float[] get(String name) { return tensor(name).toFloats(); }

    @Override
    public void close() { weights.close(); }
}
