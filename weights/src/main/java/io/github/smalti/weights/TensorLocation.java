package io.github.smalti.weights;

import io.github.smalti.core.TensorView;

/// Where a tensor that a model asks for lies in a checkpoint, and how it must be turned.
///
/// Model files ask for names and shapes as in PyTorch: `Linear` (out, in), convolution (out, in, rows, cols). One
/// function per family and layout maps such a name to a location.
///
/// @param name       name in the checkpoint
/// @param stackIndex index along axis 0 where layers are stacked in one tensor, or -1
/// @param axes       order of the axes after that, or an empty array to keep them; see [TensorView#permute]
public record TensorLocation(String name, int stackIndex, int... axes) {
    /// A tensor that lies as asked.
    ///
    /// @param name name in the checkpoint
    /// @return the location
    public static TensorLocation of(String name) { return new TensorLocation(name, -1); }

    /// The slice of a tensor that stacks all layers along axis 0.
    ///
    /// @param layer index of the layer
    /// @return a new location
    public TensorLocation stacked(int layer) { return new TensorLocation(name, layer, axes); }

    /// A Flax `Dense` kernel (in, out), turned to (out, in).
    ///
    /// @return a new location
    public TensorLocation transposed() { return new TensorLocation(name, stackIndex, 1, 0); }

    /// A Flax convolution kernel (rows, cols, in, out), turned to (out, in, rows, cols).
    ///
    /// @return a new location
    public TensorLocation fromFlaxConvolution() { return new TensorLocation(name, stackIndex, 3, 2, 0, 1); }

    TensorView of(Checkpoint checkpoint) {
        TensorView view = checkpoint.tensor(name);
        if (stackIndex >= 0) {
            if (view.rank() == 0 || stackIndex >= view.size(0)) {
                throw new WeightsException(checkpoint.file(), name,
                        "expected at least " + (stackIndex + 1) + " stacked layers, found " + view);
            }
            view = view.select(0, stackIndex);
        }
        if (axes.length == 0) return view;
        if (view.rank() != axes.length) {
            throw new WeightsException(checkpoint.file(), name, "expected rank " + axes.length + ", found " + view);
        }
        return view.permute(axes);
    }
}
