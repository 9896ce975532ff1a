package io.github.smalti.clip;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/// The first 64 bytes of an index file, little endian.
///
/// | at | bytes | what |
/// |---|---|---|
/// | 0 | 8 | magic: 89 53 4D 58 0D 0A 1A 0A (`SMX` between what a text transfer would change) |
/// | 8 | 4 | version, 1 |
/// | 12 | 4 | precision: 0 f32, 1 int8 |
/// | 16 | 4 | numbers of a vector, 1 to 8,192 |
/// | 20 | 4 | vectors, 0 to 2²⁶ |
/// | 24 | 8 | bytes of the texts, which begin at 64 |
/// | 32 | 8 | bytes of the vectors, which begin at the next multiple of 64 and end with the file |
/// | 40 | 4 | CRC-32C of the texts |
/// | 44 | 4 | CRC-32C of the vectors |
/// | 48 | 12 | zeros |
/// | 60 | 4 | CRC-32C of bytes 0 to 59 |
///
/// @param precision how numbers are stored
/// @param width     numbers of a vector
/// @param count     vectors
/// @param textBytes bytes of the texts
/// @param textSum   checksum of the texts
/// @param vectorSum checksum of the vectors
record IndexHeader(Precision precision, int width, int count, long textBytes, int textSum, int vectorSum) {
    static final int BYTES = 64;
    static final int VERSION = 1;
    static final int MAX_WIDTH = 8192;
    static final int MAX_COUNT = 1 << 26;
    static final int MAX_TEXT_BYTES = 1 << 30;

    private static final byte[] MAGIC = {(byte) 0x89, 'S', 'M', 'X', '\r', '\n', 0x1a, '\n'};
    private static final int SUM_AT = 60;
    private static final int ZEROS = 12;
    private static final long SLICE = 1L << 30;

    /// Bytes of the vectors.
    long vectorBytes() { return PackedMatrix.byteSize(precision, count, 1, width); }

    /// Where the vectors begin: aligned for vector loads.
    long vectorsAt() { return (BYTES + textBytes + BYTES - 1) / BYTES * BYTES; }

    ByteBuffer encode() {
        ByteBuffer out = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        out.put(MAGIC).putInt(VERSION).putInt(precision == Precision.F32 ? 0 : 1).putInt(width).putInt(count);
        out.putLong(textBytes).putLong(vectorBytes()).putInt(textSum).putInt(vectorSum);
        out.putInt(SUM_AT, checksum(MemorySegment.ofBuffer(out.slice(0, SUM_AT))));
        return out.clear();
    }

    /// Reads a header and compares it with the file's size.
    ///
    /// @throws IndexFileException if it is none, or contradicts itself or the size
    static IndexHeader decode(Path file, ByteBuffer bytes, long fileSize) {
        ByteBuffer in = bytes.order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[MAGIC.length];
        in.get(magic);
        if (!Arrays.equals(magic, MAGIC)) throw fault(file, "expected an index of smalti, found another kind of file");
        int version = in.getInt();
        if (version != VERSION) {
            throw fault(file, "expected version " + VERSION + " of the format, found " + version
                    + "; make the index anew");
        }
        if (checksum(MemorySegment.ofBuffer(in.slice(0, SUM_AT))) != in.getInt(SUM_AT)) {
            throw fault(file, "the header's checksum does not fit: the file is damaged; make the index anew");
        }
        int precision = in.getInt();
        if (precision != 0 && precision != 1) throw fault(file, "expected precision 0 or 1, found " + precision);
        int width = within(file, "numbers of a vector", in.getInt(), 1, MAX_WIDTH);
        int count = within(file, "vectors", in.getInt(), 0, MAX_COUNT);
        long textBytes = in.getLong();
        within(file, "bytes of texts", textBytes, 0, MAX_TEXT_BYTES);
        long vectorBytes = in.getLong();
        var header = new IndexHeader(precision == 0 ? Precision.F32 : Precision.INT8, width, count, textBytes,
                in.getInt(), in.getInt());
        within(file, "bytes of vectors", vectorBytes, header.vectorBytes(), header.vectorBytes());
        for (int i = 0; i < ZEROS; i++) {
            if (in.get() != 0) throw fault(file, "expected zeros at the end of the header");
        }
        within(file, "bytes of the file", fileSize, header.vectorsAt() + vectorBytes, header.vectorsAt() + vectorBytes);
        return header;
    }

    private static int within(Path file, String what, long value, long least, long most) {
        if (value >= least && value <= most) return (int) value;
        throw fault(file, "expected " + (least == most ? "" + most : least + " to " + most) + " " + what + ", found "
                + value);
    }

    /// CRC-32C of some memory, one part after the other.
    static int checksum(MemorySegment... parts) {
        var sum = new CRC32C();
        for (MemorySegment part : parts) {
            for (long at = 0; at < part.byteSize(); at += SLICE) {
                sum.update(part.asSlice(at, Math.min(SLICE, part.byteSize() - at)).asByteBuffer());
            }
        }
        return (int) sum.getValue();
    }

    static IndexFileException fault(Path file, String detail) { return new IndexFileException(file, detail, null); }
}
