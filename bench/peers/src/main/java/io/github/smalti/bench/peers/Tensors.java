package io.github.smalti.bench.peers;

import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import java.nio.file.Path;

/// Weights of a checkpoint as arrays, in PyTorch's order of axes whatever the file.
final class Tensors implements AutoCloseable {
    private final Checkpoint checkpoint;

    Tensors(Path file) { this.checkpoint = Checkpoints.open(file); }

    /// A tensor as stored.
    float[] get(String name) { return checkpoint.tensor(name).toFloats(); }

    /// A tensor's sizes.
    long[] shape(String name) { return checkpoint.tensor(name).shape(); }

    /// A kernel of Flax, (in, out), as (out, in).
    float[] transposed(String name) { return checkpoint.tensor(name).permute(1, 0).toFloats(); }

    /// A layer's part of a stacked kernel of Flax, (layers, in, out), as (out, in).
    float[] transposed(String name, int layer) {
        return checkpoint.tensor(name).select(0, layer).permute(1, 0).toFloats();
    }

    /// A layer's part of a stacked vector, (layers, width).
    float[] part(String name, int layer) { return checkpoint.tensor(name).select(0, layer).toFloats(); }

    @Override
    public void close() { checkpoint.close(); }
}
