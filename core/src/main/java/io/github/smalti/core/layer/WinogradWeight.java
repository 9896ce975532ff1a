package io.github.smalti.core.layer;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.ShapeMismatchException;
import io.github.smalti.core.Team;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.kernel.Winograd;
import java.lang.foreign.Arena;

/// The weight of a 3×3 convolution of stride 1, transformed for Winograd's F(4×4, 3×3): a matrix per frequency.
///
/// Takes four times the memory of the kernel itself and saves three quarters of the multiplications. Memory belongs to
/// the arena given to [#pack]. Immutable and thread-safe.
public final class WinogradWeight {
    /// Channels come in whole panels.
    private static final int LEAST_CHANNELS = 2 * PackedMatrix.PANEL;
    /// Below, reading four times the weights costs a good part of what the multiplications save, and memory for little
    /// work: in VQGAN f16 the layers of 32×32 pixels would take 50 MB more to save a fiftieth of the time.
    private static final int LEAST_PIXELS_PER_CHANNEL = 8;

    private final PackedMatrix[] frequencies;

    private WinogradWeight(PackedMatrix[] frequencies) { this.frequencies = frequencies; }

    /// Whether a layer should be computed this way: its channels are whole panels, and its picture is large for them.
    ///
    /// @param inputs  channels of the input
    /// @param outputs channels of the output
    /// @param pixels  pixels of the outputs that the layer is made for
    /// @return whether to pack for Winograd
    public static boolean isWorthwhile(int inputs, int outputs, long pixels) {
        return inputs % PackedMatrix.PANEL == 0 && outputs % PackedMatrix.PANEL == 0
                && Math.min(inputs, outputs) >= LEAST_CHANNELS && pixels >= (long) LEAST_PIXELS_PER_CHANNEL * inputs;
    }

    /// Bytes that the packed weight takes.
    ///
    /// @param inputs  channels of the input
    /// @param outputs channels of the output
    /// @return the size in bytes
    public static long byteSize(int inputs, int outputs) { return 4L * Winograd.FREQUENCIES * inputs * outputs; }

    /// Floats of scratch that each thread needs while it computes a layer.
    ///
    /// @param inputs  channels of the input
    /// @param outputs channels of the output
    /// @return floats
    public static long scratchFloats(int inputs, int outputs) {
        return WinogradConvolution.scratchFloats(inputs, outputs);
    }

    /// Packs a weight.
    ///
    /// @param team   the threads that pack; the result does not depend on it
    /// @param arena  owner of the memory, shared between threads, as the tensor's must be
    /// @param kernel (outputs, inputs, 3, 3) as in PyTorch, both multiples of 16
    /// @return the packed weight
    public static WinogradWeight pack(Team team, Arena arena, TensorView kernel) {
        for (int axis = 0; axis < 2; axis++) {
            if (kernel.size(axis) % PackedMatrix.PANEL != 0) {
                throw new IllegalArgumentException("channels of a Winograd convolution: expected multiples of "
                        + PackedMatrix.PANEL + ", found " + kernel.size(axis));
            }
            if (kernel.size(axis + 2) != 3) {
                throw new ShapeMismatchException("kernel of a Winograd convolution", 3, kernel.size(axis + 2));
            }
        }
        return new WinogradWeight(PackedMatrix.packWinograd(team, arena, kernel, Winograd.kernelTransform()));
    }

    /// Channels of the input.
    public int inputs() { return frequencies[0].depth(); }

    /// Channels of the output.
    public int outputs() { return frequencies[0].columns(); }

    /// Bytes of native memory that this takes.
    public long bytes() { return frequencies.length * frequencies[0].data().byteSize(); }

    /// The weights (inputs, outputs) of one frequency.
    PackedMatrix frequency(int index) { return frequencies[index]; }
}
