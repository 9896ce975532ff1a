package io.github.smalti.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/// A hidden place for a folder that is deleted when this is closed, and when the process is told to end.
final class TemporaryFolder implements AutoCloseable {
    private final Path path;
    private final Thread cleaning;

    /// Chooses a name; nothing is made yet.
    ///
    /// @param parent where it will lie
    /// @throws IOException if the process is ending
    TemporaryFolder(Path parent) throws IOException {
        path = parent.resolve(".smalti-" + UUID.randomUUID() + ".tmp");
        cleaning = new Thread(this::deleteWhatGoes, "smalti-clean");
        try {
            Runtime.getRuntime().addShutdownHook(cleaning);
        } catch (IllegalStateException e) {
            throw new IOException("the process is ending", e);
        }
    }

    /// Where it lies.
    Path path() { return path; }

    /// Deletes what is left of it.
    @Override
    public void close() throws IOException {
        try {
            deleteAll(path);
        } finally {
            try {
                Runtime.getRuntime().removeShutdownHook(cleaning);
            } catch (IllegalStateException _) {
                // the process is ending, and the hook has nothing left to delete
            }
        }
    }

    private void deleteWhatGoes() {
        try {
            deleteAll(path);
        } catch (IOException _) {
            // the process ends; what another thread is writing stays
        }
    }

    private static void deleteAll(Path folder) throws IOException {
        if (!Files.exists(folder)) return;
        List<Path> all;
        try (Stream<Path> files = Files.walk(folder)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) Files.deleteIfExists(file);
    }
}
