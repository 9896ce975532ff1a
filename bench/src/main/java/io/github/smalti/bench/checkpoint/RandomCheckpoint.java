package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// A model of some family and size with random weights.
public sealed interface RandomCheckpoint permits RandomDalleBart, RandomRuDalle, RandomMinDalle, RandomVqgan,
        RandomGumbelVqgan, RandomOpenAiDvae, RandomClip, RandomClipResNet {
    /// The tensors of the published file, or files.
    ///
    /// @param dtype F32, F16 or BF16
    /// @return names, shapes and magnitudes, in the file's order
    List<RandomTensor> tensors(DType dtype);

    /// Writes the checkpoint and its configuration in the published layout.
    ///
    /// @param folder   an existing folder
    /// @param dtype    F32, F16 or BF16
    /// @param seed     the same seed writes the same file
    /// @param listener told of the progress
    /// @throws IOException if a file cannot be written
    void write(Path folder, DType dtype, long seed, RandomFile.Listener listener) throws IOException;

    /// Number of floating-point numbers in the checkpoint.
    default long parameterCount() {
        return tensors(DType.F32).stream().filter(tensor -> tensor.dtype().isFloat()).mapToLong(RandomTensor::count)
                .sum();
    }

    /// Bytes of the checkpoint's tensors.
    ///
    /// @param dtype F32, F16 or BF16
    default long byteSize(DType dtype) { return tensors(dtype).stream().mapToLong(RandomTensor::byteSize).sum(); }
}
