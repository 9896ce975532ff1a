package io.github.smalti.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.function.Supplier;

/// Where weights, caches and scratch get their native memory: the one seam that all of it passes.
///
/// Arenas are shared ones, usable from all threads; who opens one closes it. Where the system refuses memory, they throw
/// [NativeMemoryException], and what they gave before is freed with them. Thread-safe.
public final class NativeMemory {
    private final Supplier<Arena> arenas;

    /// Memory from arenas of one's own: that count, limit or fail.
    ///
    /// @param arenas opens a shared arena; its `allocate` may throw [OutOfMemoryError]
    public NativeMemory(Supplier<Arena> arenas) { this.arenas = Objects.requireNonNull(arenas, "arenas"); }

    /// The system's memory.
    public static NativeMemory ofSystem() { return new NativeMemory(Arena::ofShared); }

    /// Opens an arena.
    ///
    /// @return a new arena; the caller closes it
    public Arena open() { return new Guarded(arenas.get()); }

    private record Guarded(Arena arena) implements Arena {
        @Override
        public MemorySegment allocate(long byteSize, long byteAlignment) {
            try {
                return arena.allocate(byteSize, byteAlignment);
            } catch (OutOfMemoryError e) {
                throw new NativeMemoryException(byteSize, e);
            }
        }

        @Override
        public MemorySegment.Scope scope() { return arena.scope(); }

        @Override
        public void close() { arena.close(); }
    }
}
