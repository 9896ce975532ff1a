package io.github.smalti.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CounterRandomTest {
    /// The known answers that come with the Random123 library for philox4x32-10.
    @Test
    void matchesKnownAnswers() {
        int[] zeros = {0, 0, 0, 0};
        CounterRandom.philox(zeros, 0, 0);
        assertArrayEquals(new int[]{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, zeros);

        int[] ones = {-1, -1, -1, -1};
        CounterRandom.philox(ones, -1, -1);
        assertArrayEquals(new int[]{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, ones);

        int[] pi = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344};
        CounterRandom.philox(pi, 0xa4093822, 0x299f31d0);
        assertArrayEquals(new int[]{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}, pi);
    }

    @Test
    void drawsDependOnSeedImageAndPosition() {
        float draw = CounterRandom.uniform(7, 3, 11);
        assertEquals(draw, CounterRandom.uniform(7, 3, 11));
        assertNotEquals(draw, CounterRandom.uniform(8, 3, 11));
        assertNotEquals(draw, CounterRandom.uniform(7 + (1L << 32), 3, 11));
        assertNotEquals(draw, CounterRandom.uniform(7, 4, 11));
        assertNotEquals(draw, CounterRandom.uniform(7, 3, 12));
    }

    @Test
    void drawsAreUniform() {
        int[] bins = new int[16];
        int draws = 160_000;
        for (int i = 0; i < draws; i++) {
            float u = CounterRandom.uniform(42, i % 64, i / 64);
            assertTrue(u >= 0 && u < 1);
            bins[(int) (u * 16)]++;
        }
        double chiSquare = 0;
        for (int count : bins) chiSquare += Math.pow(count - draws / 16.0, 2) / (draws / 16.0);
        assertTrue(chiSquare < 37.7, "chi square " + chiSquare + ", 15 degrees of freedom, p = 0.001 at 37.7");
    }
}
