package io.github.smalti.weights.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.weights.hub.internal.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// Lets the n-th operation of the disk fail, for all n: the cache is what it was or what it shall be.
class DiskFaultsTest extends HubFixture {
    /// A disk that fails at its n-th operation, and from then on or once only.
    private static final class Failing implements Disk {
        private final int failing;
        private final boolean forEver;
        private int operations;

        Failing(int failing, boolean forEver) {
            this.failing = failing;
            this.forEver = forEver;
        }

        private void count() throws IOException {
            operations++;
            if (operations == failing || forEver && operations > failing)
                throw new IOException("No space left on device");
        }

        @Override
        public void createFolders(Path folder) throws IOException {
            count();
            Disk.super.createFolders(folder);
        }

        @Override
        public FileChannel open(Path file) throws IOException {
            count();
            return Disk.super.open(file);
        }

        @Override
        public void write(FileChannel channel, ByteBuffer bytes) throws IOException {
            if (bytes.remaining() > 1) { // a full disk takes a part
                ByteBuffer half = bytes.slice(bytes.position(), bytes.remaining() / 2);
                bytes.position(bytes.position() + half.remaining());
                Disk.super.write(channel, half);
            }
            count();
            Disk.super.write(channel, bytes);
        }

        @Override
        public void truncate(FileChannel channel, long size) throws IOException {
            count();
            Disk.super.truncate(channel, size);
        }

        @Override
        public void force(FileChannel channel) throws IOException {
            count();
            Disk.super.force(channel);
        }

        @Override
        public void forceNames(Path folder) throws IOException {
            count();
            Disk.super.forceNames(folder);
        }

        @Override
        public void move(Path from, Path to) throws IOException {
            count();
            Disk.super.move(from, to);
        }

        @Override
        public void link(Path link, Path target) throws IOException {
            count();
            Disk.super.link(link, target);
        }

        @Override
        public void delete(Path path) throws IOException {
            if (!forEver) count(); // a full disk still lets files go
            Disk.super.delete(path);
        }
    }

    @Test
    void leavesTheCacheOldOrNew() throws IOException {
        byte[] old = model();
        hub().pull(MODEL, SILENT);
        byte[] fresh = bytes(150_000, 42);
        String commit = "e".repeat(40);
        int failed = 0;
        for (boolean forEver : new boolean[]{true, false}) {
            for (int n = 1;; n++) {
                var disk = new Failing(n, forEver);
                twin.commit = commit;
                twin.with("model.safetensors", fresh);
                boolean done = false;
                try {
                    new Hub(settings(), disk).pull(MODEL, SILENT);
                    done = disk.operations < n;
                } catch (HubException e) {
                    failed++;
                    assertTrue(e.getMessage().contains("No space left") || e.getMessage().contains("is full"), e
                            .getMessage());
                }
                Path folder = hub().find(MODEL).folder(ModelPart.ANY);
                boolean isNew = folder.getFileName().toString().equals(commit);
                assertArrayEquals(isNew ? fresh : old, Files.readAllBytes(folder.resolve("model.safetensors")),
                        "n = " + n);
                if (Files.exists(blob(fresh))) assertArrayEquals(fresh, Files.readAllBytes(blob(fresh)), "n = " + n);
                hub().pull(MODEL, SILENT);
                assertArrayEquals(fresh, Files.readAllBytes(hub().find(MODEL).folder(ModelPart.ANY).resolve(
                        "model.safetensors")));
                assertEquals(0, leftovers().size(), "n = " + n);
                hub().cache().list().stream().filter(model -> model.revision().equals(commit)).forEach(model -> hub()
                        .cache().remove(model));
                Files.writeString(repository().resolve("refs/main"), HubTwin.COMMIT);
                if (done) break;
            }
        }
        assertTrue(failed > 20, "only " + failed + " operations were made to fail");
    }

    @Test
    void removesThePartAndTellsHowMuchIsNeededWhenTheDiskIsFull() throws IOException {
        byte[] weights = model();
        var full = new Disk() {
            private int written;

            @Override
            public void write(FileChannel channel, ByteBuffer bytes) throws IOException {
                written += bytes.remaining();
                if (written > 100_000) throw new IOException("No space left on device");
                Disk.super.write(channel, bytes);
            }

            @Override
            public long free(Path folder) { return 5_000_000; }
        };
        var fault = assertThrows(HubException.class, () -> new Hub(settings(), full).pull(MODEL, SILENT));
        assertTrue(fault.getMessage().contains("it needs 300.00 kB, 5.00 MB are free now"), fault.getMessage());
        assertEquals(0, leftovers().size());
        assertFalse(Files.exists(blob(weights)));
    }
}
