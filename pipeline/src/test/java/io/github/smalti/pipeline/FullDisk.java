package io.github.smalti.pipeline;

import io.github.smalti.pipeline.internal.AtomicFile;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

/// A disk on which each file may have so many bytes.
///
/// @param bytes that fit
record FullDisk(int bytes) implements AtomicFile.Disk {
    @Override
    public OutputStream create(Path file) throws IOException {
        return new FilterOutputStream(AtomicFile.Disk.SYSTEM.create(file)) {
            private int left = bytes;

            @Override
            public void write(int value) throws IOException { write(new byte[]{(byte) value}, 0, 1); }

            @Override
            public void write(byte[] values, int from, int count) throws IOException {
                out.write(values, from, Math.min(left, count));
                left -= count;
                if (left < 0) throw new IOException("No space left on device");
            }
        };
    }
}
