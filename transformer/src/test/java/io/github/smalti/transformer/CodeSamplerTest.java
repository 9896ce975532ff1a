package io.github.smalti.transformer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.kernel.Kernels;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CodeSamplerTest {
    private static CodeSampler sampler(float... logits) {
        var sampler = new CodeSampler(Kernels.scalar(), logits.length);
        assertTrue(sampler.guide(logits, 0, -1, 1f));
        return sampler;
    }

    private static int stay(float[] probabilities) {
        int count = 0;
        for (float p : probabilities) if (p > 0) count++;
        return count;
    }

    @Test
    void topKKeepsTheLargestAndTiesOfTheLast() {
        float[] p = sampler(1, 5, 3, 3, 2).distribution(new Sampling.Random(1f, 2, 1f));
        assertEquals(3, stay(p), "two are equal at the second place");
        assertEquals(Math.exp(2), p[1] / p[2], 1e-5);
        assertEquals(0f, p[0]);
    }

    @Test
    void topPKeepsTheOneThatCrosses() {
        float[] logits = {(float) Math.log(0.5), (float) Math.log(0.3), (float) Math.log(0.15), (float) Math.log(0.05)};
        assertEquals(1, stay(sampler(logits).distribution(new Sampling.Random(1f, 0, 0.4f))));
        float[] two = sampler(logits).distribution(new Sampling.Random(1f, 0, 0.6f));
        assertEquals(2, stay(two));
        assertEquals(0.5 / 0.8, two[0], 1e-6, "renormalised");
    }

    @Test
    void topKMatchesSortingOnRandomLogits() {
        long seed = Long.getLong("tests.seed", new Random().nextLong());
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            float[] logits = new float[1 + random.nextInt(300)];
            for (int i = 0; i < logits.length; i++) logits[i] = random.nextInt(40) / 4f;
            int k = 1 + random.nextInt(logits.length);
            float[] sorted = logits.clone();
            java.util.Arrays.sort(sorted);
            float least = sorted[logits.length - k];
            float[] p = sampler(logits).distribution(new Sampling.Random(1f, k, 1f));
            for (int i = 0; i < logits.length; i++) {
                assertEquals(logits[i] >= least, p[i] > 0, "-Dtests.seed=" + seed + " round " + round);
            }
        }
    }

    @Test
    void entropyRisesWithTemperature() {
        double last = -1;
        for (float temperature : new float[]{0.2f, 0.5f, 1f, 2f, 5f}) {
            double entropy = 0;
            for (float p : sampler(0, 1, 2, 3, 4, 5).distribution(new Sampling.Random(temperature, 0, 1f))) {
                if (p > 0) entropy -= p * Math.log(p);
            }
            assertTrue(entropy > last, "temperature " + temperature);
            last = entropy;
        }
    }

    @Test
    void drawsAsOftenAsTheDistributionSays() {
        CodeSampler sampler = sampler((float) Math.log(0.1), (float) Math.log(0.6), (float) Math.log(0.3));
        int[] counts = new int[3];
        for (int i = 0; i < 30_000; i++) counts[sampler.draw(new Sampling.Random(1f, 0, 1f), 99, 0, i)]++;
        assertEquals(0.1, counts[0] / 30_000.0, 0.01);
        assertEquals(0.6, counts[1] / 30_000.0, 0.015);
    }

    @Test
    void topPMatchesSortingOnRandomLogits() {
        long seed = Long.getLong("tests.seed", new Random().nextLong());
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            float[] logits = new float[1 + random.nextInt(500)];
            float spread = 1 << random.nextInt(6);
            for (int i = 0; i < logits.length; i++) logits[i] = spread * random.nextFloat();
            float topP = Math.max(1e-6f, random.nextFloat());
            float[] all = sampler(logits).distribution(new Sampling.Random(1f, 0, 1f));
            float[] sorted = all.clone();
            java.util.Arrays.sort(sorted);
            double mass = 0;
            int crossing = sorted.length;
            while (crossing > 0 && mass < topP - 1e-6) mass += sorted[--crossing];
            int kept = stay(sampler(logits).distribution(new Sampling.Random(1f, 0, topP)));
            int atLeast = sorted.length - Math.min(crossing, sorted.length - 1);
            assertTrue(kept >= atLeast && kept <= atLeast + 1 + mayRound(sorted, topP),
                    "-Dtests.seed=" + seed + " round " + round + ": " + kept + " kept, expected " + atLeast);
        }
    }

    /// How many more codes may stay because sums of float32 probabilities cross p a little later.
    private static int mayRound(float[] sorted, float topP) {
        double mass = 0;
        int near = 0;
        for (int i = sorted.length - 1; i >= 0; i--) {
            mass += sorted[i];
            if (Math.abs(mass - topP) < 2e-6) near++;
        }
        return near;
    }

    @Test
    void extremeTemperaturesStayDistributions() {
        for (float temperature : new float[]{Float.MIN_VALUE, 1e-30f, 1e30f, Float.MAX_VALUE}) {
            float[] p = sampler(-3e38f, 2, 3e38f, 3e38f).distribution(new Sampling.Random(temperature, 0, 0.999f));
            double sum = 0;
            for (float one : p) sum += one;
            assertEquals(1, sum, 1e-6, "temperature " + temperature);
            assertEquals(p[2], p[3], "equal logits, equal chances");
            assertTrue(p[2] > 0.2, "temperature " + temperature);
        }
        assertEquals(2, sampler(1, 2, 3).draw(new Sampling.Random(Float.MIN_VALUE, 0, 1f), 0, 0, 0), "nearly greedy");
    }

    @Test
    void noFilterIsBitEqualToTheWholeVocabulary() {
        float[] logits = new float[777];
        for (int i = 0; i < logits.length; i++) logits[i] = (float) Math.sin(i * i);
        float[] none = sampler(logits).distribution(new Sampling.Random(0.85f, 0, 1f));
        assertArrayEquals(none, sampler(logits).distribution(new Sampling.Random(0.85f, 777, 1f)));
        assertArrayEquals(none, sampler(logits).distribution(new Sampling.Random(0.85f, 100_000, 1f)));
    }

    @Test
    void greedyTakesTheFirstOfEquals() { assertEquals(1, sampler(1, 4, 4, 0).draw(new Sampling.Greedy(), 0, 0, 0)); }

    @Test
    void noticesNumbersThatAreNotFinite() {
        var sampler = new CodeSampler(Kernels.scalar(), 3);
        assertFalse(sampler.guide(new float[]{1, Float.NaN, 2}, 0, -1, 1f));
        assertFalse(sampler.guide(new float[]{1, Float.POSITIVE_INFINITY, 2}, 0, -1, 1f));
    }

    @Test
    void refusesValuesOutOfRange() {
        assertThrows(IllegalArgumentException.class, () -> new Sampling.Random(0f, 0, 1f));
        assertThrows(IllegalArgumentException.class, () -> new Sampling.Random(Float.NaN, 0, 1f));
        assertThrows(IllegalArgumentException.class, () -> new Sampling.Random(1f, -1, 1f));
        assertThrows(IllegalArgumentException.class, () -> new Sampling.Random(1f, 0, 0f));
        assertEquals(new Sampling.Greedy(), Sampling.of(0f, 5, 0.5f));
    }
}
