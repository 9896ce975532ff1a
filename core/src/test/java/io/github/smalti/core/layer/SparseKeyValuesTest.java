package io.github.smalti.core.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.CachedHeads;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.core.layer.AttentionPattern.Column;
import io.github.smalti.core.layer.AttentionPattern.Convolution;
import io.github.smalti.core.layer.AttentionPattern.Full;
import io.github.smalti.core.layer.AttentionPattern.Row;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SparseKeyValuesTest {
    private static final float SCALE = 0.37f;
    private static final Team ONE = new Team(1);
    private static final Team TWO = new Team(2);
    private static final Team SEVEN = new Team(7);
    private static final Compute VECTOR = new Compute(Kernels.best(), TWO);

    @AfterAll
    static void closeTeams() { for (Team team : List.of(ONE, TWO, SEVEN)) team.close(); }

    /// A layer's sizes.
    ///
    /// @param pattern    what image tokens attend to
    /// @param precision  how keys and values are stored
    /// @param textLength tokens of a text
    /// @param heads      attention heads
    /// @param headDim    length of a key
    record Sizes(AttentionPattern pattern, Precision precision, int textLength, int heads, int headDim) {
        int width() { return heads * headDim; }

        /// Queries, keys and values of a text or image: fixed random numbers.
        float[] tokens(int rows, long seed) {
            Random random = new Random(seed);
            float[] qkv = new float[rows * 3 * width()];
            for (int i = 0; i < qkv.length; i++) qkv[i] = (float) random.nextGaussian();
            return qkv;
        }

        SparseKeyValues cache(int texts, int images) {
            return new SparseKeyValues(Arena.ofAuto(), precision, pattern, texts, textLength, images, heads, headDim);
        }
    }

    static List<Sizes> sizes() {
        List<Sizes> sizes = new ArrayList<>();
        int[][] shapes = {{1, 1, 6}, {7, 3, 8}, {10, 4, 12}, {66, 5, 64}, {33, 2, 128}};
        int next = 0;
        for (AttentionPattern pattern : List.of(new Full(30), new Full(131), new Row(5), new Row(6), new Row(3, 7),
                new Column(5), new Column(6), new Column(7, 3), new Convolution(5, 11, false),
                new Convolution(5, 11, true), new Convolution(6, 3, true), new Convolution(13, 5, 3, true),
                new Convolution(4, 19, 5, true), new Convolution(14, 13, 11, false), new Row(32), new Column(32),
                new Convolution(32, 11, true))) {
            for (Precision precision : List.of(Precision.F32, Precision.BF16)) {
                int[] shape = shapes[pattern.length() == 1024 ? next++ % 3 : next++ % 5];
                sizes.add(new Sizes(pattern, precision, shape[0], shape[1], shape[2]));
            }
        }
        return sizes;
    }

    /// Feeds a whole text, at most so many rows in a call.
    private static float[] text(SparseKeyValues cache, Compute compute, Sizes sizes, int text, float[] qkv, int most) {
        float[] out = new float[sizes.textLength * sizes.width()];
        for (int at = 0; at < sizes.textLength; at += most) {
            int rows = Math.min(sizes.textLength - at, most);
            float[] part = new float[rows * sizes.width()];
            cache.putAndAttendText(compute, rows(qkv, at, rows, 3 * sizes.width()), filled(rows, text),
                    rising(at, rows), rows, SCALE, part);
            System.arraycopy(part, 0, out, at * sizes.width(), part.length);
        }
        return out;
    }

    /// Feeds a whole image, at most so many rows in a call; every other call takes fewer.
    private static float[] image(SparseKeyValues cache, Compute compute, Sizes sizes, int image, int text, float[] qkv,
            int most) {
        float[] out = new float[sizes.pattern.length() * sizes.width()];
        int rows;
        for (int at = 0; at < sizes.pattern.length(); at += rows) {
            rows = Math.min(sizes.pattern.length() - at, at % 2 == 0 ? most : Math.max(1, most / 2));
            float[] part = new float[rows * sizes.width()];
            cache.putAndAttendImage(compute, rows(qkv, at, rows, 3 * sizes.width()), filled(rows, image),
                    filled(rows, text), rising(at, rows), rows, SCALE, part);
            System.arraycopy(part, 0, out, at * sizes.width(), part.length);
        }
        return out;
    }

    private static float[] rows(float[] x, int first, int count, int width) {
        return Arrays.copyOfRange(x, first * width, (first + count) * width);
    }

    private static int[] filled(int count, int value) {
        int[] values = new int[count];
        Arrays.fill(values, value);
        return values;
    }

    private static int[] rising(int first, int count) {
        int[] values = new int[count];
        for (int i = 0; i < count; i++) values[i] = first + i;
        return values;
    }

    /// The specification: scores of all keys, a mask, one softmax, in double precision over numbers as they are stored.
    @ParameterizedTest
    @MethodSource("sizes")
    void equalsDenseMaskedAttention(Sizes sizes) {
        SparseKeyValues cache = sizes.cache(1, 1);
        float[] text = sizes.tokens(sizes.textLength, 1);
        float[] image = sizes.tokens(sizes.pattern.length(), 2);
        float[] ofText = text(cache, VECTOR, sizes, 0, text, sizes.textLength);
        float[] ofImage = image(cache, VECTOR, sizes, 0, 0, image, 1);
        float[] all = Arrays.copyOf(text, text.length + image.length);
        System.arraycopy(image, 0, all, text.length, image.length);
        float[] got = Arrays.copyOf(ofText, ofText.length + ofImage.length);
        System.arraycopy(ofImage, 0, got, ofText.length, ofImage.length);
        for (int from = 0; from < got.length / sizes.width(); from++) {
            for (int head = 0; head < sizes.heads; head++) checkDense(sizes, all, from, head, got);
        }
    }

    /// Another token is fed at every position and forgotten, before the right one.
    @ParameterizedTest
    @MethodSource("sizes")
    void forgetsTheLastToken(Sizes sizes) {
        float[] text = sizes.tokens(sizes.textLength, 1);
        float[] image = sizes.tokens(sizes.pattern.length(), 2);
        float[] others = sizes.tokens(sizes.pattern.length(), 3);
        SparseKeyValues straight = sizes.cache(1, 1);
        text(straight, VECTOR, sizes, 0, text, sizes.textLength);
        float[] want = image(straight, VECTOR, sizes, 0, 0, image, 1);
        SparseKeyValues cache = sizes.cache(1, 1);
        text(cache, VECTOR, sizes, 0, text, sizes.textLength);
        assertThrows(IllegalStateException.class, cache::forgetLastOfImages);
        float[] got = new float[want.length];
        float[] part = new float[sizes.width()];
        for (int at = 0; at < sizes.pattern.length(); at++) {
            for (float[] tokens : List.of(others, image)) {
                if (tokens == image) cache.forgetLastOfImages();
                cache.putAndAttendImage(VECTOR, rows(tokens, at, 1, 3 * sizes.width()), new int[1], new int[1],
                        new int[]{at}, 1, SCALE, part);
            }
            System.arraycopy(part, 0, got, at * sizes.width(), part.length);
        }
        assertArrayEquals(want, got);
        cache.forgetLastOfImages();
        assertThrows(IllegalStateException.class, cache::forgetLastOfImages, "what it overwrote is gone");
    }

    private static void checkDense(Sizes sizes, float[] all, int from, int head, float[] got) {
        int text = sizes.textLength;
        int width = sizes.width();
        double[] want = new double[sizes.headDim];
        double sum = 0;
        double products = 0;
        double largest = 0;
        int keys = 0;
        for (int to = 0; to < text + sizes.pattern.length(); to++) {
            boolean sees = to < text ? to <= from : from >= text && sizes.pattern.sees(from - text, to - text);
            int key = to * 3 * width + width + head * sizes.headDim;
            double score = 0;
            double size = 0;
            for (int d = 0; d < sizes.headDim; d++) {
                double product = (double) all[from * 3 * width + head * sizes.headDim + d]
                        * stored(sizes, all[key + d]);
                score += product;
                size += Math.abs(product);
            }
            double weight = sees ? Math.exp(SCALE * score) : 0;
            if (sees) keys++;
            if (sees) products = Math.max(products, SCALE * size);
            sum += weight;
            for (int d = 0; d < sizes.headDim; d++) {
                double value = stored(sizes, all[key + width + d]);
                if (sees) largest = Math.max(largest, Math.abs(value));
                want[d] += weight * value;
            }
        }
        // A score errs by its additions and its distance to the maximum, an exponential by 1.2e-7 besides; numerator and
        // denominator have both errors, and each of their additions rounds.
        double unit = 0x1p-24;
        double weightError = (sizes.headDim + 3) * unit * products + 1.2e-7;
        double bound = (2 * weightError + (2 * keys + 2) * unit) * largest;
        for (int d = 0; d < sizes.headDim; d++) {
            assertEquals(want[d] / sum, got[from * width + head * sizes.headDim + d], bound,
                    sizes + ": token " + from + ", head " + head + ", feature " + d);
        }
    }

    private static float stored(Sizes sizes, float x) {
        return sizes.precision == Precision.F32 ? x : Float.intBitsToFloat(PackedMatrix.toBfloat16(x) << 16);
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void bitsDependOnNeitherBlocksNorThreadsNorKernels(Sizes sizes) {
        float[] text = sizes.tokens(sizes.textLength, 3);
        float[] image = sizes.tokens(sizes.pattern.length(), 4);
        SparseKeyValues steps = sizes.cache(1, 1);
        float[] ofText = text(steps, new Compute(Kernels.best(), ONE), sizes, 0, text, 1);
        float[] ofImage = image(steps, new Compute(Kernels.best(), ONE), sizes, 0, 0, image, 1);
        int[] blocks = {2, 7, 1000};
        List<Compute> computes = List.of(new Compute(Kernels.best(), TWO), new Compute(Kernels.best(), SEVEN),
                new Compute(Kernels.scalar(), TWO), new Compute(Kernels.best(), ONE));
        for (int i = 0; i < computes.size(); i++) {
            if (i == 2 && sizes.pattern.length() * sizes.width() > 100_000) continue; // scalar kernels take long
            SparseKeyValues cache = sizes.cache(2, 3);
            int most = blocks[i % blocks.length];
            assertArrayEquals(ofText, text(cache, computes.get(i), sizes, 1, text, most), sizes + " text by " + most);
            assertArrayEquals(ofImage, image(cache, computes.get(i), sizes, 2, 1, image, most),
                    sizes + " image by " + most);
            cache.forgetImages();
            assertArrayEquals(ofImage, image(cache, computes.get(i), sizes, 1, 1, image, 5), sizes + " anew");
        }
    }

    /// Six images of two texts, some of them further than others, some with two rows in a call.
    @ParameterizedTest
    @MethodSource("sizes")
    void imagesOfABatchHaveTheBitsOfThoseDrawnAlone(Sizes sizes) {
        int[] textOf = {1, 0, 0, 0, 0, 1};
        int length = Math.min(sizes.pattern.length(), 70);
        float[][] images = new float[6][];
        float[][] want = new float[6][];
        SparseKeyValues batch = sizes.cache(2, 6);
        for (int text = 0; text < 2; text++) text(batch, VECTOR, sizes, text, sizes.tokens(sizes.textLength, text), 9);
        for (int i = 0; i < 6; i++) {
            SparseKeyValues alone = sizes.cache(1, 1);
            text(alone, VECTOR, sizes, 0, sizes.tokens(sizes.textLength, textOf[i]), 3);
            images[i] = sizes.tokens(sizes.pattern.length(), 10 + i);
            want[i] = image(alone, VECTOR, sizes, 0, 0, images[i], 1);
        }
        int[] fed = new int[6];
        for (int call = 0; Arrays.stream(fed).anyMatch(f -> f < length); call++) {
            var batchRows = new BatchRows(sizes, textOf, images, fed);
            for (int i = 0; i < 6; i++) {
                if (call < i) continue; // image i begins i calls later
                for (int r = (call + i) % 5 == 0 ? 2 : 1; r > 0 && fed[i] < length; r--) batchRows.add(i);
            }
            float[] out = batchRows.attend(batch);
            for (int row = 0; row < batchRows.count; row++) {
                int at = batchRows.positions[row] * sizes.width();
                assertArrayEquals(Arrays.copyOfRange(want[batchRows.imageOf[row]], at, at + sizes.width()),
                        rows(out, row, 1, sizes.width()), sizes + " image " + batchRows.imageOf[row]);
            }
        }
    }

    /// The rows of one call.
    private static final class BatchRows {
        private final Sizes sizes;
        private final int[] texts;
        private final float[][] images;
        private final int[] fed;
        private final float[] qkv;
        private final int[] imageOf = new int[12];
        private final int[] textOf = new int[12];
        private final int[] positions = new int[12];
        private int count;

        BatchRows(Sizes sizes, int[] texts, float[][] images, int[] fed) {
            this.sizes = sizes;
            this.texts = texts;
            this.images = images;
            this.fed = fed;
            this.qkv = new float[12 * 3 * sizes.width()];
        }

        /// Adds the next token of an image.
        void add(int image) {
            int width = 3 * sizes.width();
            System.arraycopy(images[image], fed[image] * width, qkv, count * width, width);
            imageOf[count] = image;
            textOf[count] = texts[image];
            positions[count++] = fed[image]++;
        }

        float[] attend(SparseKeyValues cache) {
            float[] out = new float[count * sizes.width()];
            cache.putAndAttendImage(VECTOR, qkv, imageOf, textOf, positions, count, SCALE, out);
            return out;
        }
    }

    @Test
    void weightsOverTextAndImageSumToOne() {
        var sizes = new Sizes(new Convolution(6, 3, true), Precision.F32, 10, 3, 8);
        SparseKeyValues cache = sizes.cache(1, 1);
        float[] text = sizes.tokens(10, 5);
        float[] image = sizes.tokens(36, 6);
        for (float[] qkv : List.of(text, image)) {
            for (int row = 0; row < qkv.length / 72; row++) Arrays.fill(qkv, row * 72 + 48, row * 72 + 72, 1f);
        }
        text(cache, VECTOR, sizes, 0, text, 10);
        for (float sum : image(cache, VECTOR, sizes, 0, 0, image, 1)) assertEquals(1f, sum, 40 * 0x1p-24);
    }

    @Test
    void refusesWhatIsNotTheNextTokenAndStoresNothingThen() {
        var sizes = new Sizes(new Row(3), Precision.F32, 2, 1, 4);
        SparseKeyValues cache = sizes.cache(2, 2);
        refuses("text 0: expected all 2 tokens to be fed before those of an image, found 0", cache, true,
                new int[]{0}, new int[]{0});
        refuses("text 1: expected position 0, found 1", cache, false, new int[]{1}, new int[]{1});
        text(cache, VECTOR, sizes, 0, sizes.tokens(2, 1), 2);
        refuses("text 0: expected no position after 1, found 2", cache, false, new int[]{0}, new int[]{2});
        refuses("image 1: expected position 0, found 1", cache, true, new int[]{1}, new int[]{1});
        refuses("image 1: expected position 1, found 2", cache, true, new int[]{1, 1}, new int[]{0, 2});
        refuses("image 0: expected its rows side by side", cache, true, new int[]{0, 1, 0}, new int[]{0, 0, 1});
        assertThrows(IndexOutOfBoundsException.class, () -> attend(cache, true, new int[]{2}, new int[]{0}));
        image(cache, VECTOR, sizes, 1, 0, sizes.tokens(9, 2), 4);
        refuses("image 1: expected no position after 8, found 9", cache, true, new int[]{1}, new int[]{9});
        cache.forget();
        refuses("text 0: expected all 2 tokens to be fed before those of an image, found 0", cache, true,
                new int[]{0}, new int[]{0});
        assertThrows(IllegalArgumentException.class, () -> new SparseKeyValues(Arena.ofAuto(), Precision.INT8,
                new Row(3), 1, 2, 1, 1, 4));
    }

    private static void refuses(String sentence, SparseKeyValues cache, boolean isImage, int[] streamOf,
            int[] positions) {
        var e = assertThrows(RuntimeException.class, () -> attend(cache, isImage, streamOf, positions));
        assertEquals(sentence, e.getMessage());
    }

    private static void attend(SparseKeyValues cache, boolean isImage, int[] streamOf, int[] positions) {
        int rows = positions.length;
        if (isImage) {
            cache.putAndAttendImage(VECTOR, new float[12 * rows], streamOf, new int[rows], positions, rows, 1f,
                    new float[4 * rows]);
        } else {
            cache.putAndAttendText(VECTOR, new float[12 * rows], streamOf, positions, rows, 1f, new float[4 * rows]);
        }
    }

    /// Malevich: 128 text tokens, 16 heads of 128, blocks of 64 tokens of 2 · 4 bytes a feature.
    @Test
    void bytesAreThoseOfTextAndOfWhatThePatternKeeps() {
        long token = 16 * 128 * 2 * 4;
        assertEquals((128 + 64) * token, bytes(Precision.F32, new Row(32), 1, 1), "a ring of 33");
        assertEquals((128 + 1024) * token, bytes(Precision.F32, new Column(32), 1, 1));
        assertEquals((128 + 192) * token, bytes(Precision.F32, new Convolution(32, 11, false), 1, 1));
        assertEquals((128 + 8 * 384) * token / 2, bytes(Precision.BF16, new Convolution(32, 11, true), 1, 8));
        assertEquals((3 * 128 + 8 * 1024) * token / 2, bytes(Precision.BF16, new Full(1024), 3, 8));
        assertTrue(CachedHeads.byteSize(Precision.F32, 16, 128, 1152) == bytes(Precision.F32, new Full(1024), 1, 1));
    }

    private static long bytes(Precision precision, AttentionPattern pattern, int texts, int images) {
        return SparseKeyValues.byteSize(precision, pattern, texts, 128, images, 16, 128);
    }
}
