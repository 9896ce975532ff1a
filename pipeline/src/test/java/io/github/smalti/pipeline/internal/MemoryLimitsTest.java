package io.github.smalti.pipeline.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryLimitsTest {
    @TempDir
    Path root;

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private MemoryLimits read() { return MemoryLimits.read(root, 1000); }

    @Test
    void withoutFilesNothingIsKnown() { assertEquals(new MemoryLimits(Long.MAX_VALUE, "the machine", 1000), read()); }

    @Test
    void theMachineHasWhatIsAvailableAndSwap() throws IOException {
        write("proc/meminfo", "MemTotal: 900 kB\nMemFree: 1 kB\nMemAvailable:     300 kB\nSwapFree: 20 kB\n");
        assertEquals(new MemoryLimits(320 * 1024, "the machine", 1000), read());
    }

    @Test
    void aGroupOfVersionTwoAndThoseAroundItLimit() throws IOException {
        write("proc/meminfo", "MemAvailable: 300000 kB\n");
        write("proc/self/cgroup", "0::/user/app\n");
        write("sys/fs/cgroup/user/app/memory.max", "100000\n");
        write("sys/fs/cgroup/user/app/memory.current", "70000\n");
        assertEquals(new MemoryLimits(30_000, "the control group", 1000), read());
        write("sys/fs/cgroup/user/app/memory.stat", "anon 1\ninactive_file 5000\nactive_file 1000\n");
        assertEquals(36_000, read().nativeBytes());
        write("sys/fs/cgroup/user/memory.max", "50000\n");
        write("sys/fs/cgroup/user/memory.current", "49999\n");
        assertEquals(1, read().nativeBytes());
        write("sys/fs/cgroup/user/memory.max", "max\n");
        assertEquals(36_000, read().nativeBytes());
        write("sys/fs/cgroup/user/app/memory.current", "200000\n");
        assertEquals(0, read().nativeBytes());
    }

    @Test
    void insideOfAContainerTheMountIsTheGroup() throws IOException {
        write("proc/self/cgroup", "0::/\n");
        write("sys/fs/cgroup/memory.max", "5000\n");
        write("sys/fs/cgroup/memory.current", "2000\n");
        assertEquals(3000, read().nativeBytes());
    }

    @Test
    void aGroupOfVersionOneLimits() throws IOException {
        write("proc/self/cgroup", "9:name=systemd:/\n5:cpu,memory:/docker/x\n0::/\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        write("sys/fs/cgroup/memory/memory.usage_in_bytes", "77\n");
        assertEquals(Long.MAX_VALUE, read().nativeBytes());
        write("sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "100000\n");
        write("sys/fs/cgroup/memory/docker/x/memory.usage_in_bytes", "70000\n");
        write("sys/fs/cgroup/memory/docker/x/memory.stat", "inactive_file 1\ntotal_inactive_file 500\n");
        assertEquals(30_500, read().nativeBytes());
    }

    @Test
    void garbageLimitsNothing() throws IOException {
        write("proc/meminfo", "MemAvailable: lots\n\u0000\n");
        write("proc/self/cgroup", "0::/../../../etc\nx\n:::\n0::" + "a/".repeat(300) + "\n");
        write("sys/fs/cgroup/memory.max", "-5\n");
        write("sys/fs/cgroup/memory.current", "99999999999999999999\n");
        assertEquals(Long.MAX_VALUE, read().nativeBytes());
    }

    @Test
    void thisProcessHasSome() {
        MemoryLimits now = MemoryLimits.ofSystem();
        assertTrue(now.nativeBytes() > 1_000_000, now.toString());
        assertEquals(Runtime.getRuntime().maxMemory(), now.heapBytes());
    }
}
