package io.github.smalti.dvae;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.WinogradWeight;

/// Counts what layers' weights take, without reading any.
final class PackedLayers {
    private long bytes;
    private long threadFloats;

    /// Vectors, such as the scale and bias of a norm.
    void vectors(long floats) { bytes += Float.BYTES * floats; }

    /// A matrix with its bias; for a direct convolution, the depth is kernel² · inputs.
    void matrix(int depth, int outputs) {
        bytes += PackedMatrix.byteSize(Precision.F32, outputs, 1, depth);
        vectors(outputs);
    }

    /// A 3×3 convolution of stride 1.
    ///
    /// @param pixels of the picture that it is made for
    /// @return whether it is one of Winograd's
    boolean conv3x3(int inputs, int outputs, long pixels) {
        if (!WinogradWeight.isWorthwhile(inputs, outputs, pixels)) {
            matrix(9 * inputs, outputs);
            return false;
        }
        bytes += WinogradWeight.byteSize(inputs, outputs);
        vectors(outputs);
        threadFloats = Math.max(threadFloats, WinogradWeight.scratchFloats(inputs, outputs));
        return true;
    }

    /// Bytes of all weights so far.
    long bytes() { return bytes; }

    /// Floats of scratch that every thread needs.
    long threadFloats() { return threadFloats; }
}
