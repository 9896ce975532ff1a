package io.github.smalti.core.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.core.kernel.Winograd;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Winograd's convolutions against sums in float64, and against themselves.
class WinogradTest {
    private final Arena arena = Arena.ofShared();
    private final Team team = new Team(2);
    private final Compute two = new Compute(Kernels.best(), team);

    @AfterEach
    void close() {
        team.close();
        arena.close();
    }

    private static float[] floats(int n, long seed) {
        Random random = new Random(seed);
        float[] out = new float[n];
        for (int i = 0; i < n; i++) out[i] = (float) random.nextGaussian();
        return out;
    }

    private TensorView kernel(int outputs, int inputs) {
        float[] values = floats(outputs * inputs * 9, 1);
        return TensorView.contiguous(DType.F32, new long[]{outputs, inputs, 3, 3},
                arena.allocateFrom(ValueLayout.JAVA_FLOAT, values));
    }

    /// A sum of float64 products, and the sum of their magnitudes.
    private record Sum(double value, double magnitude) {}

    private static Sum sum(TensorView kernel, int output, FeatureMap in, int y, int x) {
        double value = 0;
        double magnitude = 0;
        for (int dy = -1; dy <= 1; dy++) {
            for (int dx = -1; dx <= 1; dx++) {
                for (int i = 0; i < in.channels(); i++) {
                    double product = in.data()[in.at(y + dy, x + dx) + i]
                            * (double) kernel.at(output, i, dy + 1, dx + 1);
                    value += product;
                    magnitude += Math.abs(product);
                }
            }
        }
        return new Sum(value, magnitude);
    }

    /// Allows one rounding error of 2⁻²⁴ of the magnitudes per product, added up as random signs are: what a direct sum
    /// may lose. Errors of the transforms are of the same size, since their constants are exact and near 1.
    @ParameterizedTest
    @CsvSource({"16, 16, 4, 4", "16, 48, 1, 1", "32, 16, 5, 7", "48, 32, 9, 3", "64, 64, 17, 14", "128, 80, 6, 130"})
    void convolutionMatchesItsDefinition(int inputs, int outputs, int rows, int cols) {
        TensorView kernel = kernel(outputs, inputs);
        float[] bias = floats(outputs, 2);
        FeatureMap in = FeatureMap.of(floats(rows * cols * inputs, 3), rows, cols, inputs);
        var workspace = new Workspace(2);
        FeatureMap out = new Conv2d(two, WinogradWeight.pack(team, arena, kernel), bias).forward(in, workspace);
        assertTrue(out.hasShape(rows, cols, outputs));
        double allowed = Math.sqrt(9 * inputs) * 0x1p-24;
        double worst = 0;
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < cols; x++) {
                for (int o = 0; o < outputs; o += 3) {
                    Sum want = sum(kernel, o, in, y, x);
                    double error = Math.abs(out.data()[out.at(y, x) + o] - want.value - bias[o]);
                    worst = Math.max(worst, error / want.magnitude);
                }
            }
        }
        assertTrue(worst < allowed, "error " + worst + " of the magnitudes, allowed " + allowed);
        for (int x = -1; x <= cols; x++) {
            assertEquals(0f, out.data()[out.at(-1, x)], "border stays zero");
            assertEquals(0f, out.data()[out.at(rows, x) + outputs - 1], "border stays zero");
        }
    }

    /// The points ±3/4 and ±3/2 are worth it: errors like those of direct float32 sums, twofold at most.
    @Test
    void roundsLikeDirectSums() {
        TensorView kernel = kernel(32, 256);
        FeatureMap in = FeatureMap.of(floats(16 * 16 * 256, 3), 16, 16, 256);
        var workspace = new Workspace(2);
        FeatureMap winograd = new Conv2d(two, WinogradWeight.pack(team, arena, kernel), null).forward(in, workspace);
        FeatureMap direct = new Conv2d(two, PackedMatrix.packConvolution(arena, Precision.F32, kernel), null, 256, 3,
                1).forward(in, workspace);
        double winogradSquares = 0;
        double directSquares = 0;
        for (int y = 0; y < 16; y++) {
            for (int x = 0; x < 16; x++) {
                for (int o = 0; o < 32; o++) {
                    double want = sum(kernel, o, in, y, x).value;
                    winogradSquares += Math.pow(winograd.data()[winograd.at(y, x) + o] - want, 2);
                    directSquares += Math.pow(direct.data()[direct.at(y, x) + o] - want, 2);
                }
            }
        }
        double ratio = Math.sqrt(winogradSquares / directSquares);
        assertTrue(ratio > 0.1 && ratio < 2, "errors beside those of direct sums: " + ratio);
    }

    @ParameterizedTest
    @CsvSource({"16, 32, 3, 5", "32, 16, 8, 6", "48, 48, 1, 1", "64, 32, 2, 33"})
    void foldedDoublingEqualsDoubledMap(int inputs, int outputs, int rows, int cols) {
        TensorView kernel = kernel(outputs, inputs);
        float[] bias = floats(outputs, 2);
        FeatureMap in = FeatureMap.of(floats(rows * cols * inputs, 3), rows, cols, inputs);
        var workspace = new Workspace(2);
        FeatureMap doubled = in.doubled(team, workspace);
        for (int y = -1; y <= 2 * rows; y++) {
            for (int x = -1; x <= 2 * cols; x++) {
                assertEquals(in.data()[in.at(Math.floorDiv(y, 2), Math.floorDiv(x, 2)) + inputs - 1],
                        doubled.data()[doubled.at(y, x) + inputs - 1]);
            }
        }
        var winograd = new Conv2d(two, WinogradWeight.pack(team, arena, kernel), bias);
        assertArrayEquals(winograd.forward(doubled, workspace).data(), winograd.forwardDoubled(in, workspace).data());
        var direct = new Conv2d(two, PackedMatrix.packConvolution(arena, Precision.F32, kernel), bias, inputs, 3, 1);
        assertArrayEquals(direct.forward(doubled, workspace).data(), direct.forwardDoubled(in, workspace).data());
    }

    @Test
    void residualSumsEqualOutputsPlusMap() {
        TensorView kernel = kernel(32, 32);
        FeatureMap in = FeatureMap.of(floats(7 * 9 * 32, 3), 7, 9, 32);
        float[] before = floats(7 * 9 * 32, 4);
        var winograd = new Conv2d(two, WinogradWeight.pack(team, arena, kernel), null);
        var direct = new Conv2d(two, PackedMatrix.packConvolution(arena, Precision.F32, kernel), null, 32, 3, 1);
        for (Conv2d layer : new Conv2d[]{winograd, direct}) {
            var workspace = new Workspace(2);
            float[] want = layer.forward(in, workspace).toPixels();
            for (int i = 0; i < want.length; i++) want[i] += before[i];
            FeatureMap sum = FeatureMap.of(before, 7, 9, 32);
            assertArrayEquals(want, layer.addTo(sum, in, workspace).toPixels());
            assertThrows(IllegalArgumentException.class, () -> layer.addTo(new FeatureMap(7, 8, 32), in, workspace));
        }
    }

    @Test
    void bitsDependOnNeitherThreadsNorKernels() {
        WinogradWeight weight = WinogradWeight.pack(team, arena, kernel(48, 32));
        FeatureMap in = FeatureMap.of(floats(41 * 30 * 32, 3), 41, 30, 32);
        float[] want = new Conv2d(two, weight, null).forward(in, new Workspace(2)).data();
        for (int threads : new int[]{1, 3, 7}) {
            try (Team other = new Team(threads)) {
                for (Kernels kernels : new Kernels[]{Kernels.best(), Kernels.scalar()}) {
                    var layer = new Conv2d(new Compute(kernels, other), weight, null);
                    assertArrayEquals(want, layer.forward(in, new Workspace(threads)).data(), threads + " threads");
                }
            }
        }
    }

    @Test
    void packsWhatItSays() {
        WinogradWeight weight = WinogradWeight.pack(team, arena, kernel(48, 32));
        assertEquals(32, weight.inputs());
        assertEquals(48, weight.outputs());
        assertEquals(WinogradWeight.byteSize(32, 48), weight.bytes());
        double[][] g = Winograd.kernelTransform();
        assertEquals(64.0 / 81, g[0][0], 1e-15, "1 / (p² q²)");
        assertThrows(IllegalArgumentException.class, () -> WinogradWeight.pack(team, arena, kernel(48, 33)));
        assertTrue(WinogradWeight.isWorthwhile(256, 128, 2048));
        assertFalse(WinogradWeight.isWorthwhile(512, 512, 1024), "weights outweigh the picture");
        assertFalse(WinogradWeight.isWorthwhile(128, 3, 1 << 16), "no whole panel");
        assertFalse(WinogradWeight.isWorthwhile(128, 128, 0), "made for no picture");
    }

    @Test
    void workspaceHandsArraysOnAndForgetsTooShortOnes() {
        var workspace = new Workspace(1);
        float[] first = workspace.take(2, 3, 4).data();
        assertNotSame(first, workspace.take(2, 3, 4).data(), "held by somebody");
        workspace.giveBack(new FeatureMap(2, 3, 4));
        FeatureMap second = workspace.take(3, 2, 4);
        workspace.giveBack(second);
        assertSame(second.data(), workspace.take(2, 3, 4).data(), "both have 20 pixels with their border");
        workspace.giveBack(second);
        workspace.take(3, 3, 4);
        assertNotSame(second.data(), workspace.take(2, 3, 4).data(), "forgotten");
    }

    @Test
    void workspaceOfALargestMapMakesArraysForAll() {
        var workspace = new Workspace(1, FeatureMap.length(5, 7, 3));
        FeatureMap small = workspace.take(2, 3, 4);
        Arrays.fill(small.data(), 1);
        workspace.giveBack(small);
        FeatureMap large = workspace.take(5, 7, 3);
        assertSame(small.data(), large.data());
        for (int y = -1; y <= 5; y++) {
            for (int x = -1; x <= 7; x++) {
                float expected = y < 0 || y == 5 || x < 0 || x == 7 ? 0 : 1;
                for (int i = 0; i < 3; i++) assertEquals(expected, large.data()[large.at(y, x) + i]);
            }
        }
    }
}
