package io.github.smalti.golden;

import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TimeZone;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/// Draws what no result may depend on: seed, locale and time zone of a JVM's tests. A failure tells how to repeat it.
///
/// JUnit finds it by itself in every module whose tests use this one. The locales have another small `i` (tr), digits of
/// their own (ar, th, hi), another calendar (th) or a comma in numbers (de); `-Dtests.seed` gives back all three.
public final class DrawnConditions implements TestExecutionListener {
    private static final String SEED = "tests.seed";
    private static final List<Locale> LOCALES = List.of(Locale.forLanguageTag("tr-TR"),
            Locale.forLanguageTag("ar-EG-u-nu-arab"), Locale.forLanguageTag("th-TH-u-ca-buddhist-nu-thai"),
            Locale.forLanguageTag("hi-IN-u-nu-deva"), Locale.GERMANY, Locale.US, Locale.ROOT);
    private static final List<String> ZONES = List.of("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati",
            "Europe/Berlin");

    /// Made by JUnit, once a JVM.
    public DrawnConditions() {}

    @Override
    public void testPlanExecutionStarted(TestPlan plan) {
        long seed = Long.getLong(SEED, new Random().nextLong());
        System.setProperty(SEED, Long.toString(seed));
        Locale.setDefault(locale(seed));
        TimeZone.setDefault(zone(seed));
    }

    /// The locale of a seed.
    ///
    /// @param seed any
    static Locale locale(long seed) { return LOCALES.get(Math.floorMod(seed, LOCALES.size())); }

    /// The time zone of a seed.
    ///
    /// @param seed any
    static TimeZone zone(long seed) {
        return TimeZone.getTimeZone(ZONES.get(Math.floorMod(seed / LOCALES.size(), ZONES.size())));
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (!test.isTest() || result.getStatus() != TestExecutionResult.Status.FAILED) return;
        System.err.println(test.getDisplayName() + ": repeat with -D" + SEED + "=" + System.getProperty(SEED)
                + " (locale " + Locale.getDefault().toLanguageTag() + ", time zone " + TimeZone.getDefault().getID()
                + ")");
    }
}
