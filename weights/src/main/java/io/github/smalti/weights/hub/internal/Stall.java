package io.github.smalti.weights.hub.internal;

import io.github.smalti.weights.hub.Patience;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// Cuts a transfer that has (nearly) come to rest: a read of a body has no time limit of its own.
final class Stall implements AutoCloseable {
    private static final int CHUNK = 1 << 16;

    private final AtomicLong received = new AtomicLong();
    private final CountDownLatch end = new CountDownLatch(1);
    private volatile boolean isCut;

    private Stall() {}

    /// Begins to watch.
    ///
    /// @param body     closed when it stalls
    /// @param patience how little is too little
    static Stall watch(InputStream body, Patience patience) {
        var stall = new Stall();
        Thread.ofVirtual().name("smalti-stall").start(() -> stall.run(body, patience));
        return stall;
    }

    private void run(InputStream body, Patience patience) {
        long before = 0;
        try {
            while (!end.await(patience.stall().toMillis(), TimeUnit.MILLISECONDS)) {
                long now = received.get();
                if (now - before < patience.stallBytes()) {
                    isCut = true;
                    body.close();
                    return;
                }
                before = now;
            }
        } catch (InterruptedException | IOException _) {
            // the reader meets the same fault
        }
    }

    /// Reads some bytes.
    ///
    /// @param body   from where
    /// @param buffer whereto
    /// @return how many, or -1 at the end
    /// @throws IOException if the connection fails or was cut
    int read(InputStream body, byte[] buffer) throws IOException {
        try {
            int count = body.read(buffer);
            if (isCut) throw new IOException("closed");
            if (count > 0) received.addAndGet(count);
            return count;
        } catch (IOException e) {
            if (!isCut) throw e;
            throw new IOException("the transfer came to rest", e);
        }
    }

    /// Reads a whole body, up to a limit.
    ///
    /// @param body  from where
    /// @param limit bytes
    /// @throws IOException if the connection fails or was cut
    byte[] readAll(InputStream body, int limit) throws IOException {
        var out = new ByteArrayOutputStream();
        byte[] buffer = new byte[CHUNK];
        while (out.size() < limit) {
            int count = read(body, buffer);
            if (count < 0) break;
            out.write(buffer, 0, Math.min(count, limit - out.size()));
        }
        return out.toByteArray();
    }

    /// Stops watching.
    @Override
    public void close() { end.countDown(); }
}
