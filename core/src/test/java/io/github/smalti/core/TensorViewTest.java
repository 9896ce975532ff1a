package io.github.smalti.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class TensorViewTest {
    private static TensorView counting(long... shape) {
        int count = 1;
        for (long size : shape) count *= (int) size;
        ByteBuffer bytes = ByteBuffer.allocate(count * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) bytes.putFloat(i);
        return TensorView.contiguous(DType.F32, shape, MemorySegment.ofArray(bytes.array()));
    }

    @Test
    void selectsSlicesAndTransposes() {
        TensorView cube = counting(2, 3, 4);
        assertArrayEquals(new float[]{12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}, cube.select(0, 1).toFloats());
        assertArrayEquals(new float[]{1, 5, 9}, cube.select(0, 0).select(1, 1).toFloats());
        assertArrayEquals(new float[]{4, 5, 6, 7}, cube.select(0, 0).slice(0, 1, 2).toFloats());
        assertArrayEquals(new float[]{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11},
                cube.select(0, 0).permute(1, 0).toFloats());
        assertEquals(23f, cube.at(1, 2, 3));
        assertEquals("(2, 3, 4) f32", cube.toString());
    }

    @Test
    void widensEveryType() {
        ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putShort(0, Float.floatToFloat16(1.5f)).putShort(2, (short) 0x3fc0).putDouble(8, -2.25);
        MemorySegment data = MemorySegment.ofArray(bytes.array());
        assertEquals(1.5f, DType.F16.read(data, 0));
        assertEquals(1.5f, DType.BF16.read(data, 1));
        assertEquals(-2.25f, DType.F64.read(data, 1));
        MemorySegment negative = MemorySegment.ofArray(new byte[]{-2, -1, -1, -1, -1, -1, -1, -1});
        assertEquals(-2, DType.I64.readLong(negative, 0));
        assertEquals(-2, DType.I32.readLong(negative, 0));
        assertEquals(-2, DType.I16.readLong(negative, 0));
        assertEquals(-2, DType.I8.readLong(negative, 0));
        assertEquals(254, DType.U8.readLong(negative, 0));
        assertEquals(1, DType.BOOL.readLong(negative, 0));
        assertThrows(IllegalStateException.class, () -> DType.F32.readLong(negative, 0));
    }

    @Test
    void refusesWhatLiesOutside() {
        MemorySegment data = MemorySegment.ofArray(new byte[40]);
        assertThrows(IndexOutOfBoundsException.class, () -> TensorView.contiguous(DType.F32, new long[]{11}, data));
        assertThrows(IndexOutOfBoundsException.class,
                () -> new TensorView(DType.F32, new long[]{2}, new long[]{10}, data, 0));
        assertThrows(ArithmeticException.class,
                () -> TensorView.contiguous(DType.F32, new long[]{1L << 40, 1L << 40}, data));
        assertEquals(0, TensorView.contiguous(DType.F32, new long[]{0, 5}, data).toFloats().length);
        assertThrows(IndexOutOfBoundsException.class, () -> counting(2, 2).at(2, 0));
    }
}
