package io.github.smalti.bench;

import io.github.smalti.core.Team;

/// What this machine can do at most, measured in the same run as the benchmarks by a [MachineProbe].
///
/// @param gigaFlops float32 FMA rate of all threads in GFLOP/s, two FLOP each
/// @param gigaBytes read rate in GB/s of native memory far larger than the caches, all threads
record MachineLimits(double gigaFlops, double gigaBytes) {
    /// Measures both once, in about two seconds.
    static MachineLimits measure(Team team) {
        try (var probe = new MachineProbe(team)) {
            return probe.last();
        }
    }

    /// What lies between two measurements.
    static MachineLimits mean(MachineLimits a, MachineLimits b) {
        return new MachineLimits((a.gigaFlops + b.gigaFlops) / 2, (a.gigaBytes + b.gigaBytes) / 2);
    }
}
