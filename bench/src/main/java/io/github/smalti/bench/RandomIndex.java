package io.github.smalti.bench;

import io.github.smalti.clip.Embeddings;
import io.github.smalti.clip.SemanticIndex;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import java.util.SplittableRandom;

/// An index of random unit vectors, the same in every run, and queries whose nearest item is known.
final class RandomIndex {
    private RandomIndex() {}

    /// An index of vectors that point anywhere.
    ///
    /// @return a new index; the caller closes it
    static SemanticIndex of(Compute compute, Precision precision, int count, int width) {
        var index = SemanticIndex.create(compute, width, precision);
        for (int i = 0; i < count; i++) index.add("item " + i, vector(i, width));
        return index;
    }

    /// The vector of an item.
    static float[] vector(int item, int width) {
        var random = new SplittableRandom(item);
        float[] out = new float[width];
        for (int d = 0; d < width; d++) out[d] = (float) (random.nextDouble() - 0.5);
        return Embeddings.unit(out);
    }

    /// A vector not far from an item's.
    static float[] near(int item, int width) {
        return Embeddings.unitMean(vector(item, width), vector(item, width), vector(-1 - item, width));
    }
}
