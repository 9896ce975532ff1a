package io.github.smalti.bench.peers;

import java.io.IOException;

/// Writes a network for one engine, operation by operation; values are names. So each network is described once, and
/// every engine gets the operations it knows best.
interface Graph {
    /// Room for the keys, and as much for the values, of a layer.
    ///
    /// @param layer     the layer
    /// @param rows      rows that are drawn at once
    /// @param heads     heads of each
    /// @param positions positions of each
    /// @param size      numbers of a head
    /// @param mask      which positions are attended to
    /// @param room      positions that a cache of fixed size begins with, of [CachedNetwork#room]
    record Cache(int layer, int rows, int heads, int positions, int size, Mask mask, int room) {}

    /// Numbers that do not change, for example a bias or an embedding.
    String constant(float[] values, long... shape) throws IOException;

    /// The input of the network: floats, or indices.
    String input();

    /// (batch, in, rows, cols) → (batch, out, rows, cols) by a square kernel (out, in, k, k), zeros around the picture.
    String convolution(String x, float[] kernel, long[] shape, float[] bias, int stride, int padding)
            throws IOException;

    /// `x · Wᵗ + b` of a weight (outputs, inputs); the bias may be null.
    String linear(String x, float[] weight, int outputs, int inputs, float[] bias) throws IOException;

    /// Norm of groups of channels of (batch, channels, rows, cols).
    String groupNorm(String x, int groups, float[] scale, float[] bias, float epsilon) throws IOException;

    /// Norm of the last axis; scale or bias may be null.
    String layerNorm(String x, int width, float[] scale, float[] bias, float epsilon) throws IOException;

    /// `softmax(scale · q kᵗ) v` of (batch, heads, n, size); the mask is added to the products and may be null.
    String attention(String q, String k, String v, String mask, float scale) throws IOException;

    /// Attention of one new position of (rows, heads, 1, size) over itself and the positions before it that the mask
    /// allows; its keys and values are kept for the steps to come.
    String cachedAttention(Cache cache, String q, String k, String v, float scale) throws IOException;

    /// Doubles rows and columns by repeating pixels.
    String doubled(String x) throws IOException;

    /// Rows of a table, (rows, width).
    String lookUp(String table, String indices) throws IOException;

    /// Part of an axis.
    String slice(String x, int axis, int from, int to) throws IOException;

    /// Values side by side along an axis.
    String concatenate(int axis, String... parts) throws IOException;

    /// Sum, with broadcasting.
    String add(String a, String b) throws IOException;

    /// Product element by element, with broadcasting.
    String multiply(String a, String b) throws IOException;

    /// The logistic function.
    String sigmoid(String x) throws IOException;

    /// The larger one of a number and 0.
    String relu(String x) throws IOException;

    /// The exact Gaussian error linear unit.
    String gelu(String x) throws IOException;

    /// The same approximated by a hyperbolic tangent.
    String geluByTanh(String x) throws IOException;

    /// The same numbers in another shape; -1 is what remains.
    String reshape(String x, long... shape) throws IOException;

    /// Axes in another order.
    String permute(String x, int... axes) throws IOException;

    /// The network's result.
    void output(String x, long... shape) throws IOException;
}
