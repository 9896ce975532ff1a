package io.github.smalti.dvae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogitLaplaceTest {
    /// S19.
    @Test
    void inverseGivesBackEveryByte() {
        for (int value = 0; value < 256; value++) {
            float mapped = LogitLaplace.map(value / 255f);
            assertEquals((1 - 2 * 0.1) / 255 * value + 0.1, mapped, 1e-7);
            assertEquals(value, Math.round(255 * LogitLaplace.inverse(mapped)), "byte " + value);
            assertEquals(value / 255f, LogitLaplace.inverse(mapped), 2e-7);
        }
    }

    @Test
    void inverseIsClippedToPixels() {
        assertEquals(0, LogitLaplace.inverse(0f));
        assertEquals(0, LogitLaplace.inverse(0.1f), 1e-7);
        assertEquals(0.5f, LogitLaplace.inverse(0.5f));
        assertEquals(1, LogitLaplace.inverse(0.95f));
        assertTrue(Float.isNaN(LogitLaplace.inverse(Float.NaN)));
    }

    /// S19: the sample drawn is the one whose mapped logit the decoder gives, whatever ln b is.
    @Test
    void samplesAreTheMedianOfTheirDistribution() {
        for (int value = 0; value < 256; value++) {
            double mapped = 0.8 * value / 255 + 0.1;
            double mean = Math.log(mapped / (1 - mapped));
            assertEquals(value / 255f, LogitLaplace.sample((float) mean), 1e-6);
        }
        assertEquals(0, LogitLaplace.sample(Float.NEGATIVE_INFINITY));
        assertEquals(0, LogitLaplace.sample(-1000));
        assertEquals(1, LogitLaplace.sample(1000));
        assertEquals(0.5f, LogitLaplace.sample(0));
    }

    /// S18: by Simpson's rule over t = logit x, dx = x (1 - x) dt, on both sides of the kink at μ.
    @ParameterizedTest
    @CsvSource({"-2, 0.2", "-2, 0.8", "-2, 2", "0, 0.2", "0, 0.8", "0, 2", "0.3, 0.2", "0.3, 0.8", "0.3, 2"})
    void densityHasTheIntegralOne(double mean, double scale) {
        double sum = 0;
        for (int side = -1; side <= 1; side += 2) {
            int steps = 2000;
            double step = 12 * scale / steps;
            for (int i = 0; i <= steps; i++) {
                double x = 1 / (1 + Math.exp(-(mean + side * i * step)));
                double weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
                sum += weight * step / 3 * LogitLaplace.density(x, mean, scale) * x * (1 - x);
            }
        }
        assertEquals(1, sum, 1e-4);
    }

    @Test
    void densityFollowsItsFormula() {
        double logit = Math.log(0.3 / 0.7);
        double want = 1 / (2 * 0.5 * 0.3 * 0.7) * Math.exp(-Math.abs(logit - 0.4) / 0.5);
        assertEquals(want, LogitLaplace.density(0.3, 0.4, 0.5), 1e-12);
    }

    /// S18: ln(2b x (1 - x)) + abs(logit x - μ) / b.
    @ParameterizedTest
    @CsvSource({"0.1, 0, 0.2", "0.5, 0.3, 0.8", "0.9, -2, 2", "0.42, 1.5, 0.05"})
    void lossIsTheNegativeLogarithmOfTheDensity(double x, double mean, double scale) {
        double loss = LogitLaplace.negativeLogLikelihood(x, mean, Math.log(scale));
        assertEquals(-Math.log(LogitLaplace.density(x, mean, scale)), loss, 1e-9);
        assertEquals(Math.log(2 * scale * x * (1 - x)) + Math.abs(Math.log(x / (1 - x)) - mean) / scale, loss, 1e-12);
    }
}
