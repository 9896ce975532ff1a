package io.github.smalti.clip;

import io.github.smalti.clip.SemanticIndex.Item;
import io.github.smalti.core.Compute;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// Reads an index file: [IndexHeader], texts, zeros up to a multiple of 64, vectors.
///
/// The texts are what the index is about, then name and note of each item; each is a length in bytes (4 bytes) and UTF-8.
/// The vectors lie as [PackedMatrix] has them; columns beyond the last vector are zeros. Everything is checked while it is
/// read, also by [#map]. Nothing is allocated for a size in the file before it was compared with that of the file.
final class IndexReader implements AutoCloseable {
    private static final long SLICE = 1L << 30;

    private final Path file;
    private final FileChannel channel;
    private final IndexHeader header;
    private final String about;
    private final List<Item> items = new ArrayList<>();

    /// Opens a file and reads all but the vectors.
    ///
    /// @throws IndexFileException if it is missing, damaged or no index
    IndexReader(Path file) {
        this.file = file;
        FileChannel opened = null;
        boolean isRead = false;
        try {
            opened = FileChannel.open(file);
            channel = opened;
            long size = channel.size();
            if (size < IndexHeader.BYTES) {
                throw IndexHeader.fault(file, "expected an index of smalti, found " + size + " bytes");
            }
            header = IndexHeader.decode(file, read(0, IndexHeader.BYTES), size);
            about = readTexts();
            isRead = true;
        } catch (NoSuchFileException e) {
            throw new IndexFileException(file, "no such file", e);
        } catch (IOException e) {
            throw unreadable(e);
        } finally {
            if (!isRead && opened != null) closeQuietly(opened);
        }
    }

    IndexHeader header() { return header; }

    String about() { return about; }

    List<Item> items() { return items; }

    private IndexFileException unreadable(IOException e) {
        return new IndexFileException(file, "cannot be read (" + e.getMessage() + ")", e);
    }

    private ByteBuffer read(long at, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        readFully(at, bytes);
        return bytes.flip().order(ByteOrder.LITTLE_ENDIAN);
    }

    private void readFully(long at, ByteBuffer bytes) throws IOException {
        int from = bytes.position();
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, at + bytes.position() - from) < 0) throw new EOFException("it became shorter");
        }
    }

    private String readTexts() throws IOException {
        int padded = (int) (header.vectorsAt() - IndexHeader.BYTES);
        ByteBuffer in = read(IndexHeader.BYTES, padded);
        for (int i = (int) header.textBytes(); i < padded; i++) {
            if (in.get(i) != 0) throw IndexHeader.fault(file, "expected zeros between texts and vectors");
        }
        in.limit((int) header.textBytes());
        if (IndexHeader.checksum(MemorySegment.ofBuffer(in)) != header.textSum()) {
            throw IndexHeader.fault(file, "the checksum of the texts does not fit: the file is damaged; make the index"
                    + " anew");
        }
        String first = text(in, SemanticIndex.MAX_ABOUT_BYTES);
        for (int i = 0; i < header.count(); i++) {
            items.add(new Item(text(in, SemanticIndex.MAX_NAME_BYTES), text(in, SemanticIndex.MAX_NAME_BYTES)));
        }
        if (in.hasRemaining()) throw IndexHeader.fault(file, "expected no text after the last item's");
        return first;
    }

    private String text(ByteBuffer in, int most) {
        int length = in.remaining() < Integer.BYTES ? -1 : in.getInt();
        if (length < 0 || length > most || length > in.remaining()) {
            throw IndexHeader.fault(file, "expected a text of at most " + Math.min(most, in.remaining())
                    + " bytes, found " + length);
        }
        try {
            ByteBuffer utf8 = in.slice(in.position(), length);
            in.position(in.position() + length);
            return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
        } catch (CharacterCodingException e) {
            throw new IndexFileException(file, "expected texts in UTF-8, found other bytes", e);
        }
    }

    /// Reads the vectors into native memory.
    ///
    /// @param arena   owner of the memory
    /// @param compute what to check with
    /// @return a block with room for whole groups
    /// @throws IndexFileException if they are damaged
    VectorBlock load(Arena arena, Compute compute) {
        int columns = (header.count() + VectorBlock.GROUP - 1) / VectorBlock.GROUP * VectorBlock.GROUP;
        VectorBlock block = VectorBlock.allocate(arena, header.precision(), header.width(), columns, 0);
        int panels = panels();
        try {
            read(header.vectorsAt(), block.panels(panels));
            read(header.vectorsAt() + block.panels(panels).byteSize(), block.scales(panels));
        } catch (IOException e) {
            throw unreadable(e);
        }
        check(block, compute);
        return block;
    }

    private void read(long at, MemorySegment out) throws IOException {
        for (long done = 0; done < out.byteSize(); done += SLICE) {
            readFully(at + done, out.asSlice(done, Math.min(SLICE, out.byteSize() - done)).asByteBuffer());
        }
    }

    /// Maps the vectors.
    ///
    /// @param arena   owner of the mapping
    /// @param compute what to check with
    /// @return a block of exactly the vectors in the file
    /// @throws IndexFileException if they are damaged
    VectorBlock map(Arena arena, Compute compute) {
        try {
            MemorySegment data = channel.map(FileChannel.MapMode.READ_ONLY, header.vectorsAt(), header.vectorBytes(),
                    arena);
            var block = new VectorBlock(header.precision(), header.width(), header.count(), 0, data);
            check(block, compute);
            return block;
        } catch (IOException e) {
            throw unreadable(e);
        } catch (InternalError e) {
            throw new IndexFileException(file, "was changed by another process while it was in use", e);
        }
    }

    private int panels() { return (header.count() + PackedMatrix.PANEL - 1) / PackedMatrix.PANEL; }

    private void check(VectorBlock block, Compute compute) {
        int panels = panels();
        if (IndexHeader.checksum(block.panels(panels), block.scales(panels)) != header.vectorSum()) {
            throw IndexHeader.fault(file, "the checksum of the vectors does not fit: the file is damaged; make the"
                    + " index anew");
        }
        double tolerance = header.precision() == Precision.F32 ? SemanticIndex.TOLERANCE : SemanticIndex.INT8_TOLERANCE;
        var wrong = new AtomicInteger(-1);
        int parts = Math.min(panels, IndexSearch.parts(compute));
        compute.team().run(parts, (part, of) -> {
            int end = (int) ((long) panels * (part + 1) / of);
            for (int panel = (int) ((long) panels * part / of); panel < end; panel++) {
                double[] squares = block.squaredLengths(panel);
                for (int lane = 0; lane < squares.length; lane++) {
                    int column = panel * PackedMatrix.PANEL + lane;
                    boolean isRight = column < header.count()
                            ? Math.abs(Math.sqrt(squares[lane]) - 1) <= tolerance
                            : block.isEmpty(column);
                    if (!isRight) wrong.set(column);
                }
            }
        });
        if (wrong.get() >= 0) {
            throw IndexHeader.fault(file, "expected " + header.count() + " vectors of length 1 and zeros after them,"
                    + " found another one at " + wrong.get());
        }
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException _) {
            // it was read only
        }
    }

    @Override
    public void close() { closeQuietly(channel); }
}
