package io.github.smalti.weights.internal;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.SafetensorsWriter;
import io.github.smalti.weights.SafetensorsWriter.Tensor;
import io.github.smalti.weights.TensorLocation;
import io.github.smalti.weights.Weights;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/// Headers of packed checkpoints, whose matrices are used where they lie: computed with, or refused by a
/// [WeightsException].
class PackedJazzerTest {
    private static final int INPUTS = 5;
    private static final int OUTPUTS = 20;

    @TempDir
    static Path folder;

    private static byte[] data;

    static List<byte[]> headers() throws IOException {
        byte[] file = packed();
        return List.of(Arrays.copyOfRange(file, Long.BYTES, dataAt(file)));
    }

    @BeforeAll
    static void takeData() throws IOException {
        byte[] file = packed();
        data = Arrays.copyOfRange(file, dataAt(file), file.length);
    }

    private static int dataAt(byte[] file) {
        return Long.BYTES + Math.toIntExact(ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(0));
    }

    private static byte[] packed() throws IOException {
        Path parent = Files.createTempDirectory("packed");
        Path original = parent.resolve("original");
        Path file = parent.resolve("packed");
        TensorView zeros = TensorView.contiguous(DType.F32, new long[]{OUTPUTS, INPUTS},
                MemorySegment.ofArray(new byte[OUTPUTS * INPUTS * Float.BYTES]));
        SafetensorsWriter.write(original, List.of(new Tensor("o.weight", DType.F32, zeros)), Map.of());
        try (Weights weights = open(original)) {
            weights.linear("o", INPUTS, OUTPUTS, false);
            weights.writePacked(file, Map.of());
        }
        byte[] bytes = Files.readAllBytes(file);
        for (Path each : List.of(original, file, parent)) Files.delete(each);
        return bytes;
    }

    private static Weights open(Path file) {
        return new Weights(Checkpoints.open(file), TensorLocation::of, Compute.shared(), Precision.BF16);
    }

    @MethodSource("headers")
    @FuzzTest(maxDuration = "1m")
    void packed(byte[] header) throws IOException {
        byte[] bytes = ByteBuffer.allocate(Long.BYTES + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length).put(header).put(data).array();
        try (Weights weights = open(Files.write(folder.resolve("packed.safetensors"), bytes))) {
            weights.linear("o", INPUTS, OUTPUTS, false).forward(new float[INPUTS], 1, new float[OUTPUTS]);
        } catch (WeightsException _) {
            // refused as declared
        }
    }
}
