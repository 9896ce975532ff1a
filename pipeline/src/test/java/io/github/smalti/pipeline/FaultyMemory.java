package io.github.smalti.pipeline;

import io.github.smalti.core.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/// Native memory that counts what is open and can refuse one allocation, as a system does that has no more.
final class FaultyMemory {
    private final AtomicLong allocations = new AtomicLong();
    private final AtomicLong openArenas = new AtomicLong();
    private final ThreadLocal<long[]> countdown = ThreadLocal.withInitial(() -> new long[]{-1});
    private volatile long failing = -1;

    /// The memory to give to a model.
    NativeMemory memory() { return new NativeMemory(Counted::new); }

    /// Allocations since the last call of [#failAt].
    long allocations() { return allocations.get(); }

    /// Arenas that were opened and not closed.
    long openArenas() { return openArenas.get(); }

    /// Refuses one allocation.
    ///
    /// @param number of the allocation, from 0; negative for none
    void failAt(long number) {
        allocations.set(0);
        failing = number;
    }

    /// Refuses an allocation of the calling thread.
    ///
    /// @param number of the thread's allocations from now on, from 0; negative for none
    void failMineAt(long number) { countdown.get()[0] = number; }

    private final class Counted implements Arena {
        private final Arena arena = Arena.ofShared();

        Counted() { openArenas.incrementAndGet(); }

        @Override
        public MemorySegment allocate(long byteSize, long byteAlignment) {
            if (allocations.getAndIncrement() == failing) throw new OutOfMemoryError("injected");
            if (countdown.get()[0]-- == 0) throw new OutOfMemoryError("injected");
            return arena.allocate(byteSize, byteAlignment);
        }

        @Override
        public MemorySegment.Scope scope() { return arena.scope(); }

        @Override
        public void close() {
            arena.close();
            openArenas.decrementAndGet();
        }
    }
}
