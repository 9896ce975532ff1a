package io.github.smalti.tools;

import io.github.smalti.pipeline.Cancellation;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Ctrl-C: ends a generation within one token and lets the command tidy up before the process is gone.
final class Interruption {
    private static final int PATIENCE_SECONDS = 10;

    private final Cancellation cancellation = new Cancellation();
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile boolean tidies;

    /// The switch that Ctrl-C turns on.
    Cancellation cancellation() { return cancellation; }

    /// Says that from now on the command looks at the switch and must be waited for.
    void startsTidyWork() { tidies = true; }

    /// Says that the command has ended.
    void finished() { finished.countDown(); }

    /// Registers with the JVM, which gives the exit code 130 by itself after Ctrl-C.
    void listen() { Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "smalti-stop")); }

    private void stop() {
        cancellation.cancel();
        if (!tidies) return;
        try {
            finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS); // then the process ends in any case
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
