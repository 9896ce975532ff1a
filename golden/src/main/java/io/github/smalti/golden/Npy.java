package io.github.smalti.golden;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A NumPy array file, version 1.0: little endian, C order, `<f4`, `<i4` or `|u1`.
///
/// @param dtype the type code as in the file
/// @param shape the dimensions
/// @param data  the elements, little endian, position 0
public record Npy(String dtype, int[] shape, ByteBuffer data) {
    private static final Pattern HEADER = Pattern
            .compile("'descr': '([^']+)', 'fortran_order': (\\w+), 'shape': \\(([^)]*)\\)");

    /// Reads a file.
    public static Npy read(Path file) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            int length = bytes.getShort(8) & 0xffff;
            String header = new String(bytes.array(), 10, length, StandardCharsets.US_ASCII);
            Matcher m = HEADER.matcher(header);
            if (!m.find() || !m.group(2).equals("False")) throw new IllegalStateException(file + ": " + header);
            int[] shape = Arrays.stream(m.group(3).split(",")).map(String::strip).filter(s -> !s.isEmpty())
                    .mapToInt(Integer::parseInt).toArray();
            return new Npy(m.group(1), shape, bytes.slice(10 + length, bytes.limit() - 10 - length)
                    .order(ByteOrder.LITTLE_ENDIAN));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The elements of a `<f4` array.
    public float[] floats() {
        if (!dtype.equals("<f4")) throw new IllegalStateException("not float32: " + dtype);
        float[] out = new float[data.limit() / 4];
        data.asFloatBuffer().get(out);
        return out;
    }

    /// The elements of a `<i4` or `|u1` array.
    public int[] ints() {
        if (dtype.equals("<i4")) {
            int[] out = new int[data.limit() / 4];
            data.asIntBuffer().get(out);
            return out;
        }
        if (!dtype.equals("|u1")) throw new IllegalStateException("not integers: " + dtype);
        int[] out = new int[data.limit()];
        for (int i = 0; i < out.length; i++) out[i] = data.get(i) & 0xff;
        return out;
    }
}
