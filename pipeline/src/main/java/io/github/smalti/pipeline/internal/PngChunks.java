package io.github.smalti.pipeline.internal;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;

/// Walks through the chunks of a PNG file of unknown origin: lengths against the file's size, checksums, order.
///
/// Memory is bounded whatever the file says: 64 KiB, and 1 MiB for the one text asked for.
public final class PngChunks {
    /// The longest text read.
    public static final int MAX_TEXT = 1 << 20;
    private static final int MAX_CHUNKS = 1_000_000;
    private static final int BUFFER = 1 << 16;
    private static final int FRAME = 12; // length, type, checksum
    private static final int HEADER = 13;
    /// The most that deflate shrinks: 258 bytes to two bits.
    private static final long MOST_INFLATED = 1032;

    private final SeekableByteChannel in;
    private final long size;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);

    private PngChunks(SeekableByteChannel in) throws IOException {
        this.in = in;
        this.size = in.size();
    }

    /// Checks every chunk of a file.
    ///
    /// @param file the file
    /// @throws IOException if it is no whole PNG file
    public static void verify(Path file) throws IOException { text(file, null); }

    /// Reads the first uncompressed international text of a keyword, and checks every chunk.
    ///
    /// @param file    the file
    /// @param keyword the keyword, or null for none
    /// @return the text, or `""` if there is none
    /// @throws IOException if the file is no whole PNG file, or the text is longer than [#MAX_TEXT]
    public static String text(Path file, String keyword) throws IOException {
        try (var in = Files.newByteChannel(file)) {
            return new PngChunks(in).walk(keyword);
        }
    }

    private String walk(String keyword) throws IOException {
        byte[] signature = new byte[8];
        read(signature, 8);
        if (!Arrays.equals(signature, PngWriter.SIGNATURE)) throw new IOException("not a PNG file");
        String found = "";
        byte[] header = new byte[0];
        long packed = 0;
        for (int count = 0; count < MAX_CHUNKS; count++) {
            byte[] frame = new byte[8];
            read(frame, 8);
            long length = ByteBuffer.wrap(frame).getInt() & 0xffffffffL;
            String type = new String(frame, 4, 4, StandardCharsets.ISO_8859_1);
            if (length > size - in.position() - 4) {
                throw new IOException("chunk " + Visible.text(type) + " claims " + length + " bytes, the file has "
                        + Math.max(0, size - in.position() - 4) + " left");
            }
            if (header.length == 0) {
                if (!type.equals("IHDR") || length != HEADER) throw new IOException("the header is missing");
                header = content(frame, type, length, true);
                continue;
            }
            if (type.equals("IDAT")) packed += length;
            boolean wanted = keyword != null && found.isEmpty() && type.equals("iTXt");
            byte[] data = content(frame, type, length, wanted && length <= MAX_TEXT + FRAME + 79);
            if (wanted && data.length > 0) found = textOf(data, keyword);
            if (type.equals("IEND")) {
                checkPixels(ByteBuffer.wrap(header), packed);
                return found;
            }
        }
        throw new IOException("more than " + MAX_CHUNKS + " chunks");
    }

    /// Reads a chunk's data, compares its checksum and returns the data if they are wanted, else nothing.
    private byte[] content(byte[] frame, String type, long length, boolean wanted) throws IOException {
        var crc = new CRC32();
        crc.update(frame, 4, 4);
        byte[] data = new byte[wanted ? (int) length : 0]; // compared with the bytes left by the caller
        long done = 0;
        while (done < length) {
            byte[] part = buffer.array();
            int n = (int) Math.min(BUFFER, length - done);
            read(part, n);
            crc.update(part, 0, n);
            if (wanted) System.arraycopy(part, 0, data, (int) done, n);
            done += n;
        }
        byte[] sum = new byte[4];
        read(sum, 4);
        if (ByteBuffer.wrap(sum).getInt() != (int) crc.getValue()) {
            throw new IOException("the checksum of chunk " + Visible.text(type) + " is wrong: the file is damaged");
        }
        return data;
    }

    /// A decoder makes room for all pixels before it reads one, so they must be able to come out of the data.
    private static void checkPixels(ByteBuffer header, long packed) throws IOException {
        long cols = header.getInt() & 0xffffffffL;
        long rows = header.getInt() & 0xffffffffL;
        int bits = header.get() & 0xff;
        int samples = switch (header.get()) {
            case 2 -> 3;
            case 4 -> 2;
            case 6 -> 4;
            default -> 1;
        };
        long rowBytes = 1 + (cols * samples * bits + 7) / 8;
        if (rows > packed * MOST_INFLATED / rowBytes) {
            throw new IOException(cols + " x " + rows + " pixels cannot come out of " + packed + " bytes of data");
        }
    }

    private static String textOf(byte[] data, String keyword) throws IOException {
        byte[] name = (keyword + "\0").getBytes(StandardCharsets.ISO_8859_1);
        if (data.length < name.length + 2 || !Arrays.equals(data, 0, name.length, name, 0, name.length)) return "";
        if (data[name.length] != 0) throw new IOException("the text " + keyword + " is compressed");
        int at = name.length + 2;
        for (int zeros = 0; zeros < 2; zeros++) {
            while (at < data.length && data[at] != 0) at++;
            at++;
        }
        if (at > data.length) throw new IOException("the text " + keyword + " is malformed");
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(data, at, data.length - at)).toString();
        } catch (CharacterCodingException e) {
            throw new IOException("the text " + keyword + " is not UTF-8", e);
        }
    }

    private void read(byte[] into, int n) throws IOException {
        ByteBuffer target = ByteBuffer.wrap(into, 0, n);
        while (target.hasRemaining()) {
            if (in.read(target) < 0) throw new EOFException("the file ends in the middle");
        }
    }
}
