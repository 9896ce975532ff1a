package io.github.smalti.weights.hub.internal;

import io.github.smalti.weights.hub.HubException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A lock that only one thread of one process has at a time; it goes with the process, however that ends.
final class FileLocking implements AutoCloseable {
    private static final long PAUSE_MILLIS = 50;

    private final FileChannel channel;

    private FileLocking(FileChannel channel) { this.channel = channel; }

    /// Waits for the lock.
    ///
    /// @param file    the lock's file; it stays behind, since removing it would let two have the lock
    /// @param what    what is locked, for messages
    /// @param waiting called again and again while somebody else has it
    /// @throws HubException if the file cannot be locked, or the thread is interrupted
    static FileLocking take(Path file, String what, Runnable waiting) {
        FileChannel channel = null;
        boolean taken = false;
        try {
            Files.createDirectories(file.getParent());
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            while (!tryLock(channel)) {
                waiting.run();
                Backoff.sleep(PAUSE_MILLIS, what);
            }
            taken = true;
            return new FileLocking(channel);
        } catch (IOException e) {
            throw new HubException(file + ": cannot be locked (" + Sentences.reason(e)
                    + "); check that the folder can be written, or name another cache by HF_HUB_CACHE", e);
        } finally {
            if (!taken) closeQuietly(channel);
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException _) {
            return false; // another thread of this process
        }
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            if (channel != null) channel.close();
        } catch (IOException _) {
            // the failure that led here is the one to tell
        }
    }

    @Override
    public void close() { closeQuietly(channel); }
}
