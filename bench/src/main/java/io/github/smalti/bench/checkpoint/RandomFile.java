package io.github.smalti.bench.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Streams random checkpoints into files: two threads fill blocks of 4 MiB and write each at its own place.
///
/// The file has its name only when it is complete; a writer that is stopped leaves nothing.
public final class RandomFile {
    private static final int THREADS = 2;
    private static final int BLOCK_BYTES = 4 << 20;

    /// Watches a file grow.
    @FunctionalInterface
    public interface Listener {
        /// Called after every block, by any thread.
        ///
        /// @param done  bytes written
        /// @param total bytes of the file
        void written(long done, long total);
    }

    /// A block of a file: bytes as they are, or elements of a tensor.
    private record Block(long at, FilePart part, long key, long first, int count) {}

    private RandomFile() {}

    /// Writes a Flax msgpack file.
    ///
    /// @param file     where; replaced if it exists
    /// @param tensors  names with `/` between levels
    /// @param seed     the same seed writes the same file
    /// @param listener told of the progress
    /// @throws IOException if the file cannot be written
    public static void writeFlax(Path file, List<RandomTensor> tensors, long seed, Listener listener)
            throws IOException {
        write(file, FlaxLayout.of(tensors), seed, listener);
    }

    /// Writes a safetensors file.
    ///
    /// @param file     where; replaced if it exists
    /// @param tensors  in the order of their data
    /// @param seed     the same seed writes the same file
    /// @param listener told of the progress
    /// @throws IOException if the file cannot be written
    public static void writeSafetensors(Path file, List<RandomTensor> tensors, long seed, Listener listener)
            throws IOException {
        write(file, SafetensorsLayout.of(tensors), seed, listener);
    }

    private static void write(Path file, List<FilePart> parts, long seed, Listener listener) throws IOException {
        long total = parts.stream().mapToLong(FilePart::byteSize).sum();
        Path folder = file.toAbsolutePath().getParent();
        if (folder.toFile().getUsableSpace() < total) {
            throw new IOException(
                    file + " needs " + total + " bytes, the disk has " + folder.toFile().getUsableSpace());
        }
        Path temporary = folder.resolve(file.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        temporary.toFile().deleteOnExit(); // after Ctrl-C
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE,
                    StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
                write(channel, blocks(parts, seed), total, listener);
            }
            Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static List<Block> blocks(List<FilePart> parts, long seed) {
        List<Block> blocks = new ArrayList<>();
        long at = 0;
        for (FilePart part : parts) {
            switch (part) {
                case FilePart.Literal(byte[] bytes) -> blocks.add(new Block(at, part, 0, 0, bytes.length));
                case FilePart.Numbers(RandomTensor tensor) -> {
                    long key = seed * 0xD1342543DE82EF95L + tensor.name().hashCode();
                    int size = tensor.dtype().bytes();
                    int most = BLOCK_BYTES / size;
                    for (long first = 0; first < tensor.count(); first += most) {
                        int count = (int) Math.min(most, tensor.count() - first);
                        blocks.add(new Block(at + first * size, part, key, first, count));
                    }
                }
            }
            at += part.byteSize();
        }
        return blocks;
    }

    private static void write(FileChannel channel, List<Block> blocks, long total, Listener listener)
            throws IOException {
        var next = new AtomicInteger();
        var done = new AtomicLong();
        try (var pool = Executors.newFixedThreadPool(THREADS)) {
            List<Future<?>> writers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                writers.add(pool.submit(() -> {
                    var room = ByteBuffer.allocateDirect(BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
                    for (int n = next.getAndIncrement(); n < blocks.size(); n = next.getAndIncrement()) {
                        listener.written(done.addAndGet(write(channel, blocks.get(n), room)), total);
                    }
                    return null;
                }));
            }
            for (Future<?> writer : writers) writer.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException fault) throw fault;
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("stopped while writing", e));
        }
    }

    private static int write(FileChannel channel, Block block, ByteBuffer room) throws IOException {
        ByteBuffer bytes = switch (block.part) {
            case FilePart.Literal(byte[] literal) -> ByteBuffer.wrap(literal);
            case FilePart.Numbers(RandomTensor tensor) -> {
                tensor.fill(block.key, block.first, block.count, room.clear());
                yield room.flip();
            }
        };
        int size = bytes.remaining();
        for (long at = block.at; bytes.hasRemaining();) at += channel.write(bytes, at);
        return size;
    }
}
