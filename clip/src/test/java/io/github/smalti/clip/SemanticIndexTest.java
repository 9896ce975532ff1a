package io.github.smalti.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.clip.SemanticIndex.Item;
import io.github.smalti.clip.SemanticIndex.Match;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.ShapeMismatchException;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.golden.GoldenCase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SemanticIndexTest {
    @TempDir
    private Path folder;

    /// Unit vectors in clusters so dense that products in float32 and cosines in double precision order them
    /// differently, some of them equal.
    static float[][] vectors(int count, int width, long seed) {
        Random random = new Random(seed);
        float[][] out = new float[count][];
        for (int i = 0; i < count; i++) {
            if (i > 10 && random.nextInt(3) > 0) {
                out[i] = out[random.nextInt(i)].clone();
                if (random.nextBoolean()) out[i][random.nextInt(width)] += (float) (random.nextGaussian() * 1e-6);
            } else {
                out[i] = new float[width];
                for (int d = 0; d < width; d++) out[i][d] = (float) random.nextGaussian();
            }
            Embeddings.normalizeInPlace(out[i]);
        }
        return out;
    }

    private static SemanticIndex index(Compute compute, float[][] vectors, Precision precision) {
        var index = SemanticIndex.create(compute, vectors[0].length, precision);
        for (int i = 0; i < vectors.length; i++) index.add("v" + i, vectors[i]);
        return index;
    }

    /// All cosines one by one, sorted.
    private static List<Match> byBruteForce(SemanticIndex index, float[] query, int top) {
        float[] cosines = new float[index.size()];
        for (int i = 0; i < cosines.length; i++) cosines[i] = Embeddings.cosine(query, index.vector(i));
        int[] order = Ranking.order(cosines);
        List<Match> out = new ArrayList<>();
        for (int i = 0; i < Math.min(top, order.length); i++) {
            out.add(new Match(order[i], index.item(order[i]).name(), cosines[order[i]]));
        }
        return out;
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "INT8"})
    void searchIsThatByBruteForceBitByBit(Precision precision) {
        int[][] sizes = {{1, 7}, {2, 1}, {15, 5}, {16, 16}, {17, 96}, {63, 33}, {64, 4}, {65, 31}, {257, 96},
                {1100, 515}};
        for (Kernels kernels : List.of(Kernels.scalar(), Kernels.best())) {
            for (int threads = 1; threads <= 3; threads += 2) {
                try (Team team = new Team(threads)) {
                    for (int[] size : sizes) compare(new Compute(kernels, team), size[0], size[1], precision);
                }
            }
        }
    }

    private void compare(Compute compute, int count, int width, Precision precision) {
        float[][] vectors = vectors(count, width, count);
        Path file = folder.resolve("some.index");
        try (SemanticIndex index = index(compute, vectors, precision)) {
            index.save(file);
            try (var loaded = SemanticIndex.load(file, compute); var mapped = SemanticIndex.map(file, compute)) {
                for (int q = 0; q < 6; q++) {
                    float[] query = q < 3 ? vectors[q * 7 % count] : vectors(1, width, 100 + q)[0];
                    for (int top : new int[]{1, 3, 10, count, Integer.MAX_VALUE}) {
                        List<Match> want = byBruteForce(index, query, top);
                        assertEquals(want, index.search(query, top), count + " x " + width + " top " + top);
                        assertEquals(want, loaded.search(query, top), "loaded");
                        assertEquals(want, mapped.search(query, top), "mapped");
                    }
                }
            }
        }
    }

    @Test
    void oppositeAndEqualVectorsKeepTheirOrder() {
        float[][] vectors = new float[40][];
        for (int i = 0; i < vectors.length; i++) {
            float sign = i % 2 == 0 ? -1 : 1;
            vectors[i] = new float[]{sign * (1 + (i % 5) * 1e-4f), 0}; // cosines beyond 1 count as 1
        }
        try (SemanticIndex index = index(TestPictures.SCALAR, vectors, Precision.F32)) {
            List<Match> found = index.search(new float[]{1, 0}, 40);
            assertEquals(byBruteForce(index, new float[]{1, 0}, 40), found);
            assertEquals(new Match(1, "v1", 1), found.getFirst());
            for (int top = 1; top < 40; top++) {
                assertEquals(found.subList(0, top), index.search(new float[]{1, 0}, top), "top " + top);
            }
        }
    }

    @Test
    void nearestTextIsTheLargestCosineOfTheModel() {
        try (Clip clip = Clip.load(GoldenCase.embeddedModels().resolve("emoji-scenes/clip"), Compute.shared(),
                Precision.F32);
                var index = SemanticIndex.create(Compute.shared(), clip.embeddingSize(), Precision.F32)) {
            List<String> texts = List.of("a cat with a hat", "an astronaut", "a dog", "two penguins in the snow");
            float[][] embedded = clip.embedTexts(texts);
            for (int i = 0; i < embedded.length; i++) index.add(texts.get(i), embedded[i]);
            var classifier = new ZeroShotClassifier(clip, List.of("{}"));
            classifier.addClasses(texts);
            for (float[] image : clip.embedPixels(TestPictures.scenes())) {
                float best = -1;
                for (float[] text : embedded) best = Math.max(best, clip.score(image, text).cosine());
                Match nearest = index.search(image, 1).getFirst();
                assertEquals(best, nearest.cosine());
                assertEquals(classifier.nearest(image), nearest.name());
            }
        }
    }

    @Test
    void roundedVectorsAreHalfAStepOffAndFindNearlyTheSame() {
        int width = 512;
        Random random = new Random(3);
        float[][] vectors = new float[3000][width];
        for (int i = 0; i < vectors.length; i++) {
            // 100 themes of 30 items each, at cosines of some 0.8 to one another
            for (int d = 0; d < width; d++) {
                vectors[i][d] = (float) (random.nextGaussian() * 0.5 + (i < 100 ? 0 : 1) * vectors[i % 100][d] * 2);
            }
            Embeddings.normalizeInPlace(vectors[i]);
        }
        try (SemanticIndex exact = index(Compute.shared(), vectors, Precision.F32);
                SemanticIndex rounded = index(Compute.shared(), vectors, Precision.INT8)) {
            assertTrue(3.9 * rounded.byteSize() < exact.byteSize());
            int found = 0;
            int firsts = 0;
            double worst = 0;
            for (int q = 0; q < 100; q++) {
                float[] query = vectors[100 + 17 * q].clone();
                for (int d = 0; d < width; d++) query[d] += (float) (random.nextGaussian() * 0.02);
                Embeddings.normalizeInPlace(query);
                List<Match> want = exact.search(query, 10);
                List<Match> got = rounded.search(query, 10);
                if (want.getFirst().item() == got.getFirst().item()) firsts++;
                for (Match match : got) {
                    if (want.stream().anyMatch(w -> w.item() == match.item())) found++;
                    float[] vector = vectors[match.item()];
                    double error = Math.abs(Embeddings.dot(query, vector) - match.cosine());
                    worst = Math.max(worst, error);
                    assertTrue(error <= bound(query, vector), error + " beyond " + bound(query, vector));
                }
            }
            System.out.printf("int8 beside f32, 3,000 x 512: recall@1 %.3f, recall@10 %.3f, largest error %.5f%n",
                    firsts / 100.0, found / 1000.0, worst);
            assertTrue(firsts >= 99, "first " + firsts);
            assertTrue(found >= 950, "of ten " + found);
        }
    }

    /// Half a step times the sum of the query's magnitudes, and the rounding of a cosine.
    private static double bound(float[] query, float[] vector) {
        double largest = 0;
        double sum = 0;
        for (int d = 0; d < query.length; d++) {
            largest = Math.max(largest, Math.abs(vector[d]));
            sum += Math.abs(query[d]);
        }
        assertTrue(sum <= Math.sqrt(query.length) * 1.000001);
        return largest / 254 * sum * 1.00001 + 0x1p-24;
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "INT8"})
    void storedNumbersAreAsPreciseAsPromised(Precision precision) {
        for (int width : new int[]{1, 2, 3, 5, 96, 513}) {
            float[][] vectors = vectors(70, width, width);
            try (SemanticIndex index = index(TestPictures.SCALAR, vectors, precision)) {
                for (int i = 0; i < vectors.length; i++) {
                    float largest = 0;
                    for (float value : vectors[i]) largest = Math.max(largest, Math.abs(value));
                    float allowed = precision == Precision.F32 ? 0 : largest / 254 * 1.00001f;
                    assertArrayEquals(vectors[i], index.vector(i), allowed, i + " of width " + width);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "INT8"})
    void itemsOfAnotherIndexAreTakenBitByBit(Precision precision) {
        float[][] vectors = vectors(300, 37, 5);
        try (SemanticIndex from = index(TestPictures.SCALAR, vectors, precision);
                var to = SemanticIndex.create(TestPictures.SCALAR, 37, precision);
                var other = SemanticIndex.create(TestPictures.SCALAR, 37,
                        precision == Precision.F32 ? Precision.INT8 : Precision.F32)) {
            for (int i = from.size() - 1; i >= 0; i -= 2) to.add(from, i);
            assertEquals(150, to.size());
            for (int i = 0; i < to.size(); i++) {
                assertArrayEquals(from.vector(299 - 2 * i), to.vector(i));
                assertEquals("v" + (299 - 2 * i), to.item(i).name());
            }
            assertThrows(IllegalArgumentException.class, () -> other.add(from, 0));
            assertThrows(IndexOutOfBoundsException.class, () -> to.add(from, 300));
        }
    }

    @Test
    void searchesSeeTheItemsOfTheirBeginning() throws InterruptedException {
        float[][] vectors = vectors(2000, 24, 11);
        try (var index = SemanticIndex.create(Compute.shared(), 24, Precision.F32)) {
            index.add("v0", vectors[0]);
            Thread adding = Thread.ofPlatform().start(() -> {
                for (int i = 1; i < vectors.length; i++) index.add("v" + i, vectors[i]);
            });
            int before = 0;
            while (adding.isAlive()) {
                int least = index.size();
                List<Match> all = index.search(vectors[0], Integer.MAX_VALUE);
                assertTrue(all.size() >= Math.max(before, least) && all.size() <= index.size());
                before = all.size();
                assertEquals(1, all.getFirst().cosine(), 1e-6);
                for (Match match : all) {
                    assertEquals(Embeddings.cosine(vectors[0], vectors[match.item()]), match.cosine());
                }
            }
            adding.join();
            assertEquals(byBruteForce(index, vectors[5], 20), index.search(vectors[5], 20));
        }
    }

    @Test
    void refusesUnfitArguments() {
        assertThrows(IllegalArgumentException.class, () -> SemanticIndex.create(Compute.shared(), 0, Precision.F32));
        assertThrows(IllegalArgumentException.class,
                () -> SemanticIndex.create(Compute.shared(), 8193, Precision.F32));
        assertThrows(IllegalArgumentException.class, () -> SemanticIndex.create(Compute.shared(), 8, Precision.BF16));
        try (var index = SemanticIndex.create(TestPictures.SCALAR, 2, Precision.F32)) {
            assertEquals(List.of(), index.search(new float[]{1, 0}, 5));
            assertThrows(ShapeMismatchException.class, () -> index.add("a", new float[3]));
            var refusal = assertThrows(IllegalArgumentException.class, () -> index.add("a", new float[]{1, 1}));
            assertTrue(refusal.getMessage().contains("Embeddings.unit"), refusal.getMessage());
            assertThrows(IllegalArgumentException.class, () -> index.add("a", new float[]{Float.NaN, 1}));
            assertThrows(IllegalArgumentException.class, () -> index.add("\ud800", new float[]{1, 0}));
            assertThrows(IllegalArgumentException.class, () -> index.add("a".repeat(4097), new float[]{1, 0}));
            assertThrows(IllegalArgumentException.class,
                    () -> index.add(new Item("a", "b".repeat(4097)), new float[]{1, 0}));
            assertEquals(0, index.size());
            index.add(new Item("é", "note"), new float[]{1, 0});
            assertEquals(new Item("é", "note"), index.item(0));
            assertThrows(IllegalArgumentException.class, () -> index.search(new float[]{1, 0}, 0));
            assertThrows(IllegalArgumentException.class, () -> index.search(new float[]{2, 0}, 1));
            assertThrows(ShapeMismatchException.class, () -> index.search(new float[]{1}, 1));
            assertFalse(index.isMapped());
        }
    }

    @Test
    void arithmeticOfTheSpace() {
        assertArrayEquals(new float[]{0.6f, 0.8f}, Embeddings.unit(new float[]{3, 4}));
        assertArrayEquals(new float[]{0, 0}, Embeddings.unit(new float[]{0, 0}));
        assertEquals(1, Embeddings.cosine(new float[]{1.0001f, 0}, new float[]{1, 0}));
        assertEquals(0.6f, Embeddings.cosine(new float[]{0.6f, 0.8f}, new float[]{1, 0}));
        float[] mean = Embeddings.unitMean(new float[]{1, 0}, new float[]{0, 1});
        assertArrayEquals(new float[]{(float) Math.sqrt(0.5), (float) Math.sqrt(0.5)}, mean, 1e-7f);
        assertThrows(IllegalArgumentException.class, Embeddings::unitMean);
        assertThrows(ShapeMismatchException.class, () -> Embeddings.unitMean(new float[2], new float[3]));
        assertThrows(ShapeMismatchException.class, () -> Embeddings.cosine(new float[2], new float[3]));
    }
}
