package io.github.smalti.weights.internal;

import io.github.smalti.core.TensorView;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Reads tensors of any size in C order, a block of floats at a time.
///
/// @param <E> what the taker may throw
public final class TensorBlocks<E extends Exception> {
    /// Floats of a block: 256 KiB.
    private static final int BLOCK = 1 << 16;

    /// Takes a block.
    ///
    /// @param <E> what it may throw
    @FunctionalInterface
    public interface Taker<E extends Exception> {
        /// Takes values; the array is used again for the next block.
        ///
        /// @param values holds them from its start
        /// @param length how many
        /// @throws E if it cannot take them
        void take(float[] values, int length) throws E;
    }

    private final float[] block;
    private final Taker<E> taker;
    private int filled;

    private TensorBlocks(Taker<E> taker, int length) {
        this.taker = taker;
        this.block = new float[length];
    }

    /// Gives all values of a tensor, as float32, to a taker.
    ///
    /// @param tensor the tensor
    /// @param taker  what takes them
    /// @param <E>    what it may throw
    /// @throws E if the taker throws it
    public static <E extends Exception> void forEach(TensorView tensor, Taker<E> taker) throws E {
        long count = tensor.elementCount();
        if (count == 0) return;
        var blocks = new TensorBlocks<>(taker, (int) Math.min(BLOCK, count));
        if (isContiguous(tensor)) {
            MemorySegment bytes = tensor.bytes();
            for (long at = 0; at < count; at += BLOCK) {
                int length = (int) Math.min(BLOCK, count - at);
                tensor.dtype().read(bytes, at, length, blocks.block, 0);
                taker.take(blocks.block, length);
            }
        } else {
            blocks.walk(tensor);
            blocks.flush();
        }
    }

    /// Whether the elements lie in C order without gaps.
    ///
    /// @param tensor the tensor
    public static boolean isContiguous(TensorView tensor) {
        long[] strides = new long[tensor.rank()];
        for (int axis = 0; axis < strides.length; axis++) strides[axis] = tensor.stride(axis);
        return Arrays.equals(strides, TensorView.contiguousStrides(tensor.shape()));
    }

    private void walk(TensorView tensor) throws E {
        if (tensor.rank() > 1) {
            for (long i = 0; i < tensor.size(0); i++) walk(tensor.select(0, i));
            return;
        }
        long size = tensor.rank() == 0 ? 1 : tensor.size(0);
        for (long at = 0; at < size;) {
            int length = (int) Math.min(block.length - filled, size - at);
            TensorView part = tensor.rank() == 0 ? tensor : tensor.slice(0, at, at + length);
            part.copyTo(block, filled);
            filled += length;
            at += length;
            if (filled == block.length) flush();
        }
    }

    private void flush() throws E {
        if (filled > 0) taker.take(block, filled);
        filled = 0;
    }
}
