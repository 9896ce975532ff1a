package io.github.smalti.bench.peers;

/// A workload that one engine has prepared: weights are loaded and converted, inputs are in place.
interface Work {
    /// Does the work once and reads one number of the result, so that it is certainly there.
    float run() throws Exception;

    /// The results of the last run.
    float[] outputs() throws Exception;

    /// Turns into another workload of the same model.
    ///
    /// @param words the other one; the first three words are the same
    /// @return whether it could
    default boolean become(String[] words) throws Exception { return false; }

    /// Frees what the work holds.
    default void close() throws Exception {}
}
