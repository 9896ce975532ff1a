package io.github.smalti.dvae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.TensorLocation;
import io.github.smalti.weights.Weights;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CodeSearchTest {
    private record Tensors(Map<String, TensorView> views) implements Checkpoint {
        @Override
        public String file() { return "test"; }

        @Override
        public List<String> names() { return List.copyOf(views.keySet()); }

        @Override
        public boolean has(String name) { return views.containsKey(name); }

        @Override
        public TensorView tensor(String name) { return views.get(name); }

        @Override
        public void close() {}
    }

    private static VqganConfig sizes(int codes, int dim) {
        return new VqganConfig(32, 32, List.of(1), 0, List.of(), dim, dim, codes);
    }

    private static int[] find(float[] codebook, int dim, float[] latents) {
        int codes = codebook.length / dim;
        try (Arena arena = Arena.ofShared()) {
            var view = TensorView.contiguous(DType.F32, new long[]{codes, dim},
                    arena.allocateFrom(ValueLayout.JAVA_FLOAT, codebook));
            try (var weights = new Weights(new Tensors(Map.of("quantize.embedding.weight", view)),
                    TensorLocation::of, Compute.shared(), Precision.F32)) {
                return new CodeSearch(sizes(codes, dim), weights, false).find(latents, latents.length / dim);
            }
        }
    }

    @Test
    void findsTheSmallestDistanceNotTheLargestProduct() {
        float[] codebook = {10, 0, 1, 0, 0, 1};
        assertArrayEquals(new int[]{1, 2, 0}, find(codebook, 2, new float[]{2, 0, -1, 3, 7, 7}));
    }

    @Test
    void firstOfEqualRowsWins() {
        float[] codebook = {5, 5, 1, 2, 3, 4, 1, 2, 3, 4};
        assertArrayEquals(new int[]{1, 2}, find(codebook, 2, new float[]{1, 2, 3, 4}));
    }

    /// 1,000 away from the origin, ‖e‖²/2 is 12 million, of which float32 keeps whole numbers: scores alone choose wrongly.
    @ParameterizedTest
    @ValueSource(floats = {0, 1000})
    void agreesWithDistancesInFloat64(float centre) {
        int dim = 24;
        int codes = 100;
        int count = 150;
        var random = new Random(7);
        float[] codebook = new float[codes * dim];
        float[] latents = new float[count * dim];
        for (int i = 0; i < codebook.length; i++) codebook[i] = centre + (float) random.nextGaussian();
        for (int i = 0; i < latents.length; i++) latents[i] = centre + (float) random.nextGaussian();
        int[] found = find(codebook, dim, latents);
        assertEquals(count, found.length);
        for (int i = 0; i < count; i++) {
            int best = 0;
            double least = Double.MAX_VALUE;
            for (int code = 0; code < codes; code++) {
                double sum = 0;
                for (int d = 0; d < dim; d++) {
                    double difference = (double) latents[i * dim + d] - codebook[code * dim + d];
                    sum += difference * difference;
                }
                if (sum < least) {
                    least = sum;
                    best = code;
                }
            }
            assertEquals(best, found[i], "latent " + i);
        }
    }
}
