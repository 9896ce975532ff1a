package io.github.smalti.pipeline.internal;

import java.util.ArrayDeque;
import java.util.Deque;

/// Things to close, the last one opened first; each is closed even if another one fails. Not thread-safe.
final class Closing implements Runnable {
    private final Deque<Runnable> steps = new ArrayDeque<>();

    void add(Runnable close) { steps.push(close); }

    @Override
    public void run() {
        RuntimeException failure = null;
        while (!steps.isEmpty()) {
            try {
                steps.pop().run();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) throw failure;
    }
}
