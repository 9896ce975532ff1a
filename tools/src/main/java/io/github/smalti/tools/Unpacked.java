package io.github.smalti.tools;

import io.github.smalti.weights.Bundles;
import io.github.smalti.weights.ReadLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/// The content of a tar or tar.gz in a folder of its own, which goes when this is closed.
///
/// @param folder    what was packed: the archive's only folder, or all that is in it
/// @param temporary the folder that is deleted
record Unpacked(Path folder, Path temporary) implements AutoCloseable {
    /// Unpacks an archive.
    ///
    /// @param archive the archive
    /// @param parent  where to make the folder
    /// @throws IOException if it cannot be read or written; nothing is left behind
    static Unpacked of(Path archive, Path parent) throws IOException {
        Path temporary = parent.resolve(".smalti-" + UUID.randomUUID() + ".tmp");
        Bundles.unpack(archive, temporary, ReadLimits.DEFAULT);
        try (Stream<Path> files = Files.list(temporary)) {
            List<Path> all = files.toList();
            boolean isOneFolder = all.size() == 1 && Files.isDirectory(all.getFirst());
            return new Unpacked(isOneFolder ? all.getFirst() : temporary, temporary);
        }
    }

    /// Deletes a folder with all that is in it, if it is there.
    ///
    /// @param folder the folder
    /// @throws IOException if something cannot be deleted
    static void deleteAll(Path folder) throws IOException {
        if (!Files.exists(folder)) return;
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        }
    }

    @Override
    public void close() throws IOException { deleteAll(temporary); }
}
