package io.github.smalti.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TopItemsTest {
    @Test
    void keepsTheBestWhateverTheOrderOfOffers() {
        long seed = Long.getLong("tests.seed", new Random().nextLong());
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            int count = 1 + random.nextInt(40);
            int most = 1 + random.nextInt(50);
            float[] scores = new float[count];
            for (int i = 0; i < count; i++) scores[i] = random.nextInt(6) - 3; // many ties
            List<Integer> offers = new java.util.ArrayList<>(IntStream.range(0, count).boxed().toList());
            int[] want = offers.stream().sorted(Comparator.comparing((Integer i) -> -scores[i]).thenComparing(i -> i))
                    .limit(most).mapToInt(i -> i).toArray();
            java.util.Collections.shuffle(offers, random);
            var top = new TopItems(most);
            var other = new TopItems(most);
            for (int i : offers) (i % 2 == 0 ? top : other).offer(scores[i], i);
            top.offerAll(other);
            assertEquals(scores[want[0]], top.bestScore());
            assertEquals(want.length < most ? Float.NEGATIVE_INFINITY : scores[want[most - 1]], top.leastScore());
            assertArrayEquals(want, top.inOrder(), "-Dtests.seed=" + seed);
            for (int i = 0; i < want.length; i++) assertEquals(scores[want[i]], top.score(i));
        }
    }
}
