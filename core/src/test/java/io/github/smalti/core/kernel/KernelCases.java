package io.github.smalti.core.kernel;

import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// One list of operations with odd sizes; every width of the kernels runs it and must give the same bits.
final class KernelCases {
    /// An operation with fixed random inputs.
    ///
    /// @param name what it is, with its sizes
    /// @param run  computes the outputs with some kernels
    record Case(String name, java.util.function.Function<Kernels, float[]> run) {}

    static final int[] LENGTHS = {1, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 43, 64, 100, 127, 192, 257, 1024};

    private KernelCases() {}

    static List<Case> all(Arena arena) {
        List<Case> cases = new ArrayList<>();
        for (Precision precision : Precision.values()) {
            int[][] shapes = {{1, 5, 3}, {1, 16, 16}, {2, 33, 50}, {3, 64, 64}, {8, 17, 129}, {9, 40, 70}, {16, 31, 47},
                    {19, 96, 200}, {27, 43, 32}, {33, 259, 20}};
            for (int[] s : shapes) cases.add(matmul(arena, precision, s[0], s[1], s[2], 1));
            cases.add(matmul(arena, precision, 13, 27, 137, 3));
            cases.add(matmul(arena, precision, 8, 9, 21, 3));
            cases.add(matmul(arena, precision, 9, 147, 101, 7));
        }
        for (int n : LENGTHS) {
            cases.add(new Case("layerNorm " + n, k -> {
                float[] out = floats(n, 3, 1f);
                k.layerNorm(floats(n, 5, 2f), 0, n, floats(n, 6, 1f), floats(n, 7, 1f), 1e-5f, out, 0);
                return out;
            }));
            cases.add(new Case("layerNorm without scale " + n, k -> {
                float[] out = floats(n + 3, 5, 2f);
                k.layerNorm(out, 3, n, null, null, 1e-5f, out, 3);
                return out;
            }));
            cases.add(new Case("softmax " + n, k -> {
                float[] x = floats(n + 2, 8, 9f);
                k.softmaxInPlace(x, 2, n);
                return x;
            }));
            for (boolean isCentred : new boolean[]{false, true}) cases.add(sumChannels(n, isCentred));
            for (Activation activation : Activation.values()) cases.add(pointwise(activation, n));
        }
        for (int channels : new int[]{16, 48, 128}) {
            cases.add(winogradInput(channels));
            for (int edge = 1; edge <= 4; edge++) cases.add(winogradOutput(channels, edge));
        }
        int[][] attention = {{8, 1}, {8, 16}, {4, 77}, {16, 17}, {32, 64}, {40, 33}, {40, 61}, {64, 256}, {80, 100}};
        for (int[] s : attention) {
            for (int[] many : new int[][]{{1, 0}, {4, 0}, {7, 0}, {4, 1}, {9, 1}}) {
                int queries = many[0];
                int growth = many[1];
                cases.add(attend(Precision.F32, queries, 1, s[0], s[1], growth));
                cases.add(attend(Precision.BF16, queries, 4, s[0], s[1], growth));
                cases.add(attend(Precision.F32, queries, 3, s[0], s[1], growth));
            }
        }
        for (Precision precision : List.of(Precision.F32, Precision.BF16)) {
            for (int queries = 1; queries <= 4; queries++) {
                cases.add(attendSegments(precision, queries, 1, 6, 0, 0, 1));
                cases.add(attendSegments(precision, queries, 4, 8, 7, 3, 1, 9, 5));
                cases.add(attendSegments(precision, queries, 3, 12, 65, 30, 36, 5, 11, 63, 2, 100, 28));
                cases.add(attendSegments(precision, queries, 4, 64, 64, 33, 31, 127, 1));
                cases.add(attendSegments(precision, queries, 2, 128, 128, 61, 11, 93, 11, 125, 11, 1, 6));
                cases.add(attendSegments(precision, queries, 2, 37, 129, 1, 160));
            }
        }
        return cases;
    }

    private static Case matmul(Arena arena, Precision precision, int rows, int depth, int columns, int segments) {
        int segmentLength = depth / segments;
        TensorView weight = tensor(arena, columns, segmentLength, segments);
        PackedMatrix packed = segments == 1
                ? PackedMatrix.pack(arena, precision, weight.select(2, 0).select(2, 0))
                : PackedMatrix.packConvolution(arena, precision, weight);
        return new Case("matmul " + precision + " " + rows + "x" + depth + "x" + columns + " /" + segments, k -> {
            int rowStride = depth + 3;
            int segmentStride = segments == 1 ? 0 : segmentLength + 1;
            float[] x = floats(rows * rowStride + segments * (segmentLength + 1) + 2, 1, 1f);
            float[] out = new float[rows * (columns + 5)];
            float[] bias = rows % 2 == 0 ? null : floats(columns, 4, 1f);
            int half = packed.panels() / 2;
            k.matmul(x, 2, rowStride, segmentStride, rows, packed, bias, 0, half, out, 1, columns + 4);
            k.matmul(x, 2, rowStride, segmentStride, rows, packed, bias, half, packed.panels(), out, 1, columns + 4);
            return out;
        });
    }

    private static TensorView tensor(Arena arena, int columns, int segmentLength, int segments) {
        float[] values = floats(columns * segmentLength * segments, 2, 1f);
        MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
        return TensorView.contiguous(DType.F32, new long[]{columns, segmentLength, segments, 1}, data);
    }

    private static Case sumChannels(int channels, boolean isCentred) {
        return new Case("sumChannels " + channels + (isCentred ? " around centres" : ""), k -> {
            float[] sums = floats(channels + 1, 19, 1f);
            k.sumChannels(floats(5 * channels + 2, 20, 3f), 2, 5, channels,
                    isCentred ? floats(channels, 21, 1f) : null, sums);
            return sums;
        });
    }

    private static Case pointwise(Activation activation, int n) {
        return new Case(activation + " " + n, k -> {
            float[] x = floats(3 * n, 9, 6f);
            k.activateInPlace(activation, x, 0, n);
            k.gate(activation, x, n, x, 2 * n, n, x, n);
            k.scaleChannels(x, n, 2, n, floats(n, 10, 2f), floats(n, 11, 2f), activation, x, n);
            return x;
        });
    }

    private static Case attend(Precision precision, int queries, int count, int headDim, int length, int growth) {
        String name = precision + " " + queries + " attend " + count + " of " + headDim + " over " + length
                + (growth == 1 ? " and more" : "");
        return new Case(name, k -> {
            int most = length + (queries - 1) * growth;
            int numbers = (int) CachedHeads.byteSize(precision, count, headDim, most) / Float.BYTES;
            var heads = new CachedHeads(precision, stored(precision, numbers + 7, 12), 28, count, headDim);
            int width = count * headDim;
            float[] out = new float[queries * (width + 3) + 2];
            float scale = (float) (1 / Math.sqrt(headDim));
            k.attend(floats(queries * (width + 1) + 1, 14, 3f), 1, width + 1, queries, scale, heads, length, growth,
                    new float[Kernels.SCORE_ROWS * CachedHeads.roundUpToBlock(most)], out, 2, width + 3);
            return out;
        });
    }

    /// Attention over `shared` positions of one past and over pieces (first position, count) of another, which differ a
    /// little from query to query.
    private static Case attendSegments(Precision precision, int queries, int count, int headDim, int shared,
            int... pieces) {
        String name = precision + " " + queries + " attend " + count + " of " + headDim + " over " + shared
                + " and pieces " + java.util.Arrays.toString(pieces);
        return new Case(name, k -> {
            int numbers = (int) CachedHeads.byteSize(precision, count, headDim, 192) / Float.BYTES;
            var text = new CachedHeads(precision, stored(precision, numbers, 22), 0, count, headDim);
            var image = new CachedHeads(precision, stored(precision, numbers + 7, 23), 28, count, headDim);
            var common = new CachedSegments();
            common.add(text, 0, shared);
            CachedSegments[] own = new CachedSegments[queries];
            for (int query = 0; query < queries; query++) {
                own[query] = new CachedSegments();
                for (int i = 0; i < pieces.length; i += 2) {
                    own[query].add(image, pieces[i] + query, pieces[i + 1] + query % 2);
                }
            }
            int width = count * headDim;
            float[] out = new float[queries * (width + 3) + 2];
            k.attendSegments(floats(queries * (width + 1) + 1, 24, 3f), 1, width + 1, queries,
                    (float) (1 / Math.sqrt(headDim)), common, own, new float[CachedSegments.scratch(400)], out, 2,
                    width + 3);
            return out;
        });
    }

    /// Floats, or pairs of them as [Precision#BF16] stores them.
    private static MemorySegment stored(Precision precision, int n, long seed) {
        float[] numbers = floats(2 * n, seed, 1f);
        int[] bits = new int[n];
        for (int i = 0; i < n; i++) {
            bits[i] = precision == Precision.F32
                    ? Float.floatToRawIntBits(numbers[i])
                    : PackedMatrix.toBfloat16(numbers[i]) << 16 | PackedMatrix.toBfloat16(numbers[n + i]);
        }
        return Arena.ofAuto().allocateFrom(ValueLayout.JAVA_INT, bits);
    }

    private static Case winogradInput(int channels) {
        return new Case("winogradInput " + channels, k -> {
            int step = channels + 3;
            float[] out = new float[36 * step + 2];
            int[] rowAt = {5, 5, 9 * channels, 16 * channels, 9 * channels + 1, 24 * channels};
            int[] colAt = {0, channels, channels, 2 * channels, 7, 5 * channels};
            k.winogradInput(floats(31 * channels, 15, 2f), rowAt, colAt, channels, out, 2, step);
            return out;
        });
    }

    /// A tile of fewer rows or pixels at the edge of a picture, with and without bias and residual.
    private static Case winogradOutput(int channels, int edge) {
        return new Case("winogradOutput " + channels + " of " + edge, k -> {
            int step = channels + 16;
            float[] bias = edge % 2 == 0 ? null : floats(channels, 17, 1f);
            float[] out = floats(23 * channels + 1, 18, 1f);
            float[] residual = edge == 2 ? null : edge == 3 ? out : floats(23 * channels + 1, 19, 1f);
            k.winogradOutput(floats(36 * step + 3, 16, 2f), 3, step, channels, bias, residual, out, 1, 6 * channels,
                    edge, 5 - edge);
            return out;
        });
    }

    /// Fixed random numbers, the same in every process.
    static float[] floats(int n, long seed, float range) {
        Random random = new Random(seed);
        float[] out = new float[n];
        for (int i = 0; i < n; i++) out[i] = (float) random.nextGaussian() * range;
        return out;
    }
}
