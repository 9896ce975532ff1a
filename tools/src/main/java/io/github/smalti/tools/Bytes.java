package io.github.smalti.tools;

import java.util.Locale;

/// Amounts of memory for people: powers of 1000, three digits at most.
final class Bytes {
    private static final String[] UNITS = {"bytes", "kB", "MB", "GB", "TB"};
    private static final double STEP = 1000;

    private Bytes() {}

    /// The amount with its unit.
    ///
    /// @param bytes how much
    static String text(long bytes) {
        double amount = bytes;
        int unit = 0;
        while (amount >= STEP && unit < UNITS.length - 1) {
            amount /= STEP;
            unit++;
        }
        return String.format(Locale.ROOT, unit == 0 || amount >= 100 ? "%.0f %s" : "%.1f %s", amount, UNITS[unit]);
    }
}
