package io.github.smalti.golden;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Watches what reading a file costs and leaves behind: processor time, heap, native memory, files, mappings, threads.
///
/// For the thread that made it. Native memory and descriptors are seen on Linux only.
final class FuzzWatch {
    private static final long MAX_NANOS = 2_000_000_000L;
    private static final long MAX_HEAP = 64L << 20;
    private static final long MAX_NATIVE = 64L << 20;
    private static final long PATIENCE_MILLIS = 2_000;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final List<Path> folders;
    private final long mappings;
    private final Set<Thread> threads;
    private final long descriptors;
    private final long nativeBytes;
    private Map<String, String> files;
    private long beginNanos;
    private long beginBytes;

    /// Remembers how things are now.
    ///
    /// @param folders where no file may appear, change or vanish; two levels are looked at
    FuzzWatch(List<Path> folders) throws IOException {
        this.folders = folders;
        this.mappings = mappings();
        this.threads = liveThreads();
        this.descriptors = descriptors();
        this.nativeBytes = peakNativeBytes();
        this.files = files();
    }

    /// Before a file is read.
    void begin() throws IOException {
        files = files();
        beginBytes = THREADS.getCurrentThreadAllocatedBytes();
        beginNanos = THREADS.getCurrentThreadCpuTime();
    }

    /// After it was read.
    ///
    /// @param length bytes of the file
    /// @return what went too far or was left behind
    List<String> end(long length) throws IOException {
        long nanos = THREADS.getCurrentThreadCpuTime() - beginNanos;
        long bytes = THREADS.getCurrentThreadAllocatedBytes() - beginBytes;
        List<String> faults = new ArrayList<>();
        if (nanos > MAX_NANOS) faults.add("took " + nanos / 1_000_000 + " ms of processor time");
        if (bytes > MAX_HEAP + length) faults.add("allocated " + bytes + " bytes for a file of " + length);
        if (mappings() > mappings) faults.add("left " + (mappings() - mappings) + " mappings open");
        Map<String, String> after = files();
        if (!after.equals(files)) faults.add("touched files: " + files + " became " + after);
        return faults;
    }

    /// After all files were read.
    ///
    /// @return what was left behind
    List<String> atLast() throws IOException, InterruptedException {
        List<String> faults = new ArrayList<>();
        long deadline = System.currentTimeMillis() + PATIENCE_MILLIS;
        Set<Thread> more = newThreads();
        while (!more.isEmpty() && System.currentTimeMillis() < deadline) {
            Thread.sleep(20);
            more = newThreads();
        }
        if (!more.isEmpty()) faults.add("left threads: " + more);
        long opened = descriptors() - descriptors;
        if (opened > 2) faults.add("left " + opened + " file descriptors");
        long grown = peakNativeBytes() - nativeBytes;
        if (grown > MAX_NATIVE) faults.add("memory outside the heap grew by " + grown + " bytes");
        return faults;
    }

    private Set<Thread> newThreads() {
        Set<Thread> more = liveThreads();
        more.removeAll(threads);
        return more;
    }

    private static Set<Thread> liveThreads() { return new HashSet<>(Thread.getAllStackTraces().keySet()); }

    private static long mappings() {
        long count = 0;
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            if (pool.getName().startsWith("mapped")) count += pool.getCount();
        }
        return count;
    }

    private Map<String, String> files() throws IOException {
        Map<String, String> found = new TreeMap<>();
        for (Path folder : folders) {
            try (Stream<Path> paths = Files.walk(folder, 2)) {
                for (Path path : paths.toList()) {
                    var attributes = Files.readAttributes(path, BasicFileAttributes.class);
                    found.put(path.toString(), attributes.size() + " " + attributes.lastModifiedTime());
                }
            }
        }
        return found;
    }

    private static long descriptors() throws IOException {
        Path open = Path.of("/proc/self/fd");
        if (!Files.isDirectory(open)) return 0;
        try (Stream<Path> paths = Files.list(open)) {
            return paths.count();
        }
    }

    /// The most memory this process ever had; with a heap that is touched from the start its growth is native.
    private static long peakNativeBytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) return 0;
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("VmHWM:")) return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }
        return 0;
    }
}
