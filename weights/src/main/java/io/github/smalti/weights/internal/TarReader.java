package io.github.smalti.weights.internal;

import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Reads a tar archive from a stream: ustar, GNU and pax, regular files and folders only.
///
/// Source: POSIX.1-2001 `pax` interchange format and GNU tar's manual. Not thread-safe.
public final class TarReader {
    /// What every tar of today has, and where.
    public static final String MAGIC = "ustar";
    /// Place of [#MAGIC] in the first header.
    public static final int MAGIC_AT = 257;
    private static final int BLOCK = 512;
    private static final int MAX_EXTENSION = 1 << 16;
    private static final int BASE_256 = 0x80;

    /// An entry.
    ///
    /// @param name     its path, with `/` between levels and none at the end
    /// @param isFolder whether it is a folder
    /// @param size     bytes of its content
    public record Entry(String name, boolean isFolder, long size) {}

    private final String file;
    private final InputStream in;
    private final ReadLimits limits;
    private final byte[] header = new byte[BLOCK];
    private long left;
    private long padding;
    private int count;

    /// @param file   the archive's name, for messages
    /// @param in     the archive, unpacked if it was compressed; stays the caller's
    /// @param limits how much it may ask of its reader
    public TarReader(String file, InputStream in, ReadLimits limits) {
        this.file = file;
        this.in = in;
        this.limits = limits;
    }

    /// Passes over the rest of an entry and reads the next one's header.
    ///
    /// @return the entry, or null at the end
    /// @throws IOException      if reading fails or the archive is cut off
    /// @throws WeightsException if the header is damaged, or the entry a link, a device or named so that it leads out
    public Entry next() throws IOException {
        String longName = null;
        while (true) {
            in.skipNBytes(left + padding);
            if (in.readNBytes(header, 0, BLOCK) < BLOCK) throw fault("the archive is cut off; download it again");
            if (isZero()) return null;
            if (++count > limits.entries()) throw fault("more than " + limits.entries() + " entries");
            checkSum();
            left = number(124, 12);
            padding = (BLOCK - left % BLOCK) % BLOCK;
            switch (header[156]) {
                case 0, '0', '7', '5' -> {
                    return entry(longName != null ? longName : name(), header[156] == '5');
                }
                case 'L' -> longName = text(extension());
                case 'x' -> {
                    String path = paxPath(extension());
                    if (path != null) longName = path;
                }
                case 'g' -> extension();
                case '1', '2' -> throw fault("entry \"" + name() + "\" is a link, which no checkpoint needs");
                default -> throw fault("entry \"" + name() + "\" is neither a file nor a folder");
            }
        }
    }

    /// Copies the content of the entry that [#next] gave.
    ///
    /// @param out where to
    /// @throws IOException if reading or writing fails or the archive is cut off
    public void copyTo(OutputStream out) throws IOException {
        byte[] buffer = new byte[1 << 16];
        while (left > 0) {
            int length = in.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (length < 0) throw fault("the archive is cut off; download it again");
            out.write(buffer, 0, length);
            left -= length;
        }
    }

    private Entry entry(String stored, boolean isFolder) {
        String name = stored;
        while (name.startsWith("./")) name = name.substring(2);
        boolean endsAsFolder = name.endsWith("/");
        if (endsAsFolder) name = name.substring(0, name.length() - 1);
        if (name.getBytes(StandardCharsets.UTF_8).length > limits.nameBytes()) {
            throw fault("an entry's name of more than " + limits.nameBytes() + " bytes");
        }
        if (!name.isEmpty() || !isFolder) EntryNames.checkWritable(file, name);
        if (isFolder && left > 0) throw fault("folder \"" + name + "\" with content");
        if (endsAsFolder && !isFolder) throw fault("file \"" + name + "\" with the name of a folder");
        return new Entry(name, isFolder, left);
    }

    private String name() {
        String name = text(Arrays.copyOf(header, 100));
        boolean isUstar = new String(header, 257, 6, StandardCharsets.ISO_8859_1).equals("ustar\0");
        String prefix = isUstar ? text(Arrays.copyOfRange(header, 345, 500)) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    private byte[] extension() throws IOException {
        if (left > MAX_EXTENSION) throw fault("a header of " + left + " bytes, at most " + MAX_EXTENSION);
        byte[] content = in.readNBytes((int) left);
        if (content.length < left) throw fault("the archive is cut off; download it again");
        left = 0;
        return content;
    }

    /// Records of `length key=value\n`; of all keys only the path counts, and a size is refused.
    private String paxPath(byte[] records) {
        String path = null;
        for (int at = 0; at < records.length;) {
            int space = at;
            int length = 0;
            while (space < records.length && space - at < 6 && records[space] >= '0' && records[space] <= '9') {
                length = length * 10 + records[space++] - '0';
            }
            if (space == at || length <= space - at + 1 || length > records.length - at || records[space] != ' ') {
                throw fault("a damaged pax header");
            }
            String record = new String(records, space + 1, at + length - space - 2, StandardCharsets.UTF_8);
            if (record.startsWith("path=")) path = record.substring("path=".length());
            if (record.startsWith("size=") || record.startsWith("GNU.sparse")) {
                throw fault("an entry of 8 GiB or more in pax form or a sparse one, which is not supported");
            }
            at += length;
        }
        return path;
    }

    private static String text(byte[] field) {
        int end = 0;
        while (end < field.length && field[end] != 0) end++;
        return new String(field, 0, end, StandardCharsets.UTF_8);
    }

    private boolean isZero() {
        for (byte b : header) if (b != 0) return false;
        return true;
    }

    /// Octal digits, or for large sizes big-endian bytes after a marked one.
    private long number(int from, int length) {
        long value = 0;
        if ((header[from] & BASE_256) != 0) {
            for (int i = from + 1; i < from + length; i++) {
                if (value >>> 54 != 0) throw fault("an entry of more than 2^62 bytes");
                value = value << 8 | header[i] & 0xff;
            }
            return value;
        }
        for (int i = from; i < from + length && header[i] != 0 && header[i] != ' '; i++) {
            if (header[i] < '0' || header[i] > '7') throw fault("a damaged header of an entry");
            value = value * 8 + header[i] - '0';
        }
        return value;
    }

    private void checkSum() {
        int sum = 8 * ' ';
        for (int i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i] & 0xff;
        if (number(148, 8) != sum) throw fault("a damaged header of an entry; download the archive again");
    }

    private WeightsException fault(String detail) { return new WeightsException(file, "", detail); }
}
