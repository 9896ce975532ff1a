package io.github.smalti.weights.internal;

import io.github.smalti.weights.WeightsException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/// A zip as PyTorch writes it: one root folder, stored records, found by name as slices of the one mapping.
///
/// Stricter than zip tools, so that no two readers can see two different archives: the central directory fills the
/// file's end without gaps, local headers repeat it, names are unique, records do not overlap. Compressed records
/// (TorchScript's code) are tolerated as long as nobody asks for them. Source: PKWARE APPNOTE 6.3.
final class TorchArchive {
    private static final int END_SIZE = 22;
    private static final int MAX_COMMENT = 65_535;
    private static final int CENTRAL_SIZE = 46;
    private static final int LOCAL_SIZE = 30;
    private static final int ZIP64_END_SIZE = 56;
    private static final int ZIP64_LOCATOR_SIZE = 20;
    private static final int MADE_BY_UNIX = 3;
    /// The bits of a Unix file mode that tell its type, and that of a symbolic link.
    private static final int FILE_TYPE = 0xf000;
    private static final int LINK = 0xa000;
    private static final int ENCRYPTED = 1 | 1 << 6 | 1 << 13;
    private static final int SIZES_FOLLOW = 1 << 3;
    private static final long IN_ZIP64 = 0xffff_ffffL;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private record Entry(String name, int flags, int method, int crc, long packed, long size, long header, long data) {}

    private record Directory(long begin, long end, long entries) {}

    private final MappedFile file;
    private final MemorySegment bytes;
    private final Map<String, Entry> entries = new HashMap<>();
    private final String root;

    /// Reads the directory and checks every entry's header.
    ///
    /// @param file the mapped file
    TorchArchive(MappedFile file) {
        this.file = file;
        this.bytes = file.bytes();
        Directory directory = directory();
        List<Entry> inOrder = new ArrayList<>();
        long at = directory.begin;
        for (long i = 0; i < directory.entries; i++) {
            Entry entry = entry(at, directory);
            at += CENTRAL_SIZE + u16(at + 28) + u16(at + 30) + u16(at + 32);
            if (entries.putIfAbsent(entry.name, entry) != null) {
                throw file.fault("two zip entries of the name " + entry.name);
            }
            inOrder.add(entry);
        }
        if (at != directory.end) throw file.fault("the zip directory does not end where it says; the file is damaged");
        checkOverlap(inOrder, directory.begin);
        this.root = root(inOrder);
    }

    /// Whether there is a record.
    ///
    /// @param path its name below the root folder
    boolean has(String path) { return entries.containsKey(root + path); }

    /// The bytes of a record.
    ///
    /// @param path its name below the root folder
    /// @return a slice of the mapping
    MemorySegment record(String path) {
        Entry entry = entry(path);
        if (entry.method != 0) {
            throw file.fault("zip entry " + entry.name + " is compressed, but PyTorch stores its records; "
                    + "load and save the file with PyTorch");
        }
        return bytes.asSlice(entry.data, entry.size);
    }

    /// The bytes of a record whose checksum was compared.
    ///
    /// @param path its name below the root folder
    /// @return a slice of the mapping
    MemorySegment checkedRecord(String path) {
        MemorySegment record = record(path);
        CRC32 crc = new CRC32();
        long step = 1 << 30;
        for (long at = 0; at < record.byteSize(); at += step) {
            ByteBuffer part = record.asSlice(at, Math.min(step, record.byteSize() - at)).asByteBuffer();
            crc.update(part);
        }
        Entry entry = entry(path);
        if ((int) crc.getValue() != entry.crc) {
            throw file.fault("zip entry " + entry.name + " has a wrong checksum; download the file again");
        }
        return record;
    }

    private Entry entry(String path) {
        Entry entry = entries.get(root + path);
        if (entry == null) throw file.fault("the archive has no entry " + root + path);
        return entry;
    }

    private Directory directory() {
        long end = endRecord();
        long entryCount = u16(end + 10);
        long size = u32(end + 12);
        long begin = u32(end + 16);
        long directoryEnd = end;
        if (u16(end + 4) != 0 || u16(end + 6) != 0 || u16(end + 8) != entryCount) {
            throw file.fault("a zip of several parts is not supported");
        }
        long locator = end - ZIP64_LOCATOR_SIZE;
        if (locator >= ZIP64_END_SIZE && u32(locator) == 0x07064b50L) {
            long zip64 = i64(locator + 8);
            if (zip64 != locator - ZIP64_END_SIZE || u32(zip64) != 0x06064b50L) {
                throw file.fault("the zip64 end record lies elsewhere than it should; the file is damaged");
            }
            entryCount = widened(entryCount, 0xffff, i64(zip64 + 32));
            size = widened(size, IN_ZIP64, i64(zip64 + 40));
            begin = widened(begin, IN_ZIP64, i64(zip64 + 48));
            directoryEnd = zip64;
        }
        if (entryCount < 1 || entryCount > file.limits().entries()) {
            throw file.fault("a zip of " + entryCount + " entries, expected 1 to " + file.limits().entries());
        }
        if (begin < 0 || size < 0 || begin > directoryEnd || size != directoryEnd - begin
                || entryCount * CENTRAL_SIZE > size) {
            throw file
                    .fault("the zip directory of " + entryCount + " entries should take " + size + " bytes at " + begin
                            + ", which is not before its end at " + directoryEnd + "; download the file again");
        }
        return new Directory(begin, directoryEnd, entryCount);
    }

    private long widened(long narrow, long marker, long wide) {
        if (narrow != marker && narrow != wide) throw file.fault("zip and zip64 records contradict each other");
        return wide;
    }

    private long endRecord() {
        long last = bytes.byteSize() - END_SIZE;
        for (long at = last; at >= Math.max(0, last - MAX_COMMENT); at--) {
            if (u32(at) == 0x06054b50L && at + END_SIZE + u16(at + 20) == bytes.byteSize()) return at;
        }
        throw file.fault("the end of the zip directory is missing; the file is cut off, download it again");
    }

    private Entry entry(long at, Directory directory) {
        if (at > directory.end - CENTRAL_SIZE || u32(at) != 0x02014b50L) {
            throw file.fault("a damaged entry in the zip directory at byte " + at);
        }
        int nameLength = u16(at + 28);
        int extraLength = u16(at + 30);
        if (CENTRAL_SIZE + (long) nameLength + extraLength + u16(at + 32) > directory.end - at) {
            throw file.fault("an entry of the zip directory reaches past its end");
        }
        String name = text(at + CENTRAL_SIZE, nameLength);
        EntryNames.check(file.name(), name);
        boolean isLink = u16(at + 4) >>> 8 == MADE_BY_UNIX && (u32(at + 38) >>> 16 & FILE_TYPE) == LINK;
        if (isLink) throw file.fault("zip entry " + name + " is a link, which no checkpoint needs");
        Zip64 fields = new Zip64(at + CENTRAL_SIZE + nameLength, extraLength, name);
        long size = fields.widen(u32(at + 24));
        long packed = fields.widen(u32(at + 20));
        long header = fields.widen(u32(at + 42));
        if (header < 0 || header > directory.begin - LOCAL_SIZE || u32(header) != 0x04034b50L) {
            throw file.fault("zip entry " + name + " points to byte " + header + ", where no entry is");
        }
        long data = header + LOCAL_SIZE + u16(header + 26) + u16(header + 28);
        Entry entry = new Entry(name, u16(at + 8), u16(at + 10), bytes.get(INT, at + 16), packed, size, header, data);
        if (packed < 0 || size < 0 || packed > directory.begin - data || entry.method == 0 && packed != size) {
            throw file.fault("zip entry " + name + " of " + size + " bytes does not lie within the file");
        }
        if ((entry.flags & ENCRYPTED) != 0) throw file.fault("zip entry " + name + " is encrypted");
        checkLocalHeader(entry, nameLength);
        return entry;
    }

    private void checkLocalHeader(Entry entry, int nameLength) {
        long at = entry.header;
        boolean isSame = u16(at + 6) == entry.flags && u16(at + 8) == entry.method && u16(at + 26) == nameLength
                && text(at + LOCAL_SIZE, nameLength).equals(entry.name);
        if (!isSame) throw twoWays(entry);
        boolean isOpen = (entry.flags & SIZES_FOLLOW) != 0;
        int crc = bytes.get(INT, at + 14);
        Zip64 fields = new Zip64(at + LOCAL_SIZE + nameLength, u16(at + 28), entry.name);
        long size = fields.widen(u32(at + 22));
        long packed = fields.widen(u32(at + 18));
        isSame = crc == entry.crc || isOpen && crc == 0;
        isSame &= size == entry.size || isOpen && size == 0;
        isSame &= packed == entry.packed || isOpen && packed == 0;
        if (!isSame) throw twoWays(entry);
    }

    private WeightsException twoWays(Entry entry) {
        return file.fault("zip entry " + entry.name + " is described in two ways; the file may be hostile");
    }

    private void checkOverlap(List<Entry> inOrder, long directoryBegin) {
        List<Entry> byPlace = new ArrayList<>(inOrder);
        byPlace.sort(Comparator.comparingLong(Entry::header));
        for (int i = 0; i < byPlace.size(); i++) {
            Entry entry = byPlace.get(i);
            long next = i + 1 < byPlace.size() ? byPlace.get(i + 1).header : directoryBegin;
            if (entry.packed > next - entry.data) throw file.fault("zip entry " + entry.name + " overlaps another one");
        }
    }

    private String root(List<Entry> all) {
        String found = "";
        for (Entry entry : all) {
            if (!entry.name.endsWith("/data.pkl") || entry.name.indexOf('/') != entry.name.length() - 9) continue;
            if (!found.isEmpty()) throw file.fault("two folders with data.pkl, expected one");
            found = entry.name.substring(0, entry.name.length() - 8);
        }
        if (found.length() < 2) throw file.fault("no <folder>/data.pkl in this zip, so PyTorch did not write it");
        for (Entry entry : all) {
            if (!entry.name.startsWith(found)) throw file.fault("zip entry " + entry.name + " lies outside " + found);
        }
        return found;
    }

    private String text(long at, int length) {
        try {
            ByteBuffer name = bytes.asSlice(at, length).asByteBuffer();
            return StandardCharsets.UTF_8.newDecoder().decode(name).toString();
        } catch (CharacterCodingException _) {
            throw file.fault("a zip entry whose name is no valid UTF-8");
        }
    }

    private int u16(long at) { return bytes.get(SHORT, at) & 0xffff; }

    private long u32(long at) { return bytes.get(INT, at) & 0xffff_ffffL; }

    private long i64(long at) { return bytes.get(LONG, at); }

    /// The 64-bit values of an entry's extra field, taken in the order in which 32-bit fields are full.
    private final class Zip64 {
        private final String name;
        private long at;
        private long end;

        Zip64(long extra, int length, String name) {
            this.name = name;
            long limit = extra + length;
            for (long field = extra; field + 4 <= limit; field += 4 + u16(field + 2)) {
                if (u16(field) != 1 || end != 0) continue;
                at = field + 4;
                end = Math.min(limit, at + u16(field + 2));
            }
        }

        long widen(long narrow) {
            if (narrow != IN_ZIP64) return narrow;
            if (end - at < 8) throw file.fault("zip entry " + name + " lacks its 64-bit sizes");
            at += 8;
            return i64(at - 8);
        }
    }
}
