package io.github.smalti.transformer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Counts the native memory that it gives.
final class CountingArena implements Arena {
    private final Arena arena = Arena.ofAuto();
    private long bytes;

    /// Bytes given so far.
    long bytes() { return bytes; }

    @Override
    public MemorySegment allocate(long byteSize, long byteAlignment) {
        bytes += byteSize;
        return arena.allocate(byteSize, byteAlignment);
    }

    @Override
    public MemorySegment.Scope scope() { return arena.scope(); }

    @Override
    public void close() { throw new UnsupportedOperationException("the collector frees it"); }
}
