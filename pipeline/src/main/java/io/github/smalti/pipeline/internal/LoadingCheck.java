package io.github.smalti.pipeline.internal;

import io.github.smalti.core.NativeMemory;
import io.github.smalti.pipeline.Cancellation;
import io.github.smalti.transformer.GenerationCancelledException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Ends loading when it is cancelled or its thread interrupted: asked before each piece of native memory, so within one
/// tensor, by all threads that load. Thread-safe.
final class LoadingCheck {
    private final Cancellation cancellation;
    private volatile Thread caller = Thread.currentThread();

    /// Watches the calling thread.
    ///
    /// @param cancellation a switch that ends loading
    LoadingCheck(Cancellation cancellation) { this.cancellation = cancellation; }

    /// Memory that is given only as long as loading goes on.
    ///
    /// @param memory where it comes from
    NativeMemory watch(NativeMemory memory) { return new NativeMemory(() -> new Watched(memory.open())); }

    boolean isCancelled() {
        Thread thread = caller;
        return thread != null && (cancellation.isCancelled() || thread.isInterrupted());
    }

    /// @throws GenerationCancelledException if loading shall end
    void mustGoOn() { if (isCancelled()) throw cancelled(); }

    GenerationCancelledException cancelled() {
        return new GenerationCancelledException("loading the model was cancelled");
    }

    /// Says that the model is loaded: from now on memory is given without asking.
    void loaded() { caller = null; }

    private final class Watched implements Arena {
        private final Arena arena;

        Watched(Arena arena) { this.arena = arena; }

        @Override
        public MemorySegment allocate(long byteSize, long byteAlignment) {
            mustGoOn();
            return arena.allocate(byteSize, byteAlignment);
        }

        @Override
        public MemorySegment.Scope scope() { return arena.scope(); }

        @Override
        public void close() { arena.close(); }
    }
}
