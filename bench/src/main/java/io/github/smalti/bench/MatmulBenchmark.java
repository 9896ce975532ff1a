package io.github.smalti.bench;

import io.github.smalti.core.Compute;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.Linear;
import java.lang.foreign.Arena;
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

/// The matrix products of a decoder step (1, 2 and 16 rows) and of a prompt (128 rows), on all threads.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx4g"})
public class MatmulBenchmark {
    /// Copies of the weights, so that a product reads memory and not the cache of the last one.
    private static final long WORKING_SET = 256L << 20;

    /// Inputs and outputs of the layer.
    @Param({"1024x3072", "1024x5460", "2730x1024", "1024x16385", "2048x8192", "1021x515"})
    public String shape;

    /// Rows that share the weights.
    @Param({"1", "2", "16", "128"})
    public int rows;

    /// How weights are stored.
    @Param({"F32", "BF16", "INT8"})
    public Precision precision;

    private Arena arena;
    private Linear[] layers;
    private float[] x;
    private float[] out;
    private int next;

    /// Packs the weights.
    @Setup
    public void setUp() {
        arena = Arena.ofShared();
        int inputs = inputs(shape);
        int outputs = outputs(shape);
        long size = PackedMatrix.byteSize(precision, outputs, 1, inputs);
        layers = new Linear[rows > 16 ? 1 : (int) Math.max(1, WORKING_SET / size)];
        for (int i = 0; i < layers.length; i++) {
            layers[i] = new Linear(Compute.shared(), RandomTensors.matrix(arena, precision, inputs, outputs, i), null);
        }
        x = RandomTensors.floats(rows * inputs, 99);
        out = new float[rows * outputs];
    }

    /// Frees the weights.
    @TearDown
    public void tearDown() { arena.close(); }

    /// One product.
    ///
    /// @return the outputs
    @Benchmark
    public float[] multiply() {
        layers[next].forward(x, rows, out);
        next = (next + 1) % layers.length;
        return out;
    }

    static int inputs(String shape) { return Integer.parseInt(shape.substring(0, shape.indexOf('x'))); }

    static int outputs(String shape) { return Integer.parseInt(shape.substring(shape.indexOf('x') + 1)); }
}
