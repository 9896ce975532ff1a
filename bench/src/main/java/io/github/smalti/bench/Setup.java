package io.github.smalti.bench;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import java.util.Set;

/// How a measurement is made.
///
/// @param timing    the kernels that every stage computes with
/// @param team      the threads of every stage and of the machine's limits
/// @param precision how weights lie in memory
/// @param batch     images at once
/// @param stages    words of the stages to run
record Setup(TimingKernels timing, Team team, Precision precision, int batch, Set<String> stages) {
    /// Makes a setup with a team of its own.
    static Setup of(int threads, Precision precision, int batch, Set<String> stages) {
        return new Setup(new TimingKernels(Kernels.best()), new Team(threads), precision, batch, stages);
    }

    Compute compute() { return new Compute(timing, team); }

    boolean wants(String stage) { return stages.contains(stage); }
}
