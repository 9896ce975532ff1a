package io.github.smalti.pipeline.internal;

import io.github.smalti.core.Raster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/// Writes PNG files: 8 bits a sample, no interlace, texts before the pixels.
///
/// The same picture and texts give the same bytes (on one zlib). Source: PNG specification, third edition.
public final class PngWriter {
    static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final int FILTERS = 5;

    private final OutputStream out;

    private PngWriter(OutputStream out) { this.out = out; }

    /// Writes a picture.
    ///
    /// @param image the picture
    /// @param texts international text chunks by keyword (Latin letters, at most 79), in order
    /// @param out   where the bytes go; not closed
    /// @throws IOException if writing fails
    public static void write(Raster image, Map<String, String> texts, OutputStream out) throws IOException {
        var png = new PngWriter(out);
        out.write(SIGNATURE);
        png.chunk("IHDR", header(image));
        for (var text : texts.entrySet()) png.chunk("iTXt", international(text.getKey(), text.getValue()));
        png.chunk("IDAT", deflate(filter(image)));
        png.chunk("IEND", new byte[0]);
    }

    private void chunk(String type, byte[] data) throws IOException {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        var crc = new CRC32();
        crc.update(name);
        crc.update(data);
        out.write(ByteBuffer.allocate(4).putInt(data.length).array());
        out.write(name);
        out.write(data);
        out.write(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    private static byte[] header(Raster image) {
        byte colourType = switch (image.channels()) {
            case 1 -> 0;
            case 3 -> 2;
            default -> 6;
        };
        byte bits = 8;
        return ByteBuffer.allocate(13).putInt(image.cols()).putInt(image.rows()).put(bits).put(colourType).array();
    }

    /// Keyword, no compression, no language, no translated keyword, text.
    private static byte[] international(String keyword, String text) {
        byte[] name = keyword.getBytes(StandardCharsets.ISO_8859_1);
        byte[] value = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(name.length + 5 + value.length).put(name).put(new byte[5]).put(value).array();
    }

    private static byte[] deflate(byte[] data) throws IOException {
        var deflater = new Deflater(Deflater.BEST_COMPRESSION);
        try {
            var bytes = new ByteArrayOutputStream();
            try (var stream = new DeflaterOutputStream(bytes, deflater)) {
                stream.write(data);
            }
            return bytes.toByteArray();
        } finally {
            deflater.end();
        }
    }

    /// Every row with the filter whose differences are smallest in sum, the specification's own advice.
    private static byte[] filter(Raster image) {
        int rowBytes = image.cols() * image.channels();
        byte[] filtered = new byte[Math.multiplyExact(image.rows(), rowBytes + 1)];
        byte[][] tried = new byte[FILTERS][rowBytes];
        for (int row = 0; row < image.rows(); row++) {
            int best = 0;
            long smallest = Long.MAX_VALUE;
            for (int type = 0; type < FILTERS; type++) {
                long sum = filterRow(image, row, type, tried[type]);
                if (sum < smallest) {
                    smallest = sum;
                    best = type;
                }
            }
            int at = row * (rowBytes + 1);
            filtered[at] = (byte) best;
            System.arraycopy(tried[best], 0, filtered, at + 1, rowBytes);
        }
        return filtered;
    }

    private static long filterRow(Raster image, int row, int type, byte[] differences) {
        byte[] x = image.samples();
        int rowBytes = differences.length;
        int start = row * rowBytes;
        int step = image.channels();
        long sum = 0;
        for (int i = 0; i < rowBytes; i++) {
            int left = i >= step ? x[start + i - step] & 0xff : 0;
            int above = row > 0 ? x[start + i - rowBytes] & 0xff : 0;
            int corner = i >= step && row > 0 ? x[start + i - rowBytes - step] & 0xff : 0;
            int guess = switch (type) {
                case 0 -> 0;
                case 1 -> left;
                case 2 -> above;
                case 3 -> (left + above) / 2;
                default -> paeth(left, above, corner);
            };
            differences[i] = (byte) (x[start + i] - guess);
            sum += Math.abs((int) differences[i]);
        }
        return sum;
    }

    private static int paeth(int left, int above, int corner) {
        int guess = left + above - corner;
        int toLeft = Math.abs(guess - left);
        int toAbove = Math.abs(guess - above);
        int toCorner = Math.abs(guess - corner);
        if (toLeft <= toAbove && toLeft <= toCorner) return left;
        return toAbove <= toCorner ? above : corner;
    }
}
