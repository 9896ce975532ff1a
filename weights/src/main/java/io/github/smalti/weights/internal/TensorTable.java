package io.github.smalti.weights.internal;

import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.WeightsException;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// A checkpoint whose tensors were all found when it was opened; most views cost nothing to keep.
///
/// @param mapping the file, or the index of several
/// @param format  the format in words
/// @param tensors name to view; a supplier may join chunks on first use
/// @param shards  further files that hold the tensors, closed with this one
/// @param packedFor what its matrices are packed for, or null
public record TensorTable(MappedFile mapping, String format, Map<String, Supplier<TensorView>> tensors,
        List<MappedFile> shards, Precision packedFor)
        implements
            Checkpoint {
    /// A checkpoint in one file.
    ///
    /// @param mapping the file
    /// @param format  the format in words
    /// @param tensors name to view
    public TensorTable(MappedFile mapping, String format, Map<String, Supplier<TensorView>> tensors) {
        this(mapping, format, tensors, List.of(), null);
    }

    /// Bytes of all files.
    public long byteSize() { return mapping.size() + shards.stream().mapToLong(MappedFile::size).sum(); }

    @Override
    public String file() { return mapping.name(); }

    @Override
    public List<String> names() { return List.copyOf(tensors.keySet()); }

    @Override
    public boolean has(String name) { return tensors.containsKey(name); }

    @Override
    public TensorView tensor(String name) {
        Supplier<TensorView> tensor = tensors.get(name);
        if (tensor == null) {
            throw new WeightsException(file(), name, "there is no such tensor among the " + tensors.size()
                    + "; `smalti inspect` lists them");
        }
        return tensor.get();
    }

    @Override
    public void close() {
        mapping.close();
        shards.forEach(MappedFile::close);
    }
}
