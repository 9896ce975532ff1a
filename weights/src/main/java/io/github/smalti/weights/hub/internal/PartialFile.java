package io.github.smalti.weights.hub.internal;

import io.github.smalti.weights.hub.HubException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Locale;

/// The bytes of a file that are there already, with their hash so far.
///
/// Faults of the disk become a [HubException], so that they are not taken for faults of the network.
final class PartialFile implements AutoCloseable {
    private static final int CHUNK = 1 << 20;

    private final Disk disk;
    private final Path path;
    private final RemoteFile file;
    private final FileChannel channel;
    private MessageDigest digest;
    private long size;
    private int pieces;

    private PartialFile(Disk disk, Path path, RemoteFile file, FileChannel channel) {
        this.disk = disk;
        this.path = path;
        this.file = file;
        this.channel = channel;
        this.digest = file.hash().begin(file.size());
    }

    /// Opens what an earlier pull left, or begins.
    ///
    /// @param disk what writes
    /// @param path where
    /// @param file what it will be
    /// @throws HubException if it cannot be read or written
    static PartialFile open(Disk disk, Path path, RemoteFile file) {
        try {
            disk.createFolders(path.getParent());
            var partial = new PartialFile(disk, path, file, disk.open(path));
            boolean opened = false;
            try {
                partial.readBack();
                opened = true;
                return partial;
            } finally {
                if (!opened) partial.close();
            }
        } catch (IOException e) {
            throw fault(path, e);
        }
    }

    private void readBack() throws IOException {
        long there = channel.size();
        if (file.size() >= 0 && there > file.size()) {
            restart();
            return;
        }
        ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
        while (channel.read(buffer.clear()) > 0) digest.update(buffer.flip());
        size = channel.position();
        if (size > 0) pieces = 1;
    }

    /// Bytes that are there.
    long size() { return size; }

    /// Whether they came by more than one transfer.
    boolean isPatched() { return pieces > 1; }

    /// Says that another transfer goes on.
    void beginPiece() { pieces++; }

    /// Adds bytes.
    ///
    /// @param bytes the bytes
    /// @param count how many of them
    void append(byte[] bytes, int count) {
        try {
            disk.write(channel, ByteBuffer.wrap(bytes, 0, count));
        } catch (IOException e) {
            throw isFull(e) ? full(count, e) : fault(path, e);
        }
        digest.update(bytes, 0, count);
        size += count;
    }

    /// Throws everything away.
    void restart() {
        try {
            disk.truncate(channel, 0);
            channel.position(0);
        } catch (IOException e) {
            throw fault(path, e);
        }
        digest = file.hash().begin(file.size());
        size = 0;
        pieces = 0;
    }

    /// The hash of all bytes; ends hashing.
    String hash() { return ContentHash.found(digest); }

    /// Makes the bytes last.
    void force() {
        try {
            disk.force(channel);
        } catch (IOException e) {
            throw fault(path, e);
        }
    }

    /// Removes the file.
    void delete() {
        try {
            channel.close();
            disk.delete(path);
        } catch (IOException e) {
            throw fault(path, e);
        }
    }

    private static boolean isFull(IOException e) {
        String said = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        return said.contains("no space left") || said.contains("not enough space") || said.contains("quota");
    }

    private HubException full(int count, IOException e) {
        long needed = Math.max(file.size(), size + count);
        delete();
        String free = "";
        try {
            free = ", " + Sentences.bytes(disk.free(path)) + " are free now";
        } catch (IOException _) {
            // then the message does without it
        }
        return new HubException(file.name() + ": the disk of " + path.getParent() + " is full: it needs "
                + Sentences.bytes(needed) + free + "; the part that was there is removed; make room, or name another "
                + "place by HF_HUB_CACHE", e);
    }

    static HubException fault(Path path, IOException e) {
        return new HubException(path + ": cannot be written (" + Sentences.reason(e)
                + "); check the disk and the folder's permissions", e);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw fault(path, e);
        }
    }
}
