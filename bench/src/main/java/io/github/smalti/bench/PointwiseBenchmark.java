package io.github.smalti.bench;

import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.kernel.Kernels;
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
import org.openjdk.jmh.annotations.Warmup;

/// Norms, softmax and activations of one row on one thread.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx4g"})
public class PointwiseBenchmark {
    /// Floats of the row: a width, a gated unit that is no multiple of a vector, a head of odd length.
    @Param({"1024", "2730", "16385"})
    public int length;

    private final Kernels kernels = Kernels.best();
    private float[] x;
    private float[] out;

    /// Fills the row.
    @Setup
    public void setUp() {
        x = RandomTensors.floats(length, 1);
        out = new float[length];
    }

    /// A layer norm.
    ///
    /// @return the normed row
    @Benchmark
    public float[] layerNorm() {
        kernels.layerNorm(x, 0, length, x, x, 1e-5f, out, 0);
        return out;
    }

    /// A softmax, after copying its input.
    ///
    /// @return the probabilities
    @Benchmark
    public float[] softmax() {
        System.arraycopy(x, 0, out, 0, length);
        kernels.softmaxInPlace(out, 0, length);
        return out;
    }

    /// An exact GELU times a value.
    ///
    /// @return the gated row
    @Benchmark
    public float[] gelu() {
        kernels.gate(Activation.GELU, x, 0, x, 0, length, out, 0);
        return out;
    }
}
