package io.github.smalti.tools;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.weights.CheckpointDescription;
import io.github.smalti.weights.CheckpointFamily;

/// Which tensors of a checkpoint its model multiplies by at the chosen precision, as their names and ranks tell.
final class ModelMatrices {
    private final boolean isCodec;

    /// @param family what the checkpoint is
    ModelMatrices(CheckpointFamily family) { this.isCodec = family.isCodec(); }

    /// The axis along which a model multiplies a tensor with its inputs, or -1 if it is no matrix for that: embeddings
    /// are looked up, convolutions and all of an image codec stay float32.
    ///
    /// @param name the tensor's name
    /// @param rank its rank
    int inputAxis(String name, int rank) {
        boolean isTable = name.contains("emb") || name.startsWith("sos.");
        if (isCodec || isTable) return -1;
        return switch (name.substring(Math.max(name.lastIndexOf('.'), name.lastIndexOf('/')) + 1)) {
            case "kernel" -> rank == 2 || rank == 3 ? rank - 2 : -1; // (inputs, outputs), of all layers
            case "weight", "in_proj_weight" -> rank == 2 ? 1 : -1; // (outputs, inputs)
            case "text_projection", "proj" -> rank == 2 ? 0 : -1; // (inputs, outputs) of OpenAI's CLIP
            default -> -1;
        };
    }

    /// Bytes of native memory that a tensor takes about, once its model is loaded; embeddings stay in the file.
    ///
    /// @param tensor    the tensor
    /// @param precision how matrices are kept
    long packedBytes(CheckpointDescription.Tensor tensor, Precision precision) {
        long[] shape = tensor.shape();
        int rank = shape.length;
        int axis = inputAxis(tensor.name(), rank);
        if (axis >= 0) {
            long layers = rank == 3 ? shape[0] : 1;
            return layers * packedBytes(precision, shape[axis == rank - 1 ? axis - 1 : axis + 1], shape[axis]);
        }
        if (rank != 4 || !tensor.dtype().isFloat()) return 0;
        long outputs = tensor.name().endsWith("kernel") ? shape[3] : shape[0];
        if (outputs == 0) return 0;
        return packedBytes(isCodec ? Precision.F32 : precision, outputs, tensor.elementCount() / outputs);
    }

    private static long packedBytes(Precision precision, long outputs, long inputs) {
        boolean fits = outputs <= Integer.MAX_VALUE - PackedMatrix.PANEL && inputs <= Integer.MAX_VALUE - 4;
        return fits ? PackedMatrix.byteSize(precision, (int) outputs, 1, (int) inputs) : 0;
    }
}
