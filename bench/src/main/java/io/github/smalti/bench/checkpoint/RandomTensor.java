package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.DType;
import java.nio.ByteBuffer;

/// A tensor of a random checkpoint: what stands in the file's header and which numbers follow.
///
/// The numbers are a pure function of seed, tensor and index, so any part can be written by any thread.
///
/// @param name  as in the file, levels joined by `/` or `.`
/// @param dtype F32, F16 or BF16; I64 for buffers that count
/// @param mean  mean of the numbers; unused by I64
/// @param std   standard deviation of the numbers, which are uniform; unused by I64
/// @param shape sizes; empty for a scalar
public record RandomTensor(String name, DType dtype, double mean, double std, int... shape) {
    /// Half the width of a uniform distribution of standard deviation 1.
    private static final double HALF_WIDTH = Math.sqrt(3);
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private static final int PER_WORD = 4;
    private static final int CHUNK = 1 << 14;

    /// Number of elements.
    public long count() {
        long count = 1;
        for (int size : shape) count *= size;
        return count;
    }

    /// Bytes of all elements.
    public long byteSize() { return count() * dtype.bytes(); }

    /// The same numbers under another name and shape.
    ///
    /// @param newName  the name
    /// @param newShape the shape, of as many elements
    RandomTensor as(String newName, int... newShape) { return new RandomTensor(newName, dtype, mean, std, newShape); }

    /// Writes some elements.
    ///
    /// @param key   seed of this tensor
    /// @param first the first element; a multiple of 4
    /// @param count how many
    /// @param out   little-endian buffer with room for them
    void fill(long key, long first, int count, ByteBuffer out) {
        float[] values = new float[Math.min(count, CHUNK) + PER_WORD];
        for (int done = 0; done < count; done += CHUNK) {
            int n = Math.min(CHUNK, count - done);
            if (dtype == DType.I64) {
                for (int i = 0; i < n; i++) out.putLong(first + done + i);
            } else {
                randomise(key, first + done, n, values);
                put(values, n, out);
            }
        }
    }

    private void randomise(long key, long first, int n, float[] values) {
        float factor = (float) (std * HALF_WIDTH * 0x1p-15);
        float centre = (float) mean;
        for (int i = 0; i < n; i += PER_WORD) {
            long word = random(key, first + i);
            for (int j = 0; j < PER_WORD; j++) values[i + j] = centre + factor * (short) (word >>> 16 * j);
        }
    }

    /// Loops over arrays alone are compiled to vectors.
    private void put(float[] values, int n, ByteBuffer out) {
        if (dtype == DType.F32) {
            out.asFloatBuffer().put(values, 0, n);
        } else {
            short[] halves = new short[n];
            if (dtype == DType.F16) {
                for (int i = 0; i < n; i++) halves[i] = Float.floatToFloat16(values[i]);
            } else {
                for (int i = 0; i < n; i++) halves[i] = (short) (Float.floatToRawIntBits(values[i]) >>> 16);
            }
            out.asShortBuffer().put(halves);
        }
        out.position(out.position() + n * dtype.bytes());
    }

    /// SplitMix64's finaliser over a counter (Steele, Lea, Flood, OOPSLA 2014): 64 random bits, four numbers of 16.
    private static long random(long key, long index) {
        long z = key + index * GOLDEN;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
