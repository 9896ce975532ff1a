package io.github.smalti.weights.internal;

import io.github.smalti.core.PackedMatrix;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/// What a model made of a checkpoint's tensors: the packed matrices, and which tensors it needs besides.
///
/// Thread-safe.
public final class PackedRecord {
    private final Map<String, PackedMatrix> matrices = new ConcurrentSkipListMap<>();
    private final Set<String> packed = ConcurrentHashMap.newKeySet();
    private final Set<String> read = ConcurrentHashMap.newKeySet();

    /// Notes a packed matrix.
    ///
    /// @param name   the layer's name
    /// @param matrix its weight
    /// @throws IllegalStateException if two layers have the same name
    public void put(String name, PackedMatrix matrix) {
        if (matrices.put(name, matrix) != null) throw new IllegalStateException("two layers named " + name);
    }

    /// Notes that a tensor is packed.
    ///
    /// @param tensor its name in the checkpoint
    public void packed(String tensor) { packed.add(tensor); }

    /// Notes that a tensor's numbers are read.
    ///
    /// @param tensor its name in the checkpoint
    public void read(String tensor) { read.add(tensor); }

    /// The packed matrices by their layers' names, sorted.
    public Map<String, PackedMatrix> matrices() { return matrices; }

    /// Whether a tensor's numbers are in packed matrices.
    ///
    /// @param tensor its name in the checkpoint
    public boolean isPacked(String tensor) { return packed.contains(tensor); }

    /// Whether a tensor's numbers are needed as they are.
    ///
    /// @param tensor its name in the checkpoint
    public boolean isRead(String tensor) { return read.contains(tensor); }
}
