package io.github.smalti.core.kernel;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;

/// The operations that layers are made of, over parts of their outputs; a layer cuts the work, a kernel does one part.
///
/// All implementations give the same bits; see the package. No method allocates in proportion to its work, starts
/// threads or checks arguments beyond Java's own bounds checks. Thread-safe.
public interface Kernels {
    /// Rows of scores that [#attend] needs at once.
    int SCORE_ROWS = 4;

    /// The kernels in words: `scalar` or `vector 512`.
    String name();

    /// Whether little was done with them yet and little is expected, so that the JVM needs a processor more than they do.
    default boolean isStarting() { return false; }

    /// Announces work, for kernels that have to be compiled in time.
    ///
    /// @param precision    how weights will be packed
    /// @param multiplyAdds how much, roughly
    default void expect(Precision precision, long multiplyAdds) {}

    /// Matrix product `out[r][n] = bias[n] + sum over k of x[r][k] * w[k][n]` for a range of panels.
    ///
    /// Row r of x has `w.segments()` segments of `w.segmentLength()` floats; segment s starts at
    /// `xAt + r * xRowStride + s * xSegmentStride`.
    ///
    /// @param x              inputs
    /// @param xAt            first float of row 0
    /// @param xRowStride     distance of rows, in floats
    /// @param xSegmentStride distance of segments, in floats
    /// @param rows           rows
    /// @param w              packed weights
    /// @param bias           one float per column, or null
    /// @param firstPanel     first panel to compute
    /// @param endPanel       panel after the last
    /// @param out            outputs
    /// @param outAt          where column 0 of row 0 lies
    /// @param outRowStride   distance of output rows, in floats
    void matmul(float[] x, int xAt, int xRowStride, int xSegmentStride, int rows, PackedMatrix w, float[] bias,
            int firstPanel, int endPanel, float[] out, int outAt, int outRowStride);

    /// Attention of neighbouring heads: for each head of a query `softmax(scale * q · keys) · values` over the first cached
    /// positions; with a growth of 1 causal attention, where each query sees one more than the one before it.
    ///
    /// @param q         queries, heads side by side
    /// @param qAt       first float of query 0
    /// @param qStride   distance of queries, in floats
    /// @param queries   number of queries
    /// @param scale     factor of the scores
    /// @param heads     the keys and values
    /// @param length    positions that query 0 attends to, at least 1
    /// @param growth    positions that each further query attends to beyond those of the one before it, 0 or 1
    /// @param scores    scratch of at least [#SCORE_ROWS] times the last query's positions rounded up to a multiple of 64
    /// @param out       where the results go, heads side by side
    /// @param outAt     first float of the result of query 0
    /// @param outStride distance of results, in floats
    void attend(float[] q, int qAt, int qStride, int queries, float scale, CachedHeads heads, int length,
            int growth, float[] scores, float[] out, int outAt, int outStride);

    /// Attention of neighbouring heads over pieces of a past: for each head of a query one softmax over `shared`, which
    /// all queries attend to, followed by the query's own pieces.
    ///
    /// Bits depend on what a query attends to and in which order, not on where pieces begin or what is shared.
    ///
    /// @param q         queries, heads side by side
    /// @param qAt       first float of query 0
    /// @param qStride   distance of queries, in floats
    /// @param queries   number of queries, 1 to [#SCORE_ROWS]
    /// @param scale     factor of the scores
    /// @param shared    what all queries attend to first; may be empty
    /// @param own       for each query what it attends to then, at least one position
    /// @param scores    scratch of [CachedSegments#scratch] floats for the most positions of a query
    /// @param out       where the results go, heads side by side
    /// @param outAt     first float of the result of query 0
    /// @param outStride distance of results, in floats
    void attendSegments(float[] q, int qAt, int qStride, int queries, float scale, CachedSegments shared,
            CachedSegments[] own, float[] scores, float[] out, int outAt, int outStride);

    /// Layer norm of one row: `(x - mean) / sqrt(variance + eps) * scale + bias`.
    ///
    /// @param x     inputs
    /// @param xAt   first float of the row
    /// @param n     floats of the row
    /// @param scale one factor per float, or null for 1
    /// @param bias  one summand per float, or null for 0
    /// @param eps   added to the variance
    /// @param out   outputs; may be x
    /// @param outAt first float of the output row
    void layerNorm(float[] x, int xAt, int n, float[] scale, float[] bias, float eps, float[] out, int outAt);

    /// Turns a row into its softmax: exponentials of the distance to the maximum, divided by their sum.
    ///
    /// @param x   the row, overwritten
    /// @param xAt first float
    /// @param n   floats, at least 1
    void softmaxInPlace(float[] x, int xAt, int n);

    /// `x[i] = activation(x[i])`.
    ///
    /// @param activation the function
    /// @param x          the values, overwritten
    /// @param xAt        first float
    /// @param n          floats
    void activateInPlace(Activation activation, float[] x, int xAt, int n);

    /// `out[i] = activation(gate[i]) * value[i]`, the gated linear unit.
    ///
    /// @param activation the function
    /// @param gate       gates
    /// @param gateAt     first gate
    /// @param value      values
    /// @param valueAt    first value
    /// @param n          floats
    /// @param out        outputs; may be the gates, not the values
    /// @param outAt      first output
    void gate(Activation activation, float[] gate, int gateAt, float[] value, int valueAt, int n, float[] out,
            int outAt);

    /// Per channel the sum over rows, or, around a centre, the sum of squares: the first half of a group norm.
    ///
    /// @param x        rows of `channels` floats
    /// @param xAt      first float
    /// @param rows     rows, lying side by side
    /// @param channels channels
    /// @param centre   null for `sums[c] = Σ x`; one float per channel for `sums[c] = Σ (x - centre[c])²`
    /// @param sums     where the sums go
    void sumChannels(float[] x, int xAt, int rows, int channels, float[] centre, float[] sums);

    /// Per channel `out = x * factor + summand`, then an activation: the second half of a group norm.
    ///
    /// @param x          rows of `channels` floats
    /// @param xAt        first float
    /// @param rows       rows, lying side by side
    /// @param channels   channels
    /// @param factor     one per channel
    /// @param summand    one per channel
    /// @param activation applied at the end
    /// @param out        outputs; may be x
    /// @param outAt      first float
    void scaleChannels(float[] x, int xAt, int rows, int channels, float[] factor, float[] summand,
            Activation activation, float[] out, int outAt);

    /// The inputs of one tile of a 3×3 convolution, turned into Winograd's frequencies: `Bᵀ d B` per channel.
    ///
    /// @param x        pixels
    /// @param rowAt    where the six rows of the tile start
    /// @param colAt    how far the six pixels of a row lie from its start
    /// @param channels channels, a multiple of 16
    /// @param out      outputs: 36 rows of `channels` floats
    /// @param outAt    first float of frequency 0
    /// @param step     distance of frequencies, in floats
    void winogradInput(float[] x, int[] rowAt, int[] colAt, int channels, float[] out, int outAt, int step);

    /// The outputs of one tile from its frequencies: `out = Aᵀ m A + bias + residual` per channel.
    ///
    /// @param m         36 rows of `channels` floats, overwritten
    /// @param mAt       first float of frequency 0
    /// @param step      distance of frequencies, in floats
    /// @param channels  channels, a multiple of 16
    /// @param bias      one float per channel, or null
    /// @param residual  summands that lie as the outputs do, or null; may be out
    /// @param out       outputs
    /// @param outAt     first float of the tile's first pixel
    /// @param rowStride distance of rows of pixels, in floats
    /// @param rows      rows of the tile to write, 1 to 4
    /// @param cols      pixels of a row to write, 1 to 4
    void winogradOutput(float[] m, int mAt, int step, int channels, float[] bias, float[] residual, float[] out,
            int outAt, int rowStride, int rows, int cols);

    /// The widest kernels that this JVM offers, or those that `smalti.vector.bits` asks for.
    ///
    /// @return kernels; scalar ones, with one warning that says what to add, if the Vector API is missing
    static Kernels best() { return KernelChoice.best(); }

    /// Those that have a process's first pictures ready soonest: scalar ones while vector code would still be
    /// interpreted, then [#best]; these at once if `smalti.vector.bits` is set.
    ///
    /// @return kernels, one instance a process
    static Kernels starting() { return KernelChoice.starting(); }

    /// The scalar twins.
    ///
    /// @return scalar kernels
    static Kernels scalar() { return ScalarKernels.INSTANCE; }
}
