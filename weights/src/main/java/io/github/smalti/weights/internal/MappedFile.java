package io.github.smalti.weights.internal;

import io.github.smalti.core.DType;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A file mapped read-only in one piece, with the arena that owns the mapping.
///
/// Closing unmaps at once; reading a closed file throws an `IllegalStateException` of the foreign-memory API.
public final class MappedFile implements AutoCloseable {
    private final Path path;
    private final String name;
    private final Arena arena;
    private final MemorySegment bytes;
    private final ReadLimits limits;

    private MappedFile(Path path, String name, Arena arena, MemorySegment bytes, ReadLimits limits) {
        this.path = path;
        this.limits = limits;
        this.name = name;
        this.arena = arena;
        this.bytes = bytes;
    }

    /// Maps a file.
    ///
    /// @param path   the file
    /// @param limits how much it may ask of its reader
    /// @return the mapping; the caller closes it
    /// @throws WeightsException if it is missing, empty, a folder or cannot be read
    public static MappedFile open(Path path, ReadLimits limits) {
        String name = String.valueOf(path.getFileName());
        if (Files.isDirectory(path)) throw new WeightsException(name, "", "expected a checkpoint file, found a folder");
        Arena arena = Arena.ofShared();
        boolean mapped = false;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size == 0) throw new WeightsException(name, "", "expected a checkpoint, found an empty file");
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            mapped = true;
            return new MappedFile(path, name, arena, bytes, limits);
        } catch (NoSuchFileException e) {
            throw new WeightsException(path.toString(), "", "there is no such file; check the path", e);
        } catch (IOException e) {
            throw new WeightsException(path.toString(), "", "cannot be read: " + e.getMessage(), e);
        } finally {
            if (!mapped) arena.close();
        }
    }

    /// Where the file lies.
    public Path path() { return path; }

    /// The file's name without folders, for messages.
    public String name() { return name; }

    /// The whole file.
    public MemorySegment bytes() { return bytes; }

    /// How much the file may ask of its reader.
    public ReadLimits limits() { return limits; }

    /// Length of the file.
    public long size() { return bytes.byteSize(); }

    /// Owner of the mapping, for what lives as long as it.
    public Arena arena() { return arena; }

    /// A fault of the whole file.
    ///
    /// @param detail what was expected and found
    public WeightsException fault(String detail) { return new WeightsException(name, "", detail); }

    /// A fault of one tensor.
    ///
    /// @param tensor its name
    /// @param detail what was expected and found
    public WeightsException fault(String tensor, String detail) { return new WeightsException(name, tensor, detail); }

    /// Bytes that a tensor of this shape takes, whatever the file claims of its size.
    ///
    /// @param tensor its name
    /// @param dtype  type of the elements
    /// @param shape  elements along each axis, as the file has them
    /// @return the size in bytes
    /// @throws WeightsException if a size is negative or the product overflows
    public long byteSize(String tensor, DType dtype, long[] shape) {
        try {
            long size = dtype.bytes();
            for (long axis : shape) {
                if (axis < 0) throw fault(tensor, "negative size in " + TensorView.describe(dtype, shape));
                size = Math.multiplyExact(size, axis);
            }
            TensorView.contiguousStrides(shape); // overflows for a zero size beside huge ones
            return size;
        } catch (ArithmeticException _) {
            throw fault(tensor, "the shape " + TensorView.describe(dtype, shape) + " overflows");
        }
    }

    @Override
    public void close() { if (arena.scope().isAlive()) arena.close(); }
}
