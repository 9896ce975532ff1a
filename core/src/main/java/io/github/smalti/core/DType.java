package io.github.smalti.core;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Element types of stored tensors, little endian.
public enum DType {
    /// IEEE 754 binary32.
    F32(4),
    /// IEEE 754 binary16.
    F16(2),
    /// The upper half of a binary32.
    BF16(2),
    /// IEEE 754 binary64.
    F64(8),
    /// Signed 64-bit integer.
    I64(8),
    /// Signed 32-bit integer.
    I32(4),
    /// Signed 16-bit integer.
    I16(2),
    /// Signed 8-bit integer.
    I8(1),
    /// Unsigned 8-bit integer.
    U8(1),
    /// One byte, zero is false.
    BOOL(1);

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// Halves that are copied to an array at once: loops over arrays are fast before they are compiled well, and become
    /// vectors then.
    private static final int BLOCK = 1024;

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /// Bytes of one element.
    public int bytes() {
        return bytes;
    }

    /// Whether elements are floating-point numbers.
    public boolean isFloat() {
        return this == F32 || this == F16 || this == BF16 || this == F64;
    }

    /// Reads one element, widened or rounded to float32.
    ///
    /// @param data  where the elements lie
    /// @param index the element's number, from the start of `data`
    /// @return the value; integers beyond 2^24 and float64 values are rounded to nearest
    public float read(MemorySegment data, long index) {
        return switch (this) {
            case F32 -> data.get(FLOAT, index * 4);
            case F16 -> Float.float16ToFloat(data.get(SHORT, index * 2));
            case BF16 -> Float.intBitsToFloat(data.get(SHORT, index * 2) << 16);
            case F64 -> (float) data.get(DOUBLE, index * 8);
            default -> readLong(data, index);
        };
    }

    /// Reads neighbouring elements, widened or rounded as [#read(MemorySegment, long)] does.
    ///
    /// @param data  where the elements lie
    /// @param index the first element's number, from the start of `data`
    /// @param count how many
    /// @param out   where they go
    /// @param outAt first index written
    public void read(MemorySegment data, long index, int count, float[] out, int outAt) {
        switch (this) {
            case F32 -> MemorySegment.copy(data, FLOAT, index * 4, out, outAt, count);
            case F16, BF16 -> {
                short[] halves = new short[Math.min(count, BLOCK)];
                for (int done = 0; done < count; done += BLOCK) {
                    int length = Math.min(count - done, BLOCK);
                    MemorySegment.copy(data, SHORT, (index + done) * 2, halves, 0, length);
                    if (this == F16) widenF16(halves, length, out, outAt + done);
                    else widenBf16(halves, length, out, outAt + done);
                }
            }
            default -> {
                for (int i = 0; i < count; i++) out[outAt + i] = read(data, index + i);
            }
        }
    }

    private static void widenF16(short[] halves, int count, float[] out, int outAt) {
        for (int i = 0; i < count; i++) out[outAt + i] = Float.float16ToFloat(halves[i]);
    }

    private static void widenBf16(short[] halves, int count, float[] out, int outAt) {
        for (int i = 0; i < count; i++) out[outAt + i] = Float.intBitsToFloat(halves[i] << 16);
    }

    /// Reads one element of an integer type.
    ///
    /// @param data  where the elements lie
    /// @param index the element's number
    /// @return the value
    /// @throws IllegalStateException for a floating-point type
    public long readLong(MemorySegment data, long index) {
        return switch (this) {
            case I64 -> data.get(LONG, index * 8);
            case I32 -> data.get(INT, index * 4);
            case I16 -> data.get(SHORT, index * 2);
            case I8 -> data.get(ValueLayout.JAVA_BYTE, index);
            case U8 -> data.get(ValueLayout.JAVA_BYTE, index) & 0xff;
            case BOOL -> data.get(ValueLayout.JAVA_BYTE, index) != 0 ? 1 : 0;
            case F32, F16, BF16, F64 -> throw new IllegalStateException(this + " is no integer type");
        };
    }
}
