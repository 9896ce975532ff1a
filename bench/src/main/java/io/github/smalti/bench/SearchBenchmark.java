package io.github.smalti.bench;

import io.github.smalti.clip.SemanticIndex;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// The ten nearest of many vectors, on all threads.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx1g"})
public class SearchBenchmark {
    private static final int TOP = 10;
    private static final int QUERIES = 16;

    /// Vectors and their numbers.
    @Param({"100000x512", "1000x512"})
    public String shape;

    /// How vectors are stored.
    @Param({"F32", "INT8"})
    public Precision precision;

    private SemanticIndex index;
    private final float[][] queries = new float[QUERIES][];
    private int next;

    /// Fills the index.
    @Setup
    public void setUp() {
        int count = MatmulBenchmark.inputs(shape);
        int width = MatmulBenchmark.outputs(shape);
        index = RandomIndex.of(Compute.shared(), precision, count, width);
        for (int i = 0; i < QUERIES; i++) queries[i] = RandomIndex.near(count * i / QUERIES, width);
    }

    /// Frees the index.
    @TearDown
    public void tearDown() { index.close(); }

    /// One search.
    ///
    /// @return the nearest items
    @Benchmark
    public List<SemanticIndex.Match> search() {
        next = (next + 1) % QUERIES;
        return index.search(queries[next], TOP);
    }

    /// The vectors, to compare with.
    SemanticIndex index() { return index; }

    /// The query of the last search.
    float[] lastQuery() { return queries[next]; }
}
