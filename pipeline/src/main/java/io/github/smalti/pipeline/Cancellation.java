package io.github.smalti.pipeline;

/// A switch that ends a generation from another thread, within one token. Once on, it stays on. Thread-safe.
public final class Cancellation {
    private volatile boolean cancelled;

    /// Creates a switch that is off.
    public Cancellation() {}

    /// Ends every generation that was given this switch.
    public void cancel() { cancelled = true; }

    /// Whether [#cancel] was called.
    public boolean isCancelled() { return cancelled; }
}
