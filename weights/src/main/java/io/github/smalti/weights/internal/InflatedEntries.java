package io.github.smalti.weights.internal;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// Deflated entries of a zip, inflated into native memory that lives as long as the mapping.
///
/// Each is inflated twice: first through a small buffer, which shows whether it really has the claimed length and
/// checksum and stays within the limits, then into memory of that length. So a claim alone costs nothing. Not
/// thread-safe.
final class InflatedEntries {
    /// Entries of this size are no bombs, however small they were.
    private static final long FREE_OF_RATIO = 10L << 20;
    private static final int BUFFER = 1 << 16;
    private static final long STEP = 1 << 30;

    /// Where inflated bytes go.
    @FunctionalInterface
    private interface Taker { void take(ByteBuffer bytes); }

    private final MappedFile file;
    private final Map<String, MemorySegment> inflated = new HashMap<>();
    private long total;

    /// @param file the archive, whose limits count
    InflatedEntries(MappedFile file) { this.file = file; }

    /// Inflates an entry, once.
    ///
    /// @param name   its name
    /// @param packed its bytes in the archive
    /// @param size   its length as the archive says
    /// @param crc    its checksum as the archive says
    /// @return its bytes
    MemorySegment inflate(String name, MemorySegment packed, long size, int crc) {
        MemorySegment known = inflated.get(name);
        if (known != null) return known;
        long byRatio = Math.max(FREE_OF_RATIO, Math.multiplyExact(packed.byteSize(), file.limits().inflateRatio()));
        if (size > byRatio) {
            throw file.fault("zip entry " + name + " inflates from " + packed.byteSize() + " bytes to " + size
                    + ", at most " + byRatio + "; the file may be hostile");
        }
        if (size > file.limits().inflatedBytes() - total) {
            throw file.fault("its entries inflate to more than " + file.limits().inflatedBytes() + " bytes");
        }
        CRC32 found = new CRC32();
        long length = run(name, packed, size, found::update);
        if (length != size || (int) found.getValue() != crc) {
            throw file.fault("zip entry " + name + " has a wrong " + (length != size ? "length" : "checksum")
                    + "; download the file again");
        }
        total += size;
        MemorySegment out = allocate(name, size);
        long[] at = {0};
        run(name, packed, size, part -> {
            MemorySegment.copy(MemorySegment.ofBuffer(part), 0, out, at[0], part.remaining());
            at[0] += part.remaining();
        });
        inflated.put(name, out);
        return out;
    }

    private MemorySegment allocate(String name, long size) {
        try {
            return file.arena().allocate(size, 64);
        } catch (OutOfMemoryError e) {
            throw file.fault("zip entry " + name + " needs " + size + " bytes of memory when inflated, which is too "
                    + "much for this machine; save the file again without compression");
        }
    }

    /// Inflates at most one byte more than expected.
    private long run(String name, MemorySegment packed, long most, Taker taker) {
        long count = 0;
        Inflater inflater = new Inflater(true);
        try {
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
            for (long at = 0; !inflater.finished() && count <= most;) {
                if (inflater.needsInput()) {
                    if (at == packed.byteSize()) throw file.fault("zip entry " + name + " is cut off");
                    long length = Math.min(STEP, packed.byteSize() - at);
                    inflater.setInput(packed.asSlice(at, length).asByteBuffer());
                    at += length;
                }
                if (inflater.needsDictionary()) throw file.fault("zip entry " + name + " needs a dictionary");
                inflater.inflate(buffer.clear());
                count += buffer.position();
                if (count <= most) taker.take(buffer.flip());
            }
            boolean hasMore = inflater.getBytesRead() != packed.byteSize();
            if (count <= most && hasMore) throw file.fault("bytes follow the end of zip entry " + name);
            return count;
        } catch (DataFormatException e) {
            throw file.fault("zip entry " + name + " is damaged: " + e.getMessage());
        } finally {
            inflater.end();
        }
    }
}
