package io.github.smalti.pipeline.internal;

import java.util.ArrayDeque;
import java.util.Deque;

/// Things to close, the last one opened first; each is closed even if another one fails. Not thread-safe.
final class Closing implements Runnable {
    private final Deque<Runnable> steps = new ArrayDeque<>();

    void add(Runnable close) { steps.push(close); }

    @Override
    public void run() {
        Throwable failure = null;
        while (!steps.isEmpty()) {
            try {
                steps.pop().run();
            } catch (RuntimeException | Error e) {
                if (failure == null) {
                    failure = e;
                } else if (failure != e) { failure.addSuppressed(e); }
            }
        }
        if (failure instanceof RuntimeException e) throw e;
        if (failure instanceof Error e) throw e;
    }
}
