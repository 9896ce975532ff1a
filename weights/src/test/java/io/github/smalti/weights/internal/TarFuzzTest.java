package io.github.smalti.weights.internal;

import io.github.smalti.golden.Checksums;
import io.github.smalti.golden.MutationFuzz;
import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Damaged archives are read or refused, as they are and with their headers' checksums mended.
@Tag("fuzz")
class TarFuzzTest {
    private static final int BLOCK = 512;
    private static final String[] WORDS = {"../", "/", "C:\\", "..\\", "NUL", "ustar\u0000", "ustar  \u0000",
            "11 path=a\n",
            "28 path=../../etc/passwd\n", "20 size=99999999999\n", "17 linkpath=/etc\n", "L", "K", "x", "g", "1", "2",
            "5",
            "S", "\u0080\u0000\u0000\u0000\u007f", "77777777777\u0000", "\u0000", "././@LongLink"};

    @Test
    void tar() throws IOException, InterruptedException {
        MutationFuzz.of("TarFuzzTest#tar", WeightsException.class).good(archive()).words(WORDS)
                .run(TarFuzzTest::readAll);
    }

    @Test
    void tarWithSums() throws IOException, InterruptedException {
        MutationFuzz.of("TarFuzzTest#tarWithSums", WeightsException.class).good(archive()).words(WORDS)
                .within(Checksums::ofTar).run(TarFuzzTest::readAll);
    }

    private static void readAll(Path file) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            TarReader tar = new TarReader("bundle.tar", in, ReadLimits.DEFAULT);
            while (tar.next() != null) tar.copyTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new WeightsException("bundle.tar", "", String.valueOf(e), e);
        }
    }

    private static byte[] archive() {
        var out = new ByteArrayOutputStream();
        entry(out, "model/", '5', new byte[0]);
        entry(out, "model/config.yaml", '0', "a: 1\n".getBytes(StandardCharsets.US_ASCII));
        entry(out, "././@LongLink", 'L', ("model/" + "x".repeat(150) + "\0").getBytes(StandardCharsets.US_ASCII));
        entry(out, "model/x", '0', new byte[700]);
        entry(out, "pax", 'x', "20 path=model/other\n".getBytes(StandardCharsets.US_ASCII));
        entry(out, "other", '0', new byte[BLOCK]);
        out.writeBytes(new byte[2 * BLOCK]);
        return Checksums.ofTar(out.toByteArray());
    }

    private static void entry(ByteArrayOutputStream out, String name, char type, byte[] content) {
        byte[] header = new byte[BLOCK];
        put(header, 0, name);
        put(header, 100, "0000644\0000000000\0000000000\000");
        put(header, 124, String.format("%011o\0%011o\0", content.length, 0));
        header[156] = (byte) type;
        put(header, 257, "ustar\00000");
        out.writeBytes(header);
        out.writeBytes(Arrays.copyOf(content, (content.length + BLOCK - 1) / BLOCK * BLOCK));
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
