package io.github.smalti.weights;

import io.github.smalti.core.TensorView;
import java.util.List;

/// An open checkpoint file: named tensors, whatever the format.
///
/// Owns the mapping behind its tensors: every [TensorView] it gave becomes invalid with [#close]. Thread-safe.
public interface Checkpoint extends AutoCloseable {
    /// The file's name, for messages.
    String file();

    /// Names of all tensors in the file's order, with `/` between levels in Flax trees and `.` in PyTorch's.
    List<String> names();

    /// Whether there is a tensor of this name.
    ///
    /// @param name as in [#names]
    boolean has(String name);

    /// A tensor as stored.
    ///
    /// @param name as in [#names]
    /// @return a view that is valid until [#close]
    /// @throws WeightsException if there is no such tensor or its data is damaged
    TensorView tensor(String name);

    /// Unmaps the file; closing twice has no effect.
    @Override
    void close();
}
