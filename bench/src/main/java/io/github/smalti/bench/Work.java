package io.github.smalti.bench;

/// What an operation must do at least: the two sides of a roofline.
///
/// @param flop  floating-point operations, a multiply-add counts two; norms, activations and softmax are left out
/// @param bytes bytes that must come from memory
record Work(double flop, double bytes) {
    static final Work NONE = new Work(0, 0);

    Work plus(Work other) { return new Work(flop + other.flop, bytes + other.bytes); }

    /// The same for several inputs that share one pass over the weights.
    Work forRows(int count) { return new Work(count * flop, bytes); }

    /// The least time that this machine can take.
    ///
    /// @param limits of this machine
    /// @return seconds
    double seconds(MachineLimits limits) {
        return Math.max(flop / limits.gigaFlops(), bytes / limits.gigaBytes()) * 1e-9;
    }

    /// Whether arithmetic, and not memory, is the nearer limit.
    boolean isBoundByArithmetic(MachineLimits limits) {
        return flop / limits.gigaFlops() >= bytes / limits.gigaBytes();
    }
}
