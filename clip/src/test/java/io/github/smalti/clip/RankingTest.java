package io.github.smalti.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class RankingTest {
    @Test
    void ordersByFallingScore() {
        assertArrayEquals(new int[]{2, 0, 1}, Ranking.order(new float[]{24.45f, -20.84f, 25.14f}));
        assertArrayEquals(new int[0], Ranking.order(new float[0]));
    }

    @Test
    void equalScoresKeepTheirOrder() {
        assertArrayEquals(new int[]{1, 3, 0, 2, 4}, Ranking.order(new float[]{1, 2, 1, 2, 1}));
        assertArrayEquals(new int[]{0, 1}, Ranking.order(new float[]{-0f, 0f}));
    }

    @Test
    void notANumberComesLast() {
        float[] scores = {Float.NaN, Float.NEGATIVE_INFINITY, 1, Float.NaN, Float.POSITIVE_INFINITY};
        assertArrayEquals(new int[]{4, 2, 1, 0, 3}, Ranking.order(scores));
    }

    @Test
    void keepsTheBest() {
        assertEquals(List.of("c", "a"), Ranking.best(List.of("a", "b", "c"), new float[]{2, 1, 3}, 2));
        assertEquals(List.of("a"), Ranking.best(List.of("a"), new float[]{2}, 5));
        assertThrows(IllegalArgumentException.class, () -> Ranking.best(List.of("a"), new float[]{1, 2}, 1));
        assertThrows(IllegalArgumentException.class, () -> Ranking.best(List.of("a"), new float[]{1}, -1));
    }
}
