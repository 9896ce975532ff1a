package io.github.smalti.golden;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/// Mends the checksums of damaged files, so that a reader looks at what lies behind them. Files are copied, never changed.
public final class Checksums {
    private static final int PNG_SIGNATURE = 8;
    /// Length, type and checksum of a chunk.
    private static final int PNG_FRAME = 12;
    private static final int TAR_BLOCK = 512;
    private static final int TAR_SUM = 148;
    private static final int INDEX_HEADER = 64;

    private Checksums() {}

    /// A PNG file in which every chunk whose length fits has the right checksum.
    public static byte[] ofPng(byte[] png) {
        byte[] mended = png.clone();
        ByteBuffer bytes = ByteBuffer.wrap(mended);
        int at = PNG_SIGNATURE;
        while (at <= mended.length - PNG_FRAME) {
            long length = bytes.getInt(at) & 0xffff_ffffL;
            if (length > mended.length - at - PNG_FRAME) break;
            bytes.putInt(at + 8 + (int) length, sum(new CRC32(), mended, at + 4, at + 8 + (int) length));
            at += PNG_FRAME + (int) length;
        }
        return mended;
    }

    /// A tar archive in which every block that says `ustar` has the right checksum.
    public static byte[] ofTar(byte[] archive) {
        byte[] mended = archive.clone();
        for (int at = 0; at + TAR_BLOCK <= mended.length; at += TAR_BLOCK) {
            if (!new String(mended, at + 257, 5, StandardCharsets.ISO_8859_1).equals("ustar")) continue;
            Arrays.fill(mended, at + TAR_SUM, at + TAR_SUM + 8, (byte) ' ');
            int sum = 0;
            for (int i = 0; i < TAR_BLOCK; i++) sum += mended[at + i] & 0xff;
            byte[] digits = String.format("%06o\0 ", sum).getBytes(StandardCharsets.ISO_8859_1);
            System.arraycopy(digits, 0, mended, at + TAR_SUM, 8);
        }
        return mended;
    }

    /// A file of `smalti index` whose header, texts and vectors have the right checksums, as far as its sizes fit.
    public static byte[] ofIndex(byte[] file) {
        if (file.length < INDEX_HEADER) return file;
        byte[] mended = file.clone();
        ByteBuffer bytes = ByteBuffer.wrap(mended).order(ByteOrder.LITTLE_ENDIAN);
        long textEnd = INDEX_HEADER + bytes.getLong(24);
        if (textEnd >= INDEX_HEADER && textEnd <= mended.length) {
            int vectorsAt = (int) Math.min(mended.length, (textEnd + 63) / 64 * 64);
            bytes.putInt(40, sum(new CRC32C(), mended, INDEX_HEADER, (int) textEnd));
            bytes.putInt(44, sum(new CRC32C(), mended, vectorsAt, mended.length));
        }
        bytes.putInt(60, sum(new CRC32C(), mended, 0, 60));
        return mended;
    }

    private static int sum(Checksum sum, byte[] bytes, int from, int end) {
        sum.update(bytes, from, end - from);
        return (int) sum.getValue();
    }
}
