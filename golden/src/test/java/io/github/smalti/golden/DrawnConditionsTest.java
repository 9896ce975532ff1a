package io.github.smalti.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.Locale;
import java.util.TimeZone;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class DrawnConditionsTest {
    @Test
    void areInForceInThisVeryTest() {
        long seed = Long.getLong("tests.seed");
        assertEquals(DrawnConditions.locale(seed), Locale.getDefault());
        assertEquals(DrawnConditions.zone(seed), TimeZone.getDefault());
    }

    @Test
    void differFromSeedToSeed() {
        assertEquals("I\u0307".toLowerCase(Locale.ROOT), "\u0130".toLowerCase(Locale.ROOT));
        assertNotEquals("I".toLowerCase(Locale.ROOT), "I".toLowerCase(DrawnConditions.locale(0)), "Turkish");
        assertEquals("\u0661", String.format(DrawnConditions.locale(1), "%d", 1), "Arabic digits");
        assertEquals("\u0e51", String.format(DrawnConditions.locale(2), "%d", 1), "Thai digits");
        assertEquals(7, LongStream.range(-7, 0).mapToObj(DrawnConditions::locale).distinct().count());
        assertEquals(5, LongStream.range(0, 35).mapToObj(DrawnConditions::zone).distinct().count());
    }
}
