package io.github.smalti.bench;

import io.github.smalti.core.Precision;
import io.github.smalti.core.Compute;
import io.github.smalti.core.layer.KeyValues;
import java.util.concurrent.TimeUnit;
import java.lang.foreign.Arena;
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
import org.openjdk.jmh.annotations.Warmup;

/// Attention of one decoder step over the cache: DALL·E mini's 16 heads of 64, two rows.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx4g"})
public class AttentionBenchmark {
    private static final int HEADS = 16;
    private static final int HEAD_DIM = 64;
    private static final int ROWS = 2;

    /// Positions attended to; one odd number.
    @Param({"1", "64", "127", "256"})
    public int length;

    /// How keys and values are stored.
    @Param({"F32", "BF16"})
    public Precision precision;

    private KeyValues cache;
    private float[] q;
    private float[] out;
    private final int[] streams = {0, 1};
    private int[] lengths;

    /// Fills the cache.
    @Setup
    public void setUp() {
        cache = new KeyValues(Arena.ofAuto(), precision, ROWS, HEADS, HEAD_DIM, 256);
        for (int position = 0; position < 256; position++) {
            cache.put(Compute.shared(), keysAndValues(position), 0, HEADS * HEAD_DIM, 0, streams,
                    new int[]{position, position}, ROWS);
        }
        q = RandomTensors.floats(ROWS * HEADS * HEAD_DIM, 1000);
        out = new float[ROWS * HEADS * HEAD_DIM];
        lengths = new int[]{length, length};
    }

    /// Keys, then values of all heads at a position, the same in both rows.
    static float[] keysAndValues(int position) { return RandomTensors.floats(2 * HEADS * HEAD_DIM, position); }

    /// One step's attention of one layer.
    ///
    /// @return the mixed values
    @Benchmark
    public float[] attend() {
        cache.attend(Compute.shared(), q, 0, HEADS * HEAD_DIM, streams, lengths, ROWS, 0.125f, out);
        return out;
    }
}
