package io.github.smalti.weights.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/// Writes a file under a hidden name and gives it its own when all of it is on the disk.
public final class TempFile {
    /// What produces the content.
    @FunctionalInterface
    public interface Content {
        /// Writes everything.
        ///
        /// @param channel the file; closed by the caller
        /// @throws IOException if writing fails
        void writeTo(FileChannel channel) throws IOException;
    }

    private TempFile() {}

    /// Writes a file; on any failure, and when the process is told to end, nothing is left behind.
    ///
    /// @param file    where
    /// @param content what
    /// @throws IOException if writing fails
    public static void write(Path file, Content content) throws IOException {
        Path temp = file.resolveSibling(".smalti-" + UUID.randomUUID() + ".tmp");
        var cleaning = new Thread(() -> delete(temp), "smalti-clean");
        try {
            Runtime.getRuntime().addShutdownHook(cleaning);
        } catch (IllegalStateException e) {
            throw new IOException("the process is ending", e);
        }
        try {
            try (FileChannel channel = FileChannel.open(temp, StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE)) {
                content.writeTo(channel);
                channel.force(true);
            }
            Files.move(temp, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            delete(temp);
            try {
                Runtime.getRuntime().removeShutdownHook(cleaning);
            } catch (IllegalStateException _) {
                // the process is ending, and the hook has nothing left to delete
            }
        }
    }

    private static void delete(Path temp) {
        try {
            Files.deleteIfExists(temp);
        } catch (IOException _) {
            // the failure that led here is the one to tell
        }
    }
}
