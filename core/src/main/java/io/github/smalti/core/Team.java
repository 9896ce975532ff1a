package io.github.smalti.core;

import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/// A fixed team of platform threads that runs one parallel region at a time.
///
/// A region is cut into `size()` parts by the caller's own arithmetic; part 0 runs on the calling thread. Workers spin
/// briefly between regions, since a token has more than a hundred of them (a wake-up costs some 50 µs, a spin hand-over
/// about 1 µs), then park. Sessions that share a team take turns region by region, in order of arrival.
///
/// Thread-safe. [#close] ends the workers; the threads are daemons.
public final class Team implements AutoCloseable {
    /// One parallel region.
    @FunctionalInterface
    public interface Region {
        /// Does one part of the work; parts must not write the same places.
        ///
        /// @param part  number of this part, from 0
        /// @param parts number of parts
        void run(int part, int parts);
    }

    /// About 100 µs of spinning before a worker parks.
    private static final int SPINS = 20_000;

    private final ReentrantLock turn = new ReentrantLock(true);
    private final Worker[] workers;
    private volatile Region region;
    private volatile int epoch;
    private volatile boolean closed;

    /// Starts a team.
    ///
    /// @param size number of threads that compute, the caller included, at least 1
    public Team(int size) {
        if (size < 1 || size > 1024) throw new IllegalArgumentException("threads: expected 1 to 1024, found " + size);
        workers = new Worker[size - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(i + 1);
            Thread thread = new Thread(workers[i], "smalti-" + (i + 1));
            thread.setDaemon(true);
            workers[i].thread = thread;
        }
        for (Worker worker : workers) worker.thread.start();
    }

    /// Number of threads that compute, the caller included.
    public int size() { return workers.length + 1; }

    /// Runs all parts of a region and returns when all have ended. Must not be called from within a region.
    ///
    /// @param work the region
    /// @throws IllegalStateException if the team is closed
    public void run(Region work) {
        if (turn.isHeldByCurrentThread() || isWorker(Thread.currentThread())) {
            throw new IllegalStateException("a region must not start another region");
        }
        turn.lock();
        try {
            if (closed) throw new IllegalStateException("the team is closed");
            if (workers.length == 0) {
                work.run(0, 1);
                return;
            }
            runOnAll(work);
        } finally {
            turn.unlock();
        }
    }

    private boolean isWorker(Thread thread) {
        for (Worker worker : workers) { if (worker.thread == thread) return true; }
        return false;
    }

    private void runOnAll(Region work) {
        region = work;
        int now = epoch + 1;
        epoch = now;
        for (Worker worker : workers) { if (worker.parked) LockSupport.unpark(worker.thread); }
        Throwable failure = null;
        try {
            work.run(0, workers.length + 1);
        } catch (RuntimeException | Error e) {
            failure = e;
        }
        for (Worker worker : workers) {
            int spins = 0;
            while (worker.done != now) {
                if (++spins > SPINS) {
                    Thread.yield();
                } else {
                    Thread.onSpinWait();
                }
            }
            if (failure == null) failure = worker.failure;
            worker.failure = null;
        }
        region = null;
        if (failure instanceof RuntimeException e) throw e;
        if (failure instanceof Error e) throw e;
    }

    /// Ends the workers after the region that is running.
    @Override
    public void close() {
        turn.lock();
        try {
            closed = true;
            for (Worker worker : workers) LockSupport.unpark(worker.thread);
        } finally {
            turn.unlock();
        }
    }

    private final class Worker implements Runnable {
        private final int part;
        private Thread thread;
        private volatile boolean parked;
        private volatile int done;
        private Throwable failure;

        Worker(int part) { this.part = part; }

        @Override
        public void run() {
            int seen = 0;
            while (awaitEpochAfter(seen)) {
                seen = epoch;
                try {
                    region.run(part, workers.length + 1);
                } catch (RuntimeException | Error e) {
                    failure = e;
                }
                done = seen;
            }
        }

        /// Waits for the next region; false when the team is closed.
        private boolean awaitEpochAfter(int seen) {
            for (int spins = 0; epoch == seen; spins++) {
                if (closed) return false;
                if (spins < SPINS) {
                    Thread.onSpinWait();
                    continue;
                }
                parked = true;
                if (epoch == seen && !closed) LockSupport.park(this);
                parked = false;
            }
            return true;
        }
    }
}
