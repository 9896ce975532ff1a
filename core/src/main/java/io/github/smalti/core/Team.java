package io.github.smalti.core;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/// A fixed team of platform threads that runs one parallel region at a time.
///
/// A region is cut into parts by the caller's own arithmetic, so results do not depend on who does which part. Parts are
/// claimed one by one: a worker that the system has not woken in time is not waited for, the caller does its part. More
/// parts than threads even out what a shared machine makes uneven: the two halves of a matrix seldom arrive from memory
/// in the same time. Workers spin briefly between regions, since a token has more than a hundred of them (a wake-up costs some 50 µs,
/// a spin hand-over about 1 µs), then park. Sessions that share a team take turns region by region, in order of arrival.
///
/// Where other programs keep the processors busy, the system stops a worker in the middle of its part, and everybody
/// waits for milliseconds. Then callers do all parts themselves for a while, up to 64 ms, before they try the team again.
///
/// Whatever a part throws ends the region: parts that have not begun are left out, the caller gets the throwable when
/// none runs any more, and the team goes on. Thread-safe. [#close] ends the workers; the threads are daemons.
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
    /// A worker that takes so much longer than the caller for a part is taken to have been stopped by the system.
    private static final long STOPPED_NANOS = 500_000;
    private static final long STOPPED_PARTS = 4;
    private static final long FIRST_ALONE_NANOS = 2_000_000;
    private static final long LONGEST_ALONE_NANOS = 64_000_000;
    /// Calls one inside the other that a region's own bookkeeping surely stays below.
    private static final int BOOKKEEPING_CALLS = 32;
    /// Most parts of a region.
    public static final int MOST_PARTS = 0xffff;
    /// A ticket holds the next part in its lowest 16 bits, above them the number of parts, then the region's number.
    private static final int PARTS_SHIFT = 16;
    private static final int REGION_SHIFT = 32;

    private final ReentrantLock turn = new ReentrantLock(true);
    private final Worker[] workers;
    private final int size;
    private final AtomicLong ticket = new AtomicLong();
    /// Parts that workers have ended; the caller's own are counted by the caller.
    private final AtomicInteger finished = new AtomicInteger();
    private final BooleanSupplier isAlone;
    private volatile Throwable failure;
    private volatile Region region;
    /// The caller, while it sleeps until the workers have ended their parts.
    private volatile Thread waiting;
    private volatile boolean closed;
    /// Until when callers do without the workers, and for how long; guarded by the turn.
    private long aloneUntil = System.nanoTime();
    private long aloneNanos;

    /// Starts a team.
    ///
    /// @param size number of threads that compute, the caller included, at least 1
    public Team(int size) { this(size, () -> false); }

    /// Starts a team that the caller may do without for a while.
    ///
    /// @param size    number of threads that compute, the caller included, at least 1
    /// @param isAlone asked at each region whether its caller shall do all parts, since the processors are busy with
    ///                something else
    public Team(int size, BooleanSupplier isAlone) {
        if (size < 1 || size > 1024) throw new IllegalArgumentException("threads: expected 1 to 1024, found " + size);
        this.size = size;
        this.isAlone = isAlone;
        workers = new Worker[size - 1];
        for (int i = 0; i < workers.length; i++) workers[i] = new Worker("smalti-" + (i + 1));
        try {
            for (Worker worker : workers) worker.thread.start();
        } catch (OutOfMemoryError e) { // the system has no thread left
            close();
            throw e;
        }
    }

    /// Number of threads that compute, the caller included.
    public int size() { return size; }

    /// Runs a region cut into one part per thread; see [#run(int, Region)].
    ///
    /// @param work the region
    public void run(Region work) { run(size, work); }

    /// Runs all parts of a region and returns when all have ended. Must not be called from within a region.
    ///
    /// A runtime exception or error of a part is thrown as it is, the first one if there are several.
    ///
    /// @param parts number of parts, 1 to [#MOST_PARTS]
    /// @param work  the region
    /// @throws IllegalStateException if the team is closed
    public void run(int parts, Region work) {
        if (parts < 1 || parts > MOST_PARTS) {
            throw new IllegalArgumentException("parts: expected 1 to " + MOST_PARTS + ", found " + parts);
        }
        if (turn.isHeldByCurrentThread() || isWorker(Thread.currentThread())) {
            throw new IllegalStateException("a region must not start another region");
        }
        requireStack(BOOKKEEPING_CALLS);
        turn.lock();
        try {
            if (closed) throw new IllegalStateException("the team is closed");
            if (size == 1 || parts == 1 || isAlone.getAsBoolean() || isBusy()) {
                for (int part = 0; part < parts; part++) work.run(part, parts);
            } else {
                runOnAll(work, parts);
            }
        } finally {
            turn.unlock();
        }
    }

    /// Lets a stack that is nearly full overflow here, where nothing is held, and not between two counts.
    private int requireStack(int calls) { return calls == 0 || closed ? 0 : 1 + requireStack(calls - 1); }

    private boolean isWorker(Thread thread) {
        for (Worker worker : workers) { if (worker.thread == thread) return true; }
        return false;
    }

    private boolean isBusy() { return aloneNanos != 0 && System.nanoTime() - aloneUntil < 0; }

    private void runOnAll(Region work, int parts) {
        long start = System.nanoTime();
        region = work;
        finished.set(0);
        long number = (ticket.get() >>> REGION_SHIFT) + 1;
        ticket.set(number << REGION_SHIFT | (long) parts << PARTS_SHIFT);
        for (Worker worker : workers) { if (worker.parked) LockSupport.unpark(worker.thread); }
        int own = 0;
        for (long claimed = claim(); claimed >= 0; claimed = claim()) {
            own++;
            runPart(claimed);
        }
        if (finished.get() < parts - own) awaitWorkers(parts - own, own, start);
        region = null;
        Throwable thrown = failure;
        if (thrown == null) return;
        failure = null;
        if (thrown instanceof RuntimeException e) throw e;
        if (thrown instanceof Error e) throw e;
        throw new IllegalStateException("a part of the work failed: " + thrown, thrown);
    }

    /// Waits for the workers' parts, and notes whether the system seems to have stopped a worker meanwhile.
    private void awaitWorkers(int parts, int own, long start) {
        long since = System.nanoTime();
        for (int spins = 0; spins < SPINS && finished.get() < parts; spins++) Thread.onSpinWait();
        if (finished.get() < parts) parkUntilFinished(parts);
        long now = System.nanoTime();
        boolean isStopped = own > 0 && now - since > STOPPED_NANOS + STOPPED_PARTS * (since - start) / own;
        if (isStopped) {
            aloneNanos = Math.clamp(2 * aloneNanos, FIRST_ALONE_NANOS, LONGEST_ALONE_NANOS);
            aloneUntil = now + aloneNanos;
        } else if (aloneNanos != 0 && now - aloneUntil > aloneNanos) { aloneNanos = 0; }
    }

    /// Sleeps, since who yields instead is given less of a processor by Linux than who sleeps; an interrupt is kept.
    private void parkUntilFinished(int parts) {
        boolean interrupted = false;
        waiting = Thread.currentThread();
        while (finished.get() < parts) {
            LockSupport.park(this);
            interrupted |= Thread.interrupted();
        }
        waiting = null;
        if (interrupted) Thread.currentThread().interrupt();
    }

    /// Takes the next part of the current region: the ticket that names it, or -1 if none is left.
    private long claim() {
        for (long now = ticket.get(); hasPart(now); now = ticket.get()) {
            if (ticket.compareAndSet(now, now + 1)) return now;
        }
        return -1;
    }

    /// Runs a claimed part, which keeps its region alive, unless another part has failed.
    private void runPart(long claimed) {
        if (failure != null) return;
        try {
            region.run(nextPart(claimed), parts(claimed));
        } catch (Throwable e) { // a part may throw anything, and whoever waits for it must not wait for ever
            failure = e;
        }
    }

    private static int nextPart(long ticket) { return (int) ticket & MOST_PARTS; }

    private static int parts(long ticket) { return (int) (ticket >>> PARTS_SHIFT) & MOST_PARTS; }

    private static boolean hasPart(long ticket) { return nextPart(ticket) < parts(ticket); }

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
        private final Thread thread;
        private volatile boolean parked;

        Worker(String name) {
            thread = new Thread(this, name);
            thread.setDaemon(true);
        }

        @Override
        public void run() {
            while (true) {
                try {
                    while (awaitPart()) runParts();
                    return;
                } catch (Throwable e) { // a fault of mapped memory may surface after its part: the next caller is told
                    failure = e;
                }
            }
        }

        private void runParts() {
            for (long claimed = claim(); claimed >= 0; claimed = claim()) {
                try {
                    runPart(claimed);
                } finally {
                    finished.incrementAndGet();
                    Thread caller = waiting;
                    if (caller != null) LockSupport.unpark(caller);
                }
            }
        }

        /// Waits until a part is left to claim; false when the team is closed.
        private boolean awaitPart() {
            for (int spins = 0; !hasPart(ticket.get()); spins++) {
                if (closed) return false;
                if (spins < SPINS) {
                    Thread.onSpinWait();
                    continue;
                }
                parked = true;
                if (!hasPart(ticket.get()) && !closed) LockSupport.park(this);
                parked = false;
            }
            return true;
        }
    }
}
