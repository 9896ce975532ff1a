package io.github.smalti.core;

import io.github.smalti.core.kernel.Kernels;

/// What layers compute with: the kernels of this machine, a team of threads, and native memory.
///
/// Every setting gives the same bits; they differ in speed alone. Thread-safe.
///
/// @param kernels the kernels
/// @param team    the threads
/// @param memory  where weights and caches are allocated
public record Compute(Kernels kernels, Team team, NativeMemory memory) {
    private static final class Shared {
        static final Compute INSTANCE = new Compute(Kernels.best(), new Team(defaultThreads()));
    }

    private static final class SharedStart { static final Compute INSTANCE = starting(defaultThreads()); }

    /// The same with the system's memory.
    ///
    /// @param kernels the kernels
    /// @param team    the threads
    public Compute(Kernels kernels, Team team) { this(kernels, team, NativeMemory.ofSystem()); }

    /// The same kernels and threads with other memory.
    ///
    /// @param other the memory
    public Compute withMemory(NativeMemory other) { return new Compute(kernels, team, other); }

    /// The process-wide instance: all processors (or `-Dsmalti.threads=N`) and the widest kernels
    /// (or `-Dsmalti.vector.bits=0|128|256|512`).
    ///
    /// @return the shared instance; its team is never closed
    public static Compute shared() { return Shared.INSTANCE; }

    /// An instance of its own team; whoever makes it closes the team.
    ///
    /// @param threads threads that compute
    /// @return a new instance
    public static Compute withThreads(int threads) { return new Compute(Kernels.best(), new Team(threads)); }

    /// The process-wide instance for who has just started: [#shared] in the end, but until the JVM has compiled its
    /// vector kernels with scalar ones on one thread, which leaves a processor to the compiler.
    ///
    /// @return the shared instance; its team is never closed
    public static Compute starting() { return SharedStart.INSTANCE; }

    /// The same with a team of its own; whoever makes it closes the team.
    ///
    /// @param threads threads that compute
    /// @return a new instance
    public static Compute starting(int threads) {
        Kernels kernels = Kernels.starting();
        return new Compute(kernels, new Team(threads, kernels::isStarting));
    }

    private static int defaultThreads() {
        int processors = Math.min(1024, Runtime.getRuntime().availableProcessors());
        Integer asked = Integer.getInteger("smalti.threads");
        return asked == null ? processors : asked;
    }
}
