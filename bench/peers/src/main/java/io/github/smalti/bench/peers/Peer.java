package io.github.smalti.bench.peers;

/// An engine; each lives in a process of its own.
interface Peer {
    /// Prepares a workload.
    ///
    /// @param words the workload's name and its parameters
    /// @throws UnsupportedOperationException if the engine has no such operation; the message says why
    Work open(String[] words) throws Exception;

    /// Versions and settings, one line.
    String describe();
}
