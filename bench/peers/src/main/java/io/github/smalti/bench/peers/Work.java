package io.github.smalti.bench.peers;

/// A workload that one engine has prepared: weights are loaded and converted, inputs are in place.
interface Work {
    /// Does the work once and reads one number of the result, so that it is certainly there.
    float run() throws Exception;

    /// The results of the last run.
    float[] outputs() throws Exception;

    /// Frees what the work holds.
    default void close() throws Exception {}
}
