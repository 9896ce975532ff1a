package io.github.smalti.pipeline;

/// Watches a generation and may end it. Called on the thread that generates; what it throws ends the generation.
@FunctionalInterface
public interface ProgressListener {
    /// Takes an event.
    ///
    /// @param event what happened
    /// @return true to go on, false to end the generation now
    boolean on(Progress event);
}
