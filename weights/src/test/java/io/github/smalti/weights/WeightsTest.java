package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.Linear;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Layers of a small checkpoint whose numbers are 0, 1, 2 … in each tensor.
class WeightsTest {
    private final Map<String, int[]> shapes = new LinkedHashMap<>();
    private Path file;

    @BeforeEach
    void write(@TempDir Path folder) throws IOException {
        for (int layer = 0; layer < 2; layer++) {
            shapes.put("list." + layer + ".weight", new int[]{4, 8});
            shapes.put("list." + layer + ".bias", new int[]{4});
        }
        shapes.put("stack", new int[]{2, 8, 4});
        shapes.put("kernel", new int[]{3, 3, 8, 16});
        shapes.put("conv.weight", new int[]{32, 32, 3, 3});
        shapes.put("conv.bias", new int[]{32});
        shapes.put("norm.weight", new int[]{8});
        shapes.put("shift.bias", new int[]{8});
        shapes.put("both.weight", new int[]{8});
        shapes.put("both.bias", new int[]{8});
        shapes.put("whole", new int[]{4, 8});
        shapes.put("single", new int[]{});
        file = Files.write(folder.resolve("m.safetensors"), safetensors());
    }

    private byte[] safetensors() {
        List<String> entries = new ArrayList<>();
        int end = 0;
        for (var shape : shapes.entrySet()) {
            int begin = end;
            end += 4 * count(shape.getValue());
            entries.add(String.format(Locale.ROOT, "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}",
                    shape.getKey(), shape.getKey().equals("whole") ? "I32" : "F32",
                    java.util.Arrays.toString(shape.getValue()), begin, end));
        }
        byte[] header = ("{" + String.join(",", entries) + "}").getBytes(StandardCharsets.US_ASCII);
        ByteBuffer out = ByteBuffer.allocate(8 + header.length + end).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(header.length).put(header);
        shapes.forEach((name, shape) -> {
            for (int i = 0; i < count(shape); i++) {
                if (name.equals("whole")) out.putInt(i);
                else
                    out.putFloat(i);
            }
        });
        return out.array();
    }

    private static int count(int[] shape) {
        int count = 1;
        for (int size : shape) count *= size;
        return count;
    }

    private Weights open(Function<String, TensorLocation> names, Precision precision) {
        return new Weights(Checkpoints.open(file), names, Compute.shared(), precision);
    }

    private Weights open() { return open(TensorLocation::of, Precision.F32); }

    private static String refusal(org.junit.jupiter.api.function.Executable use) {
        return assertThrows(WeightsException.class, use).getMessage();
    }

    @Test
    void countsWhatLayersPack() {
        try (Weights weights = open()) {
            assertEquals(0, weights.packedBytes());
            List<Linear> layers = weights.each("list", 2, layer -> {
                assertSame(weights, layer.outermost());
                return layer.linear("cut", layer.vector("bias", 4), layer.matrix("weight", 4, 8));
            });
            assertEquals(2, layers.size());
            long alone = weights.packedBytes();
            for (int i = 0; i < 2; i++)
                weights.in("list", i).linear("again", null, weights.matrix("list." + i + ".weight", 4, 8));
            assertEquals(2 * alone, weights.packedBytes());
            weights.linear("list.0", 8, 4, true);
            weights.linear("list.1", 8, 4, false);
            assertEquals(3 * alone, weights.packedBytes());
            weights.fusedLinear(new String[]{"list.0", "list.1"}, 8, 4, true);
            weights.fusedLinear(new String[]{"list.1", "list.0"}, 8, 4, false);
            assertEquals("two layers named list.0", assertThrows(IllegalStateException.class,
                    () -> weights.linear("list.0", 8, 4, false)).getMessage());
            assertTrue(weights.packedBytes() > 3 * alone);
            assertEquals(Precision.F32, weights.precision());
            assertSame(Compute.shared(), weights.compute());
        }
    }

    /// Only a large picture pays for Winograd's algorithm, whose weight takes more memory.
    @Test
    void makesConvolutions() {
        try (Weights weights = open()) {
            Conv2d plain = weights.conv2d("conv", 32, 32, 3, 1);
            long bytes = weights.packedBytes();
            Conv2d strided = weights.conv2d("conv", 32, 32, 3, 2);
            Conv2d least = weights.conv3x3("conv", 32, 32, 0);
            assertEquals(3 * bytes, weights.packedBytes());
            Conv2d winograd = weights.conv3x3("conv", 32, 32, 1024);
            assertTrue(weights.packedBytes() > 4 * bytes, weights.packedBytes() + " of " + bytes);
            for (Conv2d conv : List.of(plain, strided, least, winograd)) assertEquals(32, conv.outputs());
            List<Conv2d> alone = weights.each("conv", 1, layer -> layer.conv2d(new float[32],
                    weights.tensor("conv.weight", 32, 32, 3, 3), 1, Conv2d.Padding.EVERY_SIDE));
            assertEquals(32, alone.getFirst().outputs());
        }
    }

    @Test
    void makesNormsWithWhatIsThere() {
        try (Weights weights = open()) {
            float[] bias = {0, 1, 2, 3, 4, 5, 6, 7};
            for (String name : List.of("norm", "shift", "both")) {
                float[] out = new float[8];
                weights.layerNorm(name, 8, 1e-5f).forward(new float[8], 1, out);
                assertArrayEquals(name.equals("norm") ? new float[8] : bias, out, name);
            }
            assertEquals("list in m.safetensors: expected a layer norm, found neither weight nor bias",
                    refusal(() -> weights.layerNorm("list", 8, 1e-5f)));
            weights.groupNorm("both", 2, 8, 1e-6f);
            assertTrue(refusal(() -> weights.groupNorm("norm", 2, 8, 1e-6f)).startsWith("norm.bias in m.safetensors"));
            assertTrue(weights.has("norm.weight"));
            assertFalse(weights.has("norm.bias"));
        }
    }

    @Test
    void refusesTensorsOfAnotherKind() {
        try (Weights weights = open()) {
            String message = refusal(() -> weights.tensor("whole", 4, 8));
            assertTrue(message.contains("expected floating-point numbers, found (4, 8) i32"), message);
            assertTrue(refusal(() -> weights.array("whole", 32)).contains("expected (32), found (4, 8) i32"));
            assertTrue(refusal(() -> weights.vector("norm.weight", 9)).contains("expected (9), found (8) f32"));
            assertTrue(refusal(() -> weights.tensor("nothing")).contains("there is no such tensor"));
            assertEquals(DType.F32, weights.tensor("list.0.weight").dtype());
            weights.embedding("list.0", 4, 8);
        }
    }

    @Test
    void findsTensorsThatAreStackedOrTurned() {
        Function<String, TensorLocation> names = name -> switch (name) {
            case "layer" -> TensorLocation.of("stack").stacked(1).transposed();
            case "beyond" -> TensorLocation.of("stack").stacked(2);
            case "scalar" -> TensorLocation.of("single").stacked(0);
            case "conv" -> TensorLocation.of("kernel").fromFlaxConvolution();
            case "flat" -> TensorLocation.of("norm.weight").transposed();
            default -> TensorLocation.of(name);
        };
        try (Weights weights = open(names, Precision.F32)) {
            float[] layer = weights.array("layer", 4, 8);
            assertArrayEquals(new float[]{32, 36, 40, 44, 48, 52, 56, 60}, java.util.Arrays.copyOf(layer, 8));
            assertArrayEquals(new long[]{16, 8, 3, 3}, weights.tensor("conv").shape());
            String message = refusal(() -> weights.tensor("beyond"));
            assertTrue(message.contains("expected at least 3 stacked layers, found (2, 8, 4) f32"), message);
            assertTrue(refusal(() -> weights.tensor("scalar")).contains("expected at least 1 stacked layers"));
            assertTrue(refusal(() -> weights.tensor("flat")).contains("expected rank 2, found (8) f32"));
        }
    }

    @Test
    void closesOnce() {
        Weights weights = open();
        weights.in("list").in("0").outermost().close();
        weights.close();
        assertEquals("m.safetensors", weights.file());
    }
}
