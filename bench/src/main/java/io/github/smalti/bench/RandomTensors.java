package io.github.smalti.bench;

import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/// Random inputs of given shapes, the same in every run.
final class RandomTensors {
    private RandomTensors() {}

    static float[] floats(int count, long seed) {
        Random random = new Random(seed);
        float[] out = new float[count];
        for (int i = 0; i < count; i++) out[i] = (float) random.nextGaussian();
        return out;
    }

    /// A packed weight whose products keep the size of their inputs.
    static PackedMatrix matrix(Arena arena, Precision precision, int inputs, int outputs, long seed) {
        return PackedMatrix.pack(arena, precision, tensor(arena, seed, 1 / Math.sqrt(inputs), outputs, inputs));
    }

    static TensorView tensor(Arena arena, long seed, double scale, long... shape) {
        long count = 1;
        for (long size : shape) count *= size;
        MemorySegment data = arena.allocate(count * 4, 64);
        Random random = new Random(seed);
        for (long i = 0; i < count; i++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) ((random.nextFloat() - 0.5) * 3.46 * scale));
        }
        return TensorView.contiguous(DType.F32, shape, data);
    }
}
