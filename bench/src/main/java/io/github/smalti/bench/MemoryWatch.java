package io.github.smalti.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;

/// Watches the memory of this process: anonymous pages as the system counts them (Linux), and the Java heap.
///
/// A thread looks every 20 ms; a look takes some 30 µs.
final class MemoryWatch implements AutoCloseable {
    /// What cannot be told on this system.
    static final long UNKNOWN = -1;

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final long PAUSE_MILLIS = 20;

    private final Thread thread = Thread.ofPlatform().daemon().name("smalti-bench-memory").unstarted(this::watch);
    private volatile long peakAnonymous = UNKNOWN;
    private volatile boolean isClosed;

    private final long own;

    private MemoryWatch(long own) { this.own = own; }

    /// Starts watching.
    ///
    /// @param own anonymous memory that the benchmark itself holds all the time, which is not counted
    static MemoryWatch start(long own) {
        var watch = new MemoryWatch(own);
        if (Files.isReadable(STATUS)) watch.thread.start();
        return watch;
    }

    /// Collects the garbage of what ran before, and forgets the peaks.
    void reset() {
        System.gc();
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) pool.resetPeakUsage();
        peakAnonymous = anonymous();
    }

    /// Largest anonymous memory since [#reset], in bytes, or [#UNKNOWN]: packed weights, the Java heap, code, stacks.
    long peakAnonymous() { return peakAnonymous = Math.max(peakAnonymous, anonymous()); }

    /// Largest use of the Java heap since [#reset], in bytes.
    static long peakHeap() {
        long sum = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getType() == MemoryType.HEAP) sum += pool.getPeakUsage().getUsed();
        }
        return sum;
    }

    /// Largest resident memory of the process, mapped files included, or [#UNKNOWN].
    static long peakResident() { return status("VmHWM:"); }

    private void watch() {
        while (!isClosed) {
            peakAnonymous = Math.max(peakAnonymous, anonymous());
            try {
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException _) {
                return;
            }
        }
    }

    private long anonymous() {
        long bytes = status("RssAnon:");
        return bytes == UNKNOWN ? UNKNOWN : bytes - own;
    }

    private static long status(String key) {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(key)) return Long.parseLong(line.replaceAll("\\D+", "")) << 10;
            }
        } catch (IOException | NumberFormatException _) {
            return UNKNOWN; // another system, or a line of another form
        }
        return UNKNOWN;
    }

    @Override
    public void close() {
        isClosed = true;
        thread.interrupt();
    }
}
