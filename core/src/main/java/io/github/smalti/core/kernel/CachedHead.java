package io.github.smalti.core.kernel;

import java.lang.foreign.MemorySegment;

/// Where the keys and values of one attention head lie, in native memory.
///
/// Keys lie in panels of 16 positions and values in rows, so that both products of attention have their outputs along the
/// lanes of a vector.
///
/// @param keys        `[ceil(capacity / 16)][headDim][16]` floats from `keysAt` on
/// @param keysAt      their first byte
/// @param values      `[capacity][valueStride]` floats from `valuesAt` on
/// @param valuesAt    their first byte
/// @param headDim     length of a key and of a value
/// @param valueStride floats from one value to the next: headDim rounded up to a multiple of 16, filled up with zeros
public record CachedHead(MemorySegment keys, long keysAt, MemorySegment values, long valuesAt, int headDim,
        int valueStride) {}
