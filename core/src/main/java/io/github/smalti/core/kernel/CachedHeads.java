package io.github.smalti.core.kernel;

import static io.github.smalti.core.PackedMatrix.PANEL;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Where the keys and values of some neighbouring attention heads lie, in native memory.
///
/// 64 positions of all heads make a block: first the heads' keys, then their values.
///
/// | precision | keys of a head | values of a head |
/// |---|---|---|
/// | F32 | `[headDim][64]` floats | `[64][valueStride]` floats |
/// | BF16 | `[ceil(headDim / 2)][64]` ints: even feature low, odd one high | `[32][valueStride]` ints: even position low, odd one high |
///
/// So both products of attention have their outputs along the lanes of a vector, and what is read of a drawing's past is
/// one piece of memory, however far the drawing is: pieces with gaps arrive at half the rate, since each begins with
/// pages that the processor does not know.
///
/// @param precision how they are stored, F32 or BF16
/// @param data      their memory
/// @param at        first byte
/// @param count     number of heads, 1 to [#MOST]
/// @param headDim   length of a key and of a value
public record CachedHeads(Precision precision, MemorySegment data, long at, int count, int headDim) {
    /// Positions of a block.
    public static final int BLOCK = 64;
    /// Most heads that share blocks.
    public static final int MOST = Kernels.SCORE_ROWS;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// Groups of heads that share blocks.
    ///
    /// @param heads number of heads
    /// @return groups of up to [#MOST]
    public static int groups(int heads) { return Math.ceilDiv(heads, MOST); }

    /// All heads of some streams, one stream after the other.
    ///
    /// @param precision how they are stored
    /// @param data      their memory
    /// @param at        first byte
    /// @param streams   number of streams
    /// @param heads     heads of a stream
    /// @param headDim   length of a key and of a value
    /// @param positions positions of a stream
    /// @return for each stream its [#groups]
    public static CachedHeads[] split(Precision precision, MemorySegment data, long at, int streams, int heads,
            int headDim, int positions) {
        int groups = groups(heads);
        long perHead = byteSize(precision, 1, headDim, positions);
        CachedHeads[] split = new CachedHeads[Math.multiplyExact(streams, groups)];
        for (int i = 0; i < split.length; i++) {
            int head = i % groups * MOST;
            split[i] = new CachedHeads(precision, data, at + perHead * ((long) (i / groups) * heads + head),
                    Math.min(MOST, heads - head), headDim);
        }
        return split;
    }

    /// Bytes of heads of which each has room for some positions.
    ///
    /// @param precision how they are stored
    /// @param count     number of heads
    /// @param headDim   length of a key and of a value
    /// @param positions positions
    /// @return a multiple of 64
    public static long byteSize(Precision precision, int count, int headDim, int positions) {
        return Math.multiplyExact((long) Math.ceilDiv(positions, BLOCK) * count,
                keyBytes(precision, headDim) + valueBytes(precision, headDim));
    }

    /// Positions rounded up to whole blocks.
    ///
    /// @param positions positions
    /// @return a multiple of [#BLOCK]
    public static int roundUpToBlock(int positions) { return Math.ceilDiv(positions, BLOCK) * BLOCK; }

    private static long keyBytes(Precision precision, int headDim) {
        return 4L * (precision == Precision.BF16 ? (headDim + 1) / 2 : headDim) * BLOCK;
    }

    private static long valueBytes(Precision precision, int headDim) {
        return 4L * (precision == Precision.BF16 ? BLOCK / 2 : BLOCK) * stride(headDim);
    }

    private static int stride(int headDim) { return Math.ceilDiv(headDim, PANEL) * PANEL; }

    /// Floats or ints from one value to the next: headDim rounded up to a multiple of 16, filled up with zeros.
    ///
    /// @return the distance
    public int valueStride() { return stride(headDim); }

    /// First byte of the keys of a head's block; the next feature, or pair, follows after [#BLOCK] floats.
    ///
    /// @param head  which head
    /// @param block which block of positions
    /// @return an offset into [#data]
    public long keysAt(int head, int block) { return blockAt(block) + head * keyBytes(precision, headDim); }

    /// First byte of the values of a head's block.
    ///
    /// @param head  which head
    /// @param block which block of positions
    /// @return an offset into [#data]
    public long valuesAt(int head, int block) {
        return blockAt(block) + count * keyBytes(precision, headDim) + head * valueBytes(precision, headDim);
    }

    /// First byte of the value of a head's position; in BF16 of its pair.
    ///
    /// @param head     which head
    /// @param position which position
    /// @return an offset into [#data]
    public long valueAt(int head, int position) {
        int inBlock = position % BLOCK;
        int row = precision == Precision.BF16 ? inBlock / 2 : inBlock;
        return valuesAt(head, position / BLOCK) + 4L * row * valueStride();
    }

    private long blockAt(int block) { return at + byteSize(precision, count, headDim, BLOCK) * block; }

    /// Stores a head's key and value.
    ///
    /// @param head     which head
    /// @param position where
    /// @param kv       what holds both
    /// @param k        first feature of the key
    /// @param v        first feature of the value
    public void put(int head, int position, float[] kv, int k, int v) {
        int inBlock = position % BLOCK;
        long key = keysAt(head, position / BLOCK) + 4L * inBlock;
        long value = valueAt(head, position);
        if (precision == Precision.F32) {
            for (int d = 0; d < headDim; d++) data.set(ValueLayout.JAVA_FLOAT, key + 4L * BLOCK * d, kv[k + d]);
            MemorySegment.copy(kv, v, data, ValueLayout.JAVA_FLOAT, value, headDim);
        } else {
            putBf16(kv, k, v, key, value + inBlock % 2 * 2);
        }
    }

    private void putBf16(float[] kv, int k, int v, long key, long value) {
        for (int d = 0; d < headDim; d++) {
            data.set(HALF, key + 4L * BLOCK * (d / 2) + d % 2 * 2, (short) PackedMatrix.toBfloat16(kv[k + d]));
            data.set(HALF, value + 4L * d, (short) PackedMatrix.toBfloat16(kv[v + d]));
        }
    }

    /// One feature of a key.
    float key(int head, int position, int d) {
        int row = precision == Precision.BF16 ? d / 2 : d;
        return number(keysAt(head, position / BLOCK), row * BLOCK + position % BLOCK, d);
    }

    /// One feature of a value.
    float value(int head, int position, int d) { return number(valueAt(head, position), d, position); }

    private float number(long from, int element, int index) {
        int bits = data.get(ValueLayout.JAVA_INT, from + 4L * element);
        if (precision == Precision.BF16) bits = index % 2 == 0 ? bits << 16 : bits & 0xffff0000;
        return Float.intBitsToFloat(bits);
    }
}
