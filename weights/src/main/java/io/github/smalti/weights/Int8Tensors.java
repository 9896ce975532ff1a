package io.github.smalti.weights;

import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.SafetensorsWriter.Tensor;
import io.github.smalti.weights.internal.Int8Quantization;
import java.util.List;

/// Matrices of 8 bits in safetensors files: an extension of our own, for models that are computed with at
/// [Precision#INT8].
///
/// | tensor | type | shape |
/// |---|---|---|
/// | `NAME` | I8 | as before |
/// | `NAME.scale` | F32 | the same with 1 along the inputs: a scale per output |
///
/// The bytes are those of a [PackedMatrix], in the order of the tensor instead of panels, so a model that is loaded
/// from them computes the same bits as one that is loaded from the original at [Precision#INT8]. Each group of four
/// neighbouring inputs of an output, counted from the first, is one big-endian integer: input `j` of a group with bytes
/// `b₀ b₁ b₂ b₃` stands for `scale · (2²⁴ bⱼ + 2¹⁶ uⱼ₊₁ + 2⁸ uⱼ₊₂ + uⱼ₊₃)`, where `u` is a byte without sign and 0 after
/// the group's end. The sign and size of a weight are its own byte's, to a step of `2²⁴ scale`.
///
/// [Weights] recognises such matrices by their scales. They can be loaded at [Precision#INT8] only.
public final class Int8Tensors {
    /// What the scales' names end with.
    public static final String SCALE = ".scale";

    private Int8Tensors() {}

    /// The tensors to write for a matrix, or for matrices stacked along axis 0.
    ///
    /// Bytes and scales are computed when they are written, one matrix at a time.
    ///
    /// @param name      its name
    /// @param values    (outputs, inputs), (inputs, outputs) or one of them stacked, of floats
    /// @param inputAxis the axis of the inputs: one of the last two
    /// @return its bytes and its scales
    /// @throws IllegalArgumentException if the values are no floats or of another rank, or no axis is of inputs
    public static List<Tensor> of(String name, TensorView values, int inputAxis) {
        int rank = values.rank();
        if (rank < 2 || rank > 3 || inputAxis < rank - 2 || inputAxis >= rank || !values.dtype().isFloat()) {
            throw new IllegalArgumentException(name + ": expected matrices of floats, found " + values
                    + " with inputs along axis " + inputAxis);
        }
        var source = new Int8Quantization(values, inputAxis);
        long[] scales = values.shape();
        scales[inputAxis] = 1;
        int parts = source.count();
        return List.of(new Tensor(name, DType.I8, values.shape(), parts, source::bytes),
                new Tensor(name + SCALE, DType.F32, scales, parts, source::scales));
    }
}
