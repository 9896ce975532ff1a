package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.smalti.core.DType;
import io.github.smalti.core.TensorView;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class TensorStatisticsTest {
    private static TensorView view(long[] shape, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) bytes.putFloat(value);
        return TensorView.contiguous(DType.F32, shape, MemorySegment.ofArray(bytes.array()));
    }

    private static TensorStatistics of(TensorView tensor) { return TensorStatistics.of(tensor, "test"); }

    @Test
    void countsNumbersApartFromNaN() {
        var stats = of(view(new long[]{2, 3}, 1, Float.NaN, -3, 8, 2, Float.NaN));
        assertEquals(new TensorStatistics(-3, 8, 2, 2), stats);
    }

    @Test
    void readsScalarsEmptyAndStridedTensors() {
        assertEquals(new TensorStatistics(7, 7, 7, 0), of(view(new long[0], 7)));
        assertEquals(new TensorStatistics(Float.NaN, Float.NaN, Double.NaN, 0),
                of(view(new long[]{0, 4})));
        assertEquals(new TensorStatistics(Float.NaN, Float.NaN, Double.NaN, 1),
                of(view(new long[]{1}, Float.NaN)));
        TensorView matrix = view(new long[]{2, 3}, 1, 2, 3, 4, 5, 6);
        assertEquals(new TensorStatistics(1, 6, 3.5, 0), of(matrix.permute(1, 0)));
        assertEquals(new TensorStatistics(2, 5, 3.5, 0), of(matrix.select(1, 1)));
    }

    @Test
    void readsTensorsOfManyBlocks() {
        float[] values = new float[400 * 500];
        for (int i = 0; i < values.length; i++) values[i] = i;
        TensorView matrix = view(new long[]{400, 500}, values);
        var expected = new TensorStatistics(0, 199_999, 99_999.5, 0);
        assertEquals(expected, of(matrix));
        assertEquals(expected, of(matrix.permute(1, 0)));
    }
}
