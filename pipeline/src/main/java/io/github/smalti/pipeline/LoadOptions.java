package io.github.smalti.pipeline;

import io.github.smalti.core.Precision;
import java.util.Objects;

/// How a model is loaded.
///
/// @param precision  how the weights of linear layers lie in memory: [Precision#F32] is exact, [Precision#BF16] takes
///                   half the memory and time, [Precision#INT8] a quarter, and both draw other pictures; convolutions
///                   stay exact
/// @param threads    threads that compute, 1 to 1024; 0 means the process-wide team of all processors. Pictures are the
///                   same for any number
/// @param hasEncoder whether the image codec is loaded with its encoder, which image prompts need and drawing does not
public record LoadOptions(Precision precision, int threads, boolean hasEncoder) {
    /// Exact weights, all processors.
    public static final LoadOptions DEFAULT = new LoadOptions(Precision.F32, 0);

    /// Checks the range.
    public LoadOptions {
        Objects.requireNonNull(precision, "precision");
        if (threads < 0 || threads > 1024) {
            throw new IllegalArgumentException("threads: expected 1 to 1024, or 0 for all, found " + threads);
        }
    }

    /// Without the image codec's encoder.
    ///
    /// @param precision as above
    /// @param threads   as above
    public LoadOptions(Precision precision, int threads) { this(precision, threads, false); }

    /// The same with the image codec's encoder.
    public LoadOptions withEncoder() { return new LoadOptions(precision, threads, true); }

    /// The same with another precision.
    ///
    /// @param other the precision
    public LoadOptions withPrecision(Precision other) { return new LoadOptions(other, threads, hasEncoder); }

    /// The same with another number of threads.
    ///
    /// @param count 1 to 1024, or 0 for all processors
    public LoadOptions withThreads(int count) { return new LoadOptions(precision, count, hasEncoder); }
}
