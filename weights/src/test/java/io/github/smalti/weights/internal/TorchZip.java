package io.github.smalti.weights.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/// Writes small zips as PyTorch does, or with a zip64 entry, or with faults that no library would write.
final class TorchZip {
    /// One entry.
    ///
    /// @param name      name in the directory
    /// @param localName name in the entry's own header
    /// @param isZip64   whether its sizes and place stand in an extra field
    record Entry(String name, String localName, int method, boolean isZip64, byte[] data) {}

    private final List<Entry> entries = new ArrayList<>();

    static byte[] of(byte[] pickle, byte[]... storages) {
        TorchZip zip = new TorchZip().add("archive/data.pkl", pickle);
        for (int i = 0; i < storages.length; i++) zip.add("archive/data/" + i, storages[i]);
        return zip.bytes();
    }

    TorchZip add(String name, byte[] data) { return add(new Entry(name, name, 0, false, data)); }

    TorchZip add(Entry entry) {
        entries.add(entry);
        return this;
    }

    byte[] bytes() {
        int room = 200;
        for (Entry e : entries) room += 300 + 2 * e.name.length() + e.data.length;
        ByteBuffer out = ByteBuffer.allocate(room).order(ByteOrder.LITTLE_ENDIAN);
        int[] places = new int[entries.size()];
        for (int i = 0; i < places.length; i++) {
            places[i] = out.position();
            Entry e = entries.get(i);
            header(out.putInt(0x04034b50).putShort((short) 20), e, e.localName, 0);
            out.put(e.localName.getBytes(StandardCharsets.UTF_8));
            if (e.isZip64) out.putShort((short) 1).putShort((short) 16).putLong(e.data.length).putLong(e.data.length);
            out.put(e.data);
        }
        int directory = out.position();
        for (int i = 0; i < places.length; i++) {
            Entry e = entries.get(i);
            header(out.putInt(0x02014b50).putInt(20 << 16 | 20), e, e.name, 8);
            out.putShort((short) 0).putShort((short) 0).putInt(0).putInt(e.isZip64 ? -1 : places[i]);
            out.put(e.name.getBytes(StandardCharsets.UTF_8));
            if (e.isZip64) {
                out.putShort((short) 1).putShort((short) 24);
                out.putLong(e.data.length).putLong(e.data.length).putLong(places[i]);
            }
        }
        int size = out.position() - directory;
        out.putInt(0x06054b50).putInt(0).putShort((short) places.length).putShort((short) places.length);
        out.putInt(size).putInt(directory).putShort((short) 0);
        return java.util.Arrays.copyOf(out.array(), out.position());
    }

    private static void header(ByteBuffer out, Entry e, String name, int moreExtra) {
        CRC32 crc = new CRC32();
        crc.update(e.data);
        int size = e.isZip64 ? -1 : e.data.length;
        out.putShort((short) 0).putShort((short) e.method).putInt(0).putInt((int) crc.getValue()).putInt(size)
                .putInt(size);
        out.putShort((short) name.getBytes(StandardCharsets.UTF_8).length);
        out.putShort((short) (e.isZip64 ? 20 + moreExtra : 0));
        if (moreExtra > 0) out.putShort((short) 0);
    }
}
