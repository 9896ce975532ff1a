package io.github.smalti.weights.hub;

/// Is told how a pull goes on, on the thread that pulls.
@FunctionalInterface
public interface PullListener {
    /// Called at most ten times a second, and at the end of each file.
    ///
    /// @param progress how far it is
    void on(PullProgress progress);
}
