package io.github.smalti.pipeline.internal;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// A part of a model while a thread of its own loads it, and afterwards.
///
/// @param <T> the part
final class Loading<T> {
    private final FutureTask<T> task;
    private final Consumer<T> close;

    private Loading(Supplier<T> load, Consumer<T> close) {
        this.task = new FutureTask<>(load::get);
        this.close = close;
    }

    /// Begins to load.
    ///
    /// @param load  loads the part
    /// @param close closes what it loaded
    /// @param <T>   the part
    static <T> Loading<T> start(Supplier<T> load, Consumer<T> close) {
        var loading = new Loading<>(load, close);
        Thread.ofPlatform().name("smalti-load").daemon().start(loading.task);
        return loading;
    }

    /// Waits for the part.
    ///
    /// @return the part
    /// @throws RuntimeException whatever loading threw
    T get() {
        try {
            return done();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException thrown -> throw thrown;
                case Error thrown -> throw thrown;
                default -> throw new AssertionError(e); // a supplier throws nothing else
            }
        }
    }

    /// Waits for the end of loading and closes what was loaded, if anything.
    void close() {
        try {
            close.accept(done());
        } catch (ExecutionException _) {
            // get tells it
        }
    }

    /// Waits also when interrupted, as loading on the caller's thread does.
    private T done() throws ExecutionException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }
}
