package io.github.smalti.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TeamTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void runsEveryPartOnceAndSeesItsWrites(int size) {
        try (Team team = new Team(size)) {
            int[] counts = new int[size];
            for (int round = 1; round <= 2000; round++) {
                team.run((part, parts) -> {
                    assertEquals(size, parts);
                    counts[part]++;
                });
                int[] want = new int[size];
                Arrays.fill(want, round);
                assertArrayEquals(want, counts);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void runsMorePartsThanThreadsOnceEach(int size) {
        try (Team team = new Team(size)) {
            for (int count : new int[]{1, 2, 5, 97, 1000}) {
                int[] counts = new int[count];
                for (int round = 1; round <= 50; round++) team.run(count, (part, parts) -> counts[part] += parts);
                for (int ran : counts) assertEquals(50 * count, ran);
            }
            assertThrows(IllegalArgumentException.class, () -> team.run(0, (_, _) -> {}));
            assertThrows(IllegalArgumentException.class, () -> team.run(Team.MOST_PARTS + 1, (_, _) -> {}));
        }
    }

    @Test
    void wakesParkedWorkers() throws InterruptedException {
        try (Team team = new Team(3)) {
            AtomicInteger ran = new AtomicInteger();
            for (int round = 0; round < 5; round++) {
                Thread.sleep(30);
                team.run((_, _) -> ran.incrementAndGet());
            }
            assertEquals(15, ran.get());
        }
    }

    @Test
    void passesOnWhatAWorkerThrows() {
        try (Team team = new Team(4)) {
            RuntimeException fault = new IllegalStateException("part 2");
            RuntimeException caught = assertThrows(RuntimeException.class, () -> team.run((part, _) -> {
                if (part == 2) throw fault;
            }));
            assertSame(fault, caught);
            AtomicInteger ran = new AtomicInteger();
            team.run((_, _) -> ran.incrementAndGet());
            assertEquals(4, ran.get(), "the team still works");
        }
    }

    /// Whatever one part throws, on whichever thread, the caller gets it once and the team goes on.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void passesOnEveryThrowableOfEveryPart(int size) {
        List<Supplier<Throwable>> faults = List.of(() -> new IllegalStateException("part"),
                () -> new OutOfMemoryError("part"), StackOverflowError::new, () -> new InternalError("part"),
                () -> new AssertionError("part"));
        try (Team team = new Team(size)) {
            for (Supplier<Throwable> kind : faults) {
                for (int failing = 0; failing < 9; failing++) {
                    int wrong = failing;
                    Throwable fault = kind.get();
                    Throwable caught = assertThrows(Throwable.class, () -> team.run(9, (part, _) -> {
                        if (part == wrong) TeamTest.<RuntimeException>raise(fault);
                    }));
                    assertSame(fault, caught);
                    AtomicInteger ran = new AtomicInteger();
                    team.run(9, (_, _) -> ran.incrementAndGet());
                    assertEquals(9, ran.get(), "the team still works");
                }
            }
        }
    }

    /// A checked exception, thrown past the compiler, must not get lost on a worker.
    @Test
    void losesNoCheckedException() {
        try (Team team = new Team(2)) {
            for (int failing = 0; failing < 4; failing++) {
                int wrong = failing;
                var fault = new IOException("disk");
                Throwable caught = assertThrows(IllegalStateException.class, () -> team.run(4, (part, _) -> {
                    if (part == wrong) TeamTest.<RuntimeException>raise(fault);
                }));
                assertSame(fault, caught.getCause());
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void raise(Throwable fault) throws T { throw (T) fault; }

    @Test
    void leavesOutPartsAfterAFault() {
        try (Team team = new Team(2)) {
            AtomicInteger ran = new AtomicInteger();
            assertThrows(IllegalStateException.class, () -> team.run(1000, (_, _) -> {
                ran.incrementAndGet();
                throw new IllegalStateException("each");
            }));
            assertTrue(ran.get() <= 2, "ran " + ran.get());
        }
    }

    /// A stack that overflows at any depth of the team's own calls leaves neither the turn taken nor a part uncounted.
    @Test
    void outlivesStacksThatOverflowAnywhere() throws InterruptedException {
        try (Team team = new Team(2)) {
            AtomicInteger overflows = new AtomicInteger();
            Thread caller = new Thread(null, () -> {
                for (int round = 0; round < 20; round++) overflows.addAndGet(dive(team));
            }, "diver", 1 << 18);
            caller.start();
            caller.join(60_000);
            assertFalse(caller.isAlive(), "a caller hangs");
            assertTrue(overflows.get() > 0);
            AtomicInteger ran = new AtomicInteger();
            team.run(9, (_, _) -> ran.incrementAndGet());
            assertEquals(9, ran.get());
        }
    }

    /// Recurses until the stack is full, then uses the team at each of the deepest 300 calls on the way back.
    private static int dive(Team team) {
        int overflows;
        try {
            overflows = dive(team);
        } catch (StackOverflowError e) {
            return 1;
        }
        if (overflows > 300) return overflows;
        try {
            team.run(4, (_, _) -> Math.floorMod(overflows, 7));
        } catch (StackOverflowError e) {
            return overflows + 1;
        }
        return overflows + 1;
    }

    /// Callers wait in line: none is far ahead of another, however many there are.
    @Test
    void starvesNoCallerUnderOverload() throws InterruptedException {
        int callers = 12;
        var rounds = new AtomicIntegerArray(callers);
        var end = new AtomicBoolean();
        try (Team team = new Team(2)) {
            List<Thread> threads = new ArrayList<>();
            for (int caller = 0; caller < callers; caller++) {
                int mine = caller;
                threads.add(Thread.ofPlatform().start(() -> {
                    while (!end.get()) {
                        team.run(4, (_, _) -> busyFor(20_000));
                        rounds.incrementAndGet(mine);
                    }
                }));
            }
            Thread.sleep(1000);
            end.set(true);
            for (Thread thread : threads) {
                thread.join(10_000);
                assertFalse(thread.isAlive(), "a caller hangs");
            }
        }
        int[] counts = IntStream.range(0, callers).map(rounds::get).sorted().toArray();
        assertTrue(counts[0] > 20 && counts[0] > counts[callers - 1] / 3, Arrays.toString(counts));
    }

    private static void busyFor(long nanos) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < nanos) Thread.onSpinWait();
    }

    @Test
    void sharesTheTeamAmongCallers() throws InterruptedException {
        try (Team team = new Team(2)) {
            int callers = 6;
            int[] sums = new int[callers];
            var done = new CountDownLatch(callers);
            for (int caller = 0; caller < callers; caller++) {
                int mine = caller;
                Thread.ofPlatform().start(() -> {
                    int[] parts = new int[2];
                    for (int i = 0; i < 500; i++) team.run((part, _) -> parts[part] += mine + 1);
                    sums[mine] = parts[0] + parts[1];
                    done.countDown();
                });
            }
            done.await();
            for (int caller = 0; caller < callers; caller++) assertEquals(1000 * (caller + 1), sums[caller]);
        }
    }

    @Test
    void refusesNestedRegionsAndUseAfterClose() {
        Team team = new Team(2);
        assertThrows(IllegalStateException.class, () -> team.run((_, _) -> team.run((_, _) -> {})));
        team.close();
        team.close();
        assertThrows(IllegalStateException.class, () -> team.run((_, _) -> {}));
    }
}
