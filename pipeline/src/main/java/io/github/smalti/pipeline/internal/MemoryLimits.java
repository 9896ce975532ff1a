package io.github.smalti.pipeline.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.StringTokenizer;

/// How much memory a process can still get, as far as the system says.
///
/// On Linux that is the least of what is available on the machine (free memory, caches that can be dropped, swap) and what
/// each of the process's control groups leaves, of version 2 or 1: its limit less what it uses, caches of files not
/// counted. Elsewhere native memory counts as unlimited. Immutable.
///
/// @param nativeBytes bytes that can still be allocated, the heap's growth included; [Long#MAX_VALUE] if unknown
/// @param nativeLimit what sets that limit, for messages
/// @param heapBytes   the largest heap
public record MemoryLimits(long nativeBytes, String nativeLimit, long heapBytes) {
    /// No limit at all.
    public static final MemoryLimits NONE = new MemoryLimits(Long.MAX_VALUE, "the machine", Long.MAX_VALUE);

    private static final int LONGEST = 1 << 20;
    private static final long UNLIMITED = 1L << 60; // version 1 writes the largest multiple of a page

    /// The limits of this process now.
    public static MemoryLimits ofSystem() { return read(Path.of("/"), Runtime.getRuntime().maxMemory()); }

    /// The limits that a system's files state.
    ///
    /// @param root      the folder that holds `proc` and `sys`
    /// @param heapBytes the largest heap
    static MemoryLimits read(Path root, long heapBytes) {
        List<String> facts = lines(root.resolve("proc/meminfo"));
        long least = Long.MAX_VALUE;
        String limit = "the machine";
        if (value(facts, "MemAvailable:") >= 0) {
            least = 1024 * (value(facts, "MemAvailable:") + Math.max(0, value(facts, "SwapFree:")));
        }
        for (String group : lines(root.resolve("proc/self/cgroup"))) {
            String[] parts = group.split(":", 3);
            if (parts.length < 3) continue;
            boolean isSecond = parts[1].isEmpty();
            if (!isSecond && !("," + parts[1] + ",").contains(",memory,")) continue;
            Path mount = root.resolve(isSecond ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
            for (Path folder : groups(mount, parts[2])) {
                long left = isSecond
                        ? left(folder, "memory.max", "memory.current", "")
                        : left(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_");
                if (left >= least) continue;
                least = left;
                limit = "the control group";
            }
        }
        return new MemoryLimits(least, limit, heapBytes);
    }

    /// The folders of a group and of those around it; inside of a container the mount itself is the group.
    private static List<Path> groups(Path mount, String name) {
        List<Path> folders = new ArrayList<>();
        Path group = mount.resolve(name.startsWith("/") ? name.substring(1) : name).normalize();
        while (group.startsWith(mount) && !group.equals(mount)) {
            folders.add(group);
            group = group.getParent();
        }
        folders.add(mount);
        return folders;
    }

    private static long left(Path folder, String max, String current, String prefix) {
        long limit = number(folder.resolve(max));
        long used = number(folder.resolve(current));
        if (limit < 0 || limit >= UNLIMITED || used < 0) return Long.MAX_VALUE;
        List<String> facts = lines(folder.resolve("memory.stat"));
        long droppable = Math.max(0, value(facts, prefix + "inactive_file"))
                + Math.max(0, value(facts, prefix + "active_file"));
        return Math.max(0, limit - Math.max(0, used - droppable));
    }

    /// The number in a file of one; -1 if there is none, as in `max`.
    private static long number(Path file) {
        List<String> lines = lines(file);
        return lines.isEmpty() ? -1 : parse(lines.getFirst().strip());
    }

    /// The number behind a name; -1 if there is none.
    private static long value(List<String> lines, String name) {
        for (String line : lines) {
            if (!line.startsWith(name)) continue;
            var words = new StringTokenizer(line.substring(name.length()));
            boolean isWhole = line.length() > name.length() && Character.isWhitespace(line.charAt(name.length()));
            if (isWhole && words.hasMoreTokens()) return parse(words.nextToken());
        }
        return -1;
    }

    private static long parse(String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException _) {
            return -1;
        }
    }

    /// The lines of a small file, without streams and patterns, which a process that has just started would have to load;
    /// none if it cannot be read, which means that it limits nothing.
    private static List<String> lines(Path file) {
        try (var in = Files.newInputStream(file)) {
            return List.of(new String(in.readNBytes(LONGEST), StandardCharsets.ISO_8859_1).split("\n"));
        } catch (IOException _) {
            return List.of();
        }
    }
}
