package io.github.smalti.weights.hub.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// Everything that changes the cache, so that a test can let each single operation fail.
public interface Disk {
    /// The disk itself.
    Disk REAL = new Disk() {
    };

    /// Makes a folder and those above it.
    ///
    /// @param folder the folder, which may exist
    /// @throws IOException if it cannot be made
    default void createFolders(Path folder) throws IOException { Files.createDirectories(folder); }

    /// Opens a file to read and write, and creates it if it is missing.
    ///
    /// @param file the file
    /// @throws IOException if it cannot be opened
    default FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /// Writes all bytes at the channel's position.
    ///
    /// @param channel the file
    /// @param bytes   the bytes
    /// @throws IOException if they cannot be written
    default void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) channel.write(bytes);
    }

    /// Cuts a file.
    ///
    /// @param channel the file
    /// @param size    its new length
    /// @throws IOException if it cannot be cut
    default void truncate(FileChannel channel, long size) throws IOException { channel.truncate(size); }

    /// Waits until a file's content would survive a loss of power.
    ///
    /// @param channel the file
    /// @throws IOException if that cannot be had
    default void force(FileChannel channel) throws IOException { channel.force(true); }

    /// Waits until the names in a folder would survive a loss of power, where the system can do that.
    ///
    /// @param folder the folder
    /// @throws IOException if it cannot be read
    default void forceNames(Path folder) throws IOException {
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    /// Gives a file its name, in place of one that may have it, in one step.
    ///
    /// @param from the file
    /// @param to   the name, on the same file system
    /// @throws IOException if that fails
    default void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException _) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /// Makes a link.
    ///
    /// @param link   its name, which must be free
    /// @param target what it holds
    /// @throws IOException                   if that fails
    /// @throws UnsupportedOperationException if there are no links
    /// @throws FileAlreadyExistsException    if the name is taken
    default void link(Path link, Path target) throws IOException { Files.createSymbolicLink(link, target); }

    /// Gives a file a second name, or copies it where that cannot be done.
    ///
    /// @param from the file
    /// @param to   the other name, which must be free
    /// @throws IOException if both fail
    default void linkOrCopy(Path from, Path to) throws IOException {
        try {
            Files.createLink(to, from);
        } catch (UnsupportedOperationException | IOException _) {
            Files.copy(from, to);
        }
    }

    /// Removes a file or an empty folder.
    ///
    /// @param path the file, which may be missing
    /// @throws IOException if it cannot be removed
    default void delete(Path path) throws IOException { Files.deleteIfExists(path); }

    /// Bytes that may still be written below a folder.
    ///
    /// @param folder the folder; one above it counts if it is missing
    /// @throws IOException if the system does not tell
    default long free(Path folder) throws IOException {
        Path existing = folder.toAbsolutePath();
        while (!Files.exists(existing) && existing.getParent() != null) existing = existing.getParent();
        return Files.getFileStore(existing).getUsableSpace();
    }
}
