package io.github.smalti.bench;

/// What one round found of a line.
///
/// @param seconds          how long it took
/// @param leastSeconds     what it takes at the limits around it
/// @param keptSeconds      how long of it the machine kept its speed; only this is compared with the limit
/// @param keptLeastSeconds what that part takes at the limits around it
record Sample(double seconds, double leastSeconds, double keptSeconds, double keptLeastSeconds) {
    /// Nothing yet.
    static final Sample NONE = new Sample(0, 0, 0, 0);
    /// Most that the limits around a piece of work may differ, as a ratio.
    private static final double MOST_MOVED = 1.15;

    /// A piece of work between two probes; if its limit moved in between, it is not compared with it.
    ///
    /// @param line    what was done
    /// @param seconds how long it took
    /// @param before  limits just before
    /// @param after   limits just after
    static Sample of(Line line, double seconds, MachineLimits before, MachineLimits after) {
        double first = line.leastSeconds(before);
        double last = line.leastSeconds(after);
        double least = line.leastSeconds(MachineLimits.mean(before, after));
        boolean moved = Math.max(first, last) > MOST_MOVED * Math.min(first, last);
        return moved ? new Sample(seconds, least, 0, 0) : new Sample(seconds, least, seconds, least);
    }

    /// One after another.
    Sample plus(Sample next) {
        return new Sample(seconds + next.seconds, leastSeconds + next.leastSeconds, keptSeconds + next.keptSeconds,
                keptLeastSeconds + next.keptLeastSeconds);
    }

    /// Whether at least half of it can be compared with the limit.
    boolean isKept() { return keptSeconds > 0 && keptSeconds >= seconds / 2; }

    /// Share of the limit, of the part that is kept.
    double share() { return keptLeastSeconds / keptSeconds; }
}
