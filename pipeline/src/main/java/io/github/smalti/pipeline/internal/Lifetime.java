package io.github.smalti.pipeline.internal;

import io.github.smalti.pipeline.ModelClosedException;

/// Lets many calls use a thing that may be closed at any moment: what it owns is released when it is closed and the
/// last call has ended, and never twice. Thread-safe.
public final class Lifetime {
    private final String name;
    private final Runnable release;
    private int calls;
    private volatile boolean closed;

    /// Starts open.
    ///
    /// @param name    of the thing, for messages
    /// @param release frees what it owns
    public Lifetime(String name, Runnable release) {
        this.name = name;
        this.release = release;
    }

    /// Begins a call; each is followed by one [#exit].
    ///
    /// @throws ModelClosedException if the thing is closed
    public synchronized void enter() {
        if (closed) throw new ModelClosedException(name);
        calls++;
    }

    /// Ends a call.
    public void exit() {
        boolean last;
        synchronized (this) {
            calls--;
            last = closed && calls == 0;
        }
        if (last) release.run();
    }

    /// Whether calls should end now.
    public boolean isClosed() { return closed; }

    /// Closes without waiting: calls that run end by themselves, and the last of them releases.
    public void close() {
        boolean last;
        synchronized (this) {
            if (closed) return;
            closed = true;
            last = calls == 0;
        }
        if (last) release.run();
    }
}
