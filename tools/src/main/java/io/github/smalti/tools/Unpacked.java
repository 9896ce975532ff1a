package io.github.smalti.tools;

import io.github.smalti.weights.Bundles;
import io.github.smalti.weights.ReadLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The content of a tar or tar.gz in a folder of its own, which goes when this is closed.
///
/// @param temporary where it lies
/// @param folder    what was packed: the archive's only folder, or all that is in it
record Unpacked(TemporaryFolder temporary, Path folder) implements AutoCloseable {
    /// Unpacks an archive.
    ///
    /// @param archive the archive
    /// @param parent  where to make the folder
    /// @throws IOException if it cannot be read or written; nothing is left behind
    static Unpacked of(Path archive, Path parent) throws IOException {
        var temporary = new TemporaryFolder(parent);
        boolean unpacked = false;
        try {
            Bundles.unpack(archive, temporary.path(), ReadLimits.DEFAULT);
            Path folder = onlyFolder(temporary.path());
            unpacked = true;
            return new Unpacked(temporary, folder);
        } finally {
            if (!unpacked) temporary.close();
        }
    }

    private static Path onlyFolder(Path root) throws IOException {
        try (Stream<Path> files = Files.list(root)) {
            List<Path> all = files.toList();
            return all.size() == 1 && Files.isDirectory(all.getFirst()) ? all.getFirst() : root;
        }
    }

    @Override
    public void close() throws IOException { temporary.close(); }
}
