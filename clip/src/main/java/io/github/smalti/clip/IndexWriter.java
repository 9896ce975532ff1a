package io.github.smalti.clip;

import io.github.smalti.clip.SemanticIndex.Item;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/// Writes an index file, see [IndexReader]: to a hidden file of the same folder first, which then takes the name.
final class IndexWriter {
    private static final long SLICE = 1L << 30;

    private IndexWriter() {}

    /// Writes or replaces a file.
    ///
    /// @param file      where
    /// @param precision of the vectors
    /// @param width     numbers of a vector
    /// @param about     what the index is about
    /// @param items     names and notes
    /// @param blocks    the vectors; all but the last one are full
    /// @throws IndexFileException if it cannot be written; a file that was there stays
    static void write(Path file, Precision precision, int width, String about, List<Item> items,
            List<VectorBlock> blocks) {
        byte[] texts = texts(file, about, items);
        MemorySegment[] vectors = vectors(items.size(), blocks);
        var header = new IndexHeader(precision, width, items.size(), texts.length,
                IndexHeader.checksum(MemorySegment.ofArray(texts)), IndexHeader.checksum(vectors));
        Path temp = file.resolveSibling(".smalti-" + UUID.randomUUID() + ".tmp");
        try {
            try (var channel = FileChannel.open(temp, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                write(channel, header.encode());
                write(channel, ByteBuffer.wrap(texts));
                write(channel, ByteBuffer.allocate((int) (header.vectorsAt() - IndexHeader.BYTES - texts.length)));
                for (MemorySegment part : vectors) write(channel, part);
                channel.force(true);
            }
            move(temp, file);
        } catch (IOException e) {
            throw new IndexFileException(file, "cannot be written (" + reason(e) + ")", e);
        } finally {
            deleteQuietly(temp);
        }
    }

    private static byte[] texts(Path file, String about, List<Item> items) {
        List<byte[]> parts = new ArrayList<>(1 + 2 * items.size());
        parts.add(SemanticIndex.utf8("about", about, SemanticIndex.MAX_ABOUT_BYTES));
        for (Item item : items) {
            parts.add(SemanticIndex.utf8("name", item.name(), SemanticIndex.MAX_NAME_BYTES));
            parts.add(SemanticIndex.utf8("note", item.note(), SemanticIndex.MAX_NAME_BYTES));
        }
        long bytes = 0;
        for (byte[] part : parts) bytes += Integer.BYTES + part.length;
        if (bytes > IndexHeader.MAX_TEXT_BYTES) {
            throw IndexHeader.fault(file, "expected at most " + IndexHeader.MAX_TEXT_BYTES
                    + " bytes of names and notes, found " + bytes + "; shorten them or make several indexes");
        }
        ByteBuffer out = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (byte[] part : parts) out.putInt(part.length).put(part);
        return out.array();
    }

    /// All panels, then all scales.
    private static MemorySegment[] vectors(int count, List<VectorBlock> blocks) {
        int[] panels = new int[blocks.size()];
        for (int i = 0; i < panels.length; i++) {
            int columns = Math.min(count, blocks.get(i).end()) - blocks.get(i).first();
            panels[i] = (columns + PackedMatrix.PANEL - 1) / PackedMatrix.PANEL;
        }
        var parts = new MemorySegment[2 * panels.length];
        for (int i = 0; i < panels.length; i++) {
            parts[i] = blocks.get(i).panels(panels[i]);
            parts[panels.length + i] = blocks.get(i).scales(panels[i]);
        }
        return parts;
    }

    private static void write(FileChannel channel, MemorySegment part) throws IOException {
        for (long at = 0; at < part.byteSize(); at += SLICE) {
            write(channel, part.asSlice(at, Math.min(SLICE, part.byteSize() - at)).asByteBuffer());
        }
    }

    private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) channel.write(bytes);
    }

    private static void move(Path temp, Path file) throws IOException {
        try {
            Files.move(temp, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException _) {
            Files.move(temp, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static String reason(IOException e) {
        if (e instanceof NoSuchFileException) return "there is no such folder";
        String said = e instanceof FileSystemException fault ? fault.getReason() : e.getMessage();
        return said != null ? said : e.getClass().getSimpleName();
    }

    private static void deleteQuietly(Path temp) {
        try {
            Files.deleteIfExists(temp);
        } catch (IOException _) {
            // the failure that led here is the one to tell
        }
    }
}
