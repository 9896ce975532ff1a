package io.github.smalti.pipeline.internal;

import io.github.smalti.core.NativeMemory;
import java.util.function.Supplier;

/// What a model takes from the system: the seam for limits and faults of memory.
///
/// @param memory where native memory comes from
/// @param limits how much there is left, asked anew each time
public record Resources(NativeMemory memory, Supplier<MemoryLimits> limits) {
    /// The system's own.
    public static Resources ofSystem() { return new Resources(NativeMemory.ofSystem(), MemoryLimits::ofSystem); }
}
