package io.github.smalti.weights;

import io.github.smalti.weights.internal.TarReader;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/// Unpacks tar and tar.gz archives, in which some models are published (minDALL-E).
///
/// Nothing in an archive leads out of the new folder: links, devices, absolute names, names with `..` and names that
/// come twice (also but for upper and lower case) are refused.
public final class Bundles {
    private static final long FREE_OF_RATIO = 10L << 20;

    private Bundles() {}

    /// Whether a file begins like a gzip or a tar.
    ///
    /// @param file the file
    /// @throws IOException if it cannot be read
    public static boolean recognises(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] start = in.readNBytes(TarReader.MAGIC_AT + TarReader.MAGIC.length());
            return start.length > 1 && start[0] == 0x1f && (start[1] & 0xff) == 0x8b
                    || new String(start, StandardCharsets.ISO_8859_1).startsWith(TarReader.MAGIC, TarReader.MAGIC_AT);
        }
    }

    /// Unpacks an archive into a new folder, which appears when all of it is there.
    ///
    /// @param archive the archive
    /// @param folder  the new folder; it must not exist, its parent must
    /// @param limits  entries, inflated bytes and ratio, length of names
    /// @return the files, in the archive's order
    /// @throws IOException      if it cannot be read or the folder cannot be written; nothing is left behind
    /// @throws WeightsException if it is cut off, damaged, hostile or beyond the limits; nothing is left behind
    public static List<Path> unpack(Path archive, Path folder, ReadLimits limits) throws IOException {
        if (Files.exists(folder))
            throw new WeightsException(folder.toString(), "", "exists already; name a new folder");
        String name = String.valueOf(archive.getFileName());
        Path temp = folder.toAbsolutePath().resolveSibling(".smalti-" + UUID.randomUUID() + ".tmp");
        try (InputStream file = new BufferedInputStream(Files.newInputStream(archive));
                InputStream in = new Bounded(name, inflated(file), Files.size(archive), limits)) {
            Files.createDirectory(temp);
            List<Path> files = unpack(new TarReader(name, in, limits), name, temp);
            in.transferTo(OutputStream.nullOutputStream()); // gzip's checksum stands at its end
            if (files.isEmpty()) throw new WeightsException(name, "", "expected files in this archive, found none");
            Files.move(temp, folder, StandardCopyOption.ATOMIC_MOVE);
            return files.stream().map(path -> folder.resolve(temp.relativize(path))).toList();
        } catch (ZipException | EOFException e) {
            throw new WeightsException(name, "", "the archive is cut off or damaged; download it again", e);
        } finally {
            deleteAll(temp);
        }
    }

    private static InputStream inflated(InputStream file) throws IOException {
        file.mark(2);
        boolean isGzip = file.read() == 0x1f && file.read() == 0x8b;
        file.reset();
        return isGzip ? new GZIPInputStream(file, 1 << 16) : file;
    }

    private static List<Path> unpack(TarReader tar, String archive, Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (TarReader.Entry entry; (entry = tar.next()) != null;) {
            Path path = folder.resolve(entry.name());
            if (!entry.isFolder() && !names.add(entry.name().toLowerCase(Locale.ROOT))) {
                throw new WeightsException(archive, entry.name(), "two entries have this name");
            }
            long free = Files.getFileStore(folder).getUsableSpace();
            if (entry.size() > free) {
                throw new WeightsException(archive, entry.name(),
                        "needs " + entry.size() + " bytes, but the disk has " + free + " free");
            }
            try {
                Files.createDirectories(entry.isFolder() ? path : path.getParent());
                if (entry.isFolder()) continue;
                try (OutputStream out = Files.newOutputStream(path, StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE)) {
                    tar.copyTo(out);
                }
            } catch (FileAlreadyExistsException e) {
                throw new WeightsException(archive, entry.name(), "one name stands for a file and for a folder", e);
            }
            files.add(path);
        }
        return files;
    }

    private static void deleteAll(Path folder) throws IOException {
        if (!Files.exists(folder)) return;
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        }
    }

    /// Counts inflated bytes against the limits.
    private static final class Bounded extends FilterInputStream {
        private final String file;
        private final long most;
        private final long mostByRatio;
        private long count;

        Bounded(String file, InputStream in, long packed, ReadLimits limits) {
            super(in);
            this.file = file;
            this.most = limits.inflatedBytes();
            this.mostByRatio = Math.max(FREE_OF_RATIO, Math.multiplyExact(packed, (long) limits.inflateRatio()));
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            if (value >= 0) add(1);
            return value;
        }

        @Override
        public int read(byte[] out, int at, int length) throws IOException {
            int read = super.read(out, at, length);
            if (read > 0) add(read);
            return read;
        }

        @Override
        public long skip(long length) throws IOException {
            long skipped = super.skip(length);
            add(skipped);
            return skipped;
        }

        private void add(long more) {
            count += more;
            if (count > most) throw new WeightsException(file, "", "inflates to more than " + most + " bytes");
            if (count > mostByRatio) {
                throw new WeightsException(file, "", "inflates more than it may, to over " + mostByRatio
                        + " bytes; the file may be hostile");
            }
        }
    }
}
