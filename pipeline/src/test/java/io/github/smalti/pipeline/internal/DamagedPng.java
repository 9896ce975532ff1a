package io.github.smalti.pipeline.internal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/// Mends the checksums of damaged PNG files, so that what is in the chunks is looked at.
public final class DamagedPng {
    private static final int SIGNATURE = 8;
    private static final int FRAME = 12;

    private DamagedPng() {}

    /// A copy in which every chunk whose length fits has the right checksum.
    public static byte[] withSums(byte[] png) {
        byte[] mended = png.clone();
        ByteBuffer bytes = ByteBuffer.wrap(mended);
        int at = SIGNATURE;
        while (at <= mended.length - FRAME) {
            long length = bytes.getInt(at) & 0xffff_ffffL;
            if (length > mended.length - at - FRAME) break;
            CRC32 sum = new CRC32();
            sum.update(mended, at + 4, (int) length + 4);
            bytes.putInt(at + 8 + (int) length, (int) sum.getValue());
            at += FRAME + (int) length;
        }
        return mended;
    }
}
