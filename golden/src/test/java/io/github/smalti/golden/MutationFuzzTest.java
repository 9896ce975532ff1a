package io.github.smalti.golden;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Each misdeed of a reader is noticed.
@Tag("fuzz")
class MutationFuzzTest {
    private static final byte[] GOOD = "{\"size\": 12345, \"name\": \"abc\"}".repeat(9)
            .getBytes(StandardCharsets.UTF_8);

    private static final class Refusal extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Refusal(String message) { super(message); }
    }

    private static MutationFuzz fuzz() {
        return MutationFuzz.of("MutationFuzzTest", Refusal.class).good(GOOD).words("true", "\"name\"").atMost(5);
    }

    /// Reads good files well and does something else with damaged ones.
    private static String complaintAbout(MutationFuzz.Reader misdeed) {
        AssertionError error = assertThrows(AssertionError.class, () -> fuzz().run(file -> {
            if (!Arrays.equals(GOOD, Files.readAllBytes(file))) misdeed.read(file);
        }));
        assertTrue(error.getMessage().contains("-Dtests.seed="), error.getMessage());
        return error.getMessage();
    }

    private static long cpuNanos() { return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime(); }

    @Test
    void acceptsReadersThatReadOrRefuse() {
        assertDoesNotThrow(() -> fuzz().run(file -> {
            if (!Arrays.equals(GOOD, Files.readAllBytes(file))) throw new Refusal("not the file");
        }));
    }

    @Test
    void noticesOtherThrowables() {
        assertTrue(complaintAbout(_ -> {
            throw new ArrayIndexOutOfBoundsException(7);
        }).contains("ArrayIndexOutOfBoundsException"));
        assertTrue(complaintAbout(_ -> {
            throw new StackOverflowError();
        }).contains("StackOverflowError"));
    }

    @Test
    void noticesUnreadableMessages() {
        assertTrue(complaintAbout(_ -> {
            throw new Refusal("bad\nline");
        }).contains("control characters"));
        assertTrue(complaintAbout(_ -> {
            throw new Refusal("long".repeat(500));
        }).contains("message of 2000"));
    }

    @Test
    void noticesHeapInProportionToAClaim() {
        String complaint = complaintAbout(_ -> assertTrue(new byte[80 << 20].length > 0));
        assertTrue(complaint.contains("allocated"), complaint);
    }

    @Test
    void noticesMemoryOutsideTheHeap() {
        String complaint = complaintAbout(_ -> {
            try (Arena arena = Arena.ofConfined()) {
                arena.allocate(100 << 20).fill((byte) 1);
            }
        });
        assertTrue(complaint.contains("memory outside the heap grew"), complaint);
    }

    @Test
    void noticesSlowFiles() {
        AtomicBoolean wasSlow = new AtomicBoolean();
        String complaint = complaintAbout(_ -> {
            if (wasSlow.getAndSet(true)) return;
            for (long begin = cpuNanos(); cpuNanos() - begin < 2_100_000_000L;) Thread.onSpinWait();
        });
        assertTrue(complaint.contains("ms of processor time"), complaint);
    }

    @Test
    void noticesMappingsLeftOpen() {
        List<Arena> opened = new ArrayList<>();
        String complaint = complaintAbout(file -> {
            try (FileChannel channel = FileChannel.open(file)) {
                Arena arena = Arena.ofShared();
                opened.add(arena);
                channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            }
        });
        opened.forEach(Arena::close);
        assertTrue(complaint.contains("mappings open"), complaint);
    }

    @Test
    void noticesFilesThatAppear() {
        String complaint = complaintAbout(file -> Files.writeString(file.resolveSibling("executed"), "x"));
        assertTrue(complaint.contains("touched files"), complaint);
        Path here = Path.of("executed");
        complaint = complaintAbout(_ -> Files.writeString(here, "x"));
        assertTrue(complaint.contains("touched files"), complaint);
        assertDoesNotThrow(() -> Files.delete(here));
    }

    @Test
    void noticesThreadsLeftRunning() {
        CountDownLatch end = new CountDownLatch(1);
        String complaint = complaintAbout(_ -> Thread.ofPlatform().name("left-behind").daemon().start(() -> {
            try {
                end.await();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }));
        end.countDown();
        assertTrue(complaint.contains("left-behind"), complaint);
    }

    @Test
    void mutantsDependOnTheSeedAlone() {
        var mutations = new Mutations(List.of(GOOD), List.of(new byte[100]), List.of(new byte[]{1, 2, 3}));
        int same = 0;
        for (int seed = 0; seed < 500; seed++) {
            byte[] one = mutations.mutant(new SplittableRandom(seed));
            assertArrayEquals(one, mutations.mutant(new SplittableRandom(seed)));
            if (Arrays.equals(one, GOOD)) same++;
        }
        assertTrue(same < 25, same + " of 500 mutants are not damaged");
        assertFalse(
                Arrays.equals(mutations.mutant(new SplittableRandom(1)), mutations.mutant(new SplittableRandom(2))));
    }
}
