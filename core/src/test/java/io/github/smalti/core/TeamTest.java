package io.github.smalti.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
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
