package io.github.smalti.weights;

import io.github.smalti.core.DType;
import java.util.List;

/// What a checkpoint file holds, for people to read.
///
/// @param file     the file's name
/// @param format   the format in words
/// @param byteSize length of the file
/// @param tensors  its tensors, in the file's order
/// @param globals  names of foreign code that a pickle mentions, with what the reader makes of each; empty otherwise
/// @param refusal  why the file would not be loaded, or ""
public record CheckpointDescription(String file, String format, long byteSize, List<Tensor> tensors,
        List<Global> globals, String refusal) {
    /// One tensor.
    ///
    /// @param name  its name
    /// @param dtype type of its elements
    /// @param shape elements along each axis
    public record Tensor(String name, DType dtype, long[] shape) {
        /// Number of elements.
        public long elementCount() {
            long count = 1;
            for (long size : shape) count *= size;
            return count;
        }
    }

    /// One global name of a pickle.
    ///
    /// @param name    module and name
    /// @param verdict `allowed` (built as plain data), `inert` (kept as a name) or `refused` (called, so the load stops)
    public record Global(String name, String verdict) {}

    /// Copies the lists.
    public CheckpointDescription {
        tensors = List.copyOf(tensors);
        globals = List.copyOf(globals);
    }
}
