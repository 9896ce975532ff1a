package io.github.smalti.tools;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/// Packs folders as `tar -cz` does.
final class TarGz {
    private TarGz() {}

    /// Packs the files of a folder.
    ///
    /// @param folder what
    /// @param prefix stands before the names
    /// @param file   where to
    /// @return the file
    static Path of(Path folder, String prefix, Path file) throws IOException {
        try (Stream<Path> files = Files.walk(folder);
                OutputStream out = new GZIPOutputStream(
                        Files.newOutputStream(file))) {
            List<Path> all = files.filter(Files::isRegularFile).sorted().toList();
            for (Path each : all) {
                byte[] data = Files.readAllBytes(each);
                out.write(header(prefix + folder.relativize(each), data.length));
                out.write(Arrays.copyOf(data, (data.length + 511) / 512 * 512));
            }
            out.write(new byte[1024]);
        }
        return file;
    }

    private static byte[] header(String name, int size) {
        byte[] header = new byte[512];
        put(header, 0, name);
        put(header, 100, "0000644");
        put(header, 124, String.format(Locale.ROOT, "%011o", size));
        header[156] = '0';
        put(header, 257, "ustar");
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : header) sum += b & 0xff;
        put(header, 148, String.format(Locale.ROOT, "%06o\0", sum));
        return header;
    }

    private static void put(byte[] header, int at, String text) {
        byte[] raw = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(raw, 0, header, at, raw.length);
    }
}
