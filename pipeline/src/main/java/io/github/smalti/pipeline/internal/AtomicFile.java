package io.github.smalti.pipeline.internal;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/// Writes a file so that its name shows either nothing (or the old content) or all of the new content.
///
/// The content goes to a hidden file of the same folder first, which is removed on any failure, also when the process
/// is told to end (Ctrl-C) meanwhile.
public final class AtomicFile {
    /// What produces the content.
    @FunctionalInterface
    public interface Content {
        /// Writes everything.
        ///
        /// @param out the file; closed by the caller
        /// @throws IOException if the content cannot be had or written
        void writeTo(OutputStream out) throws IOException;
    }

    /// Opens files for writing: the seam for faults of disks.
    @FunctionalInterface
    public interface Disk {
        /// Creates a file.
        ///
        /// @param file a file that does not exist
        /// @return where its bytes go; closing it puts them on the disk
        /// @throws IOException if it exists or cannot be created
        OutputStream create(Path file) throws IOException;

        /// The system's own.
        Disk SYSTEM = Forced::new;
    }

    private AtomicFile() {}

    /// Writes a new file and never touches one that exists.
    ///
    /// @param file    where
    /// @param content what
    /// @throws FileAlreadyExistsException if the file exists, even if it appeared meanwhile
    /// @throws IOException                if writing fails; nothing is left behind
    public static void create(Path file, Content content) throws IOException { create(Disk.SYSTEM, file, content); }

    /// Writes a new file on a disk that may be faulty.
    ///
    /// @param disk    opens the file
    /// @param file    where
    /// @param content what
    /// @throws FileAlreadyExistsException if the file exists, even if it appeared meanwhile
    /// @throws IOException                if writing fails; nothing is left behind
    public static void create(Disk disk, Path file, Content content) throws IOException {
        if (Files.exists(file)) throw new FileAlreadyExistsException(file.toString());
        write(disk, file, content, AtomicFile::linkOrMove);
    }

    /// Writes a file in the place of one that may exist.
    ///
    /// @param file    where
    /// @param content what
    /// @throws IOException if writing fails; the old file stays and nothing is left behind
    public static void replace(Path file, Content content) throws IOException { replace(Disk.SYSTEM, file, content); }

    /// Writes a file in the place of one that may exist, on a disk that may be faulty.
    ///
    /// @param disk    opens the file
    /// @param file    where
    /// @param content what
    /// @throws IOException if writing fails; the old file stays and nothing is left behind
    public static void replace(Disk disk, Path file, Content content) throws IOException {
        write(disk, file, content, AtomicFile::moveOver);
    }

    /// Why writing failed, in words: what the system said without the file's name, or the kind of fault.
    ///
    /// @param e the fault
    public static String reason(IOException e) {
        String said = e instanceof FileSystemException fault ? fault.getReason() : e.getMessage();
        if (said != null) return said;
        return switch (e) {
            case NoSuchFileException _ -> "there is no such folder";
            case AccessDeniedException _ -> "permission denied";
            case ClosedByInterruptException _ -> "the thread was interrupted";
            default -> e.getClass().getSimpleName();
        };
    }

    private interface Publish { void publish(Path temp, Path file) throws IOException; }

    private static void write(Disk disk, Path file, Content content, Publish publish) throws IOException {
        Path temp = file.resolveSibling(".smalti-" + UUID.randomUUID() + ".tmp");
        Thread cleaning = new Thread(() -> deleteQuietly(temp), "smalti-clean");
        try {
            Runtime.getRuntime().addShutdownHook(cleaning);
        } catch (IllegalStateException e) {
            throw new IOException("the process is ending", e);
        }
        try {
            try (OutputStream out = disk.create(temp)) {
                content.writeTo(out);
            }
            publish.publish(temp, file);
        } finally {
            deleteQuietly(temp);
            removeHook(cleaning);
        }
    }

    /// A file that is on the disk once it is closed.
    private static final class Forced extends FilterOutputStream {
        private final FileChannel channel;

        Forced(Path file) throws IOException {
            this(FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
        }

        private Forced(FileChannel channel) {
            super(Channels.newOutputStream(channel));
            this.channel = channel;
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException { out.write(bytes, from, count); }

        @Override
        public void close() throws IOException {
            try (channel) {
                if (channel.isOpen()) channel.force(true);
            }
        }
    }

    /// A hard link fails if the name exists, in one step; a rename would replace it.
    private static void linkOrMove(Path temp, Path file) throws IOException {
        try {
            Files.createLink(file, temp);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (UnsupportedOperationException | FileSystemException _) {
            Files.move(temp, file); // a file system without hard links
        }
    }

    private static void moveOver(Path temp, Path file) throws IOException {
        try {
            Files.move(temp, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException _) {
            Files.move(temp, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void deleteQuietly(Path temp) {
        try {
            Files.deleteIfExists(temp);
        } catch (IOException _) {
            // the failure that led here is the one to tell
        }
    }

    private static void removeHook(Thread cleaning) {
        try {
            Runtime.getRuntime().removeShutdownHook(cleaning);
        } catch (IllegalStateException _) {
            // the process is ending, and the hook has nothing left to delete
        }
    }
}
