package io.github.smalti.core.layer;

import io.github.smalti.core.TensorView;
import java.util.Objects;

/// A table of vectors, read from the mapped checkpoint row by row.
///
/// Valid while that checkpoint is open; thread-safe.
public final class Embedding {
    private final TensorView table;

    /// Makes a layer.
    ///
    /// @param table (rows, features)
    public Embedding(TensorView table) { this.table = table; }

    /// Number of vectors.
    public int rows() { return (int) table.size(0); }

    /// Length of a vector.
    public int features() { return (int) table.size(1); }

    /// Copies one vector.
    ///
    /// @param id    which one
    /// @param out   where to
    /// @param outAt first index written
    /// @throws IndexOutOfBoundsException if there is no such vector
    public void copyRow(int id, float[] out, int outAt) {
        Objects.checkIndex(id, rows());
        table.copyRow(id, out, outAt);
    }
}
