package io.github.smalti.core;

/// What a model will need, known before anything is allocated.
///
/// @param mappedBytes  checkpoint files mapped read-only; the system may drop these pages at any time
/// @param weightBytes  packed weights in native memory
/// @param cacheBytes   keys and values of the attention layers, in native memory
/// @param scratchBytes activations, on the heap, at their largest
public record MemoryPlan(long mappedBytes, long weightBytes, long cacheBytes, long scratchBytes) {
    /// The plan of nothing.
    public static final MemoryPlan NONE = new MemoryPlan(0, 0, 0, 0);

    /// The plan of two parts that live at the same time.
    ///
    /// @param other the other part
    /// @return the sum
    public MemoryPlan plus(MemoryPlan other) {
        return new MemoryPlan(mappedBytes + other.mappedBytes, weightBytes + other.weightBytes,
                cacheBytes + other.cacheBytes, scratchBytes + other.scratchBytes);
    }

    /// Bytes that cannot be dropped: weights, cache and scratch.
    public long anonymousBytes() { return weightBytes + cacheBytes + scratchBytes; }
}
