package io.github.smalti.weights.internal;

import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.PackedTensors;
import io.github.smalti.weights.SafetensorsWriter;
import io.github.smalti.weights.SafetensorsWriter.Tensor;
import io.github.smalti.weights.TensorLocation;
import io.github.smalti.weights.Weights;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Files of packed matrices: three layers of which two share their inputs, a bias and a table.
public final class PackedBytes {
    /// Inputs of the layers.
    public static final int INPUTS = 9;
    /// Outputs of each layer.
    public static final int OUTPUTS = 20;

    private PackedBytes() {}

    private static TensorView floats(Random random, long... shape) {
        int count = 1;
        for (long size : shape) count *= (int) size;
        MemorySegment data = Arena.ofAuto().allocate(count * 4L, 64);
        for (int i = 0; i < count; i++) data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
        return TensorView.contiguous(DType.F32, shape, data);
    }

    /// Writes the checkpoint that is packed.
    public static void writeOriginal(Path file) throws IOException {
        var random = new Random(3);
        SafetensorsWriter.write(file, List.of(new Tensor("q.weight", DType.F32, floats(random, OUTPUTS, INPUTS)),
                new Tensor("k.weight", DType.F32, floats(random, OUTPUTS, INPUTS)),
                new Tensor("o.weight", DType.F32, floats(random, OUTPUTS, INPUTS)),
                new Tensor("o.bias", DType.F32, floats(random, OUTPUTS)),
                new Tensor("table.weight", DType.F32, floats(random, OUTPUTS, INPUTS)),
                new Tensor("unused", DType.F32, floats(random, 3))), Map.of());
    }

    /// Opens weights; they close the checkpoint.
    public static Weights open(Path file, Precision precision) {
        Checkpoint checkpoint = Checkpoints.open(file);
        return new Weights(checkpoint, TensorLocation::of, Compute.shared(), precision);
    }

    /// What the layers make of one row of inputs, and a row of the table.
    public static float[][] outputs(Weights weights) {
        float[] x = new float[INPUTS];
        for (int i = 0; i < INPUTS; i++) x[i] = i - 3.5f;
        float[] fused = new float[2 * OUTPUTS];
        float[] out = new float[OUTPUTS];
        float[] row = new float[INPUTS];
        weights.fusedLinear(new String[]{"q", "k"}, INPUTS, OUTPUTS, false).forward(x, 1, fused);
        weights.linear("o", INPUTS, OUTPUTS, true).forward(x, 1, out);
        weights.linear("tied", null, weights.matrix("table.weight", OUTPUTS, INPUTS));
        weights.embedding("table", OUTPUTS, INPUTS).copyRow(7, row, 0);
        return new float[][]{fused, out, row};
    }

    /// Bytes of a file packed for bfloat16.
    public static byte[] file() throws IOException {
        Path folder = Files.createTempDirectory("packed");
        Path original = folder.resolve("original.safetensors");
        Path packed = folder.resolve("packed.safetensors");
        try {
            writeOriginal(original);
            try (Weights weights = open(original, Precision.BF16)) {
                outputs(weights);
                weights.writePacked(packed, Map.of());
            }
            return Files.readAllBytes(packed);
        } finally {
            Files.deleteIfExists(original);
            Files.deleteIfExists(packed);
            Files.delete(folder);
        }
    }

    /// Loads the layers and computes with them, if the file is still one of packed matrices.
    public static void readLayers(Path file) {
        try (Weights weights = open(file, Precision.BF16)) {
            outputs(weights);
        }
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            if (PackedTensors.precision(checkpoint) == null)
                throw new WeightsException(file.toString(), "", "not packed");
        }
    }
}
