package io.github.smalti.bench;

import io.github.smalti.clip.SemanticIndex;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// Exact search in an index of random vectors: in native memory, and in a mapped file.
///
/// The least that a search must do is to read all vectors once and to multiply and add their numbers.
final class SearchStages implements StageGroup {
    /// Searches of a round, so that it is long enough to be compared with the limits around it.
    private static final int SEARCHES = 20;

    /// The size of the work.
    ///
    /// @param count vectors
    /// @param width numbers of each
    /// @param top   items to find
    record Sizes(int count, int width, int top) {
        /// What a search must do at least.
        Work work(Precision precision) {
            return new Work(2.0 * count * width, SemanticIndex.byteSize(precision, width, count));
        }
    }

    private final Compute compute;
    private final Precision precision;
    private final Sizes sizes;
    private SemanticIndex index;
    private SemanticIndex mapped;
    private Path file;

    SearchStages(Compute compute, Precision precision, Sizes sizes) {
        this.compute = compute;
        this.precision = precision;
        this.sizes = sizes;
    }

    @Override
    public List<Stage> beforeLoading() { return List.of(); }

    @Override
    public List<Stage> open() {
        String name = String.format(Locale.ROOT, "%s, %,d x %d, best %d", precision.name().toLowerCase(Locale.ROOT),
                sizes.count, sizes.width, sizes.top);
        try {
            index = RandomIndex.of(compute, precision, sizes.count, sizes.width);
            file = Files.createTempFile("smalti-bench-", ".index");
            index.save(file);
            mapped = SemanticIndex.map(file, compute);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return List.of(new Search(name, index), new Search(name + ", mapped", mapped));
    }

    @Override
    public void close() {
        if (index != null) index.close();
        if (mapped != null) mapped.close();
        try {
            if (file != null) Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final class Search implements Stage {
        private final String name;
        private final SemanticIndex index;
        private final float[][] queries = new float[SEARCHES][];

        Search(String name, SemanticIndex index) {
            this.name = name;
            this.index = index;
            for (int i = 0; i < SEARCHES; i++) queries[i] = RandomIndex.near(item(i), sizes.width);
        }

        private int item(int query) { return (int) ((long) sizes.count * query / SEARCHES); }

        @Override
        public List<Line> lines() { return List.of(new Line(name, sizes.work(precision))); }

        @Override
        public double[] run() {
            long start = System.nanoTime();
            for (int i = 0; i < SEARCHES; i++) {
                SemanticIndex.Match nearest = index.search(queries[i], sizes.top).getFirst();
                if (nearest.item() != item(i)) {
                    throw new BenchException(name + ": expected item " + item(i) + ", found " + nearest);
                }
            }
            return new double[]{(System.nanoTime() - start) * 1e-9 / SEARCHES};
        }

        @Override
        public String word() { return name; }

        @Override
        public long plannedBytes() {
            return (index.isMapped() ? 0 : index.byteSize()) + (long) sizes.count * Float.BYTES;
        }
    }
}
