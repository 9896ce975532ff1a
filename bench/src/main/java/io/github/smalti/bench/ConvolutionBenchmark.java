package io.github.smalti.bench;

import io.github.smalti.core.Compute;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.WinogradWeight;
import io.github.smalti.core.layer.Workspace;
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

/// The 3×3 convolutions of the VQGAN decoder: channels at an edge length of the output, and an odd size.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx4g"})
public class ConvolutionBenchmark {
    /// How a convolution is computed.
    public enum Method {
        /// By its definition.
        DIRECT,
        /// By Winograd's algorithm.
        WINOGRAD,
        /// By Winograd's algorithm, from a picture of half the edge length whose pixels are repeated.
        WINOGRAD_DOUBLED
    }

    /// Channels (in and out) and edge length in pixels.
    @Param({"512x16", "256x64", "128x128", "128x256", "48x77"})
    public String shape;

    /// How.
    @Param
    public Method method;

    private final Workspace workspace = new Workspace(Compute.shared().team().size());
    private Arena arena;
    private Conv2d layer;
    private FeatureMap in;
    private FeatureMap out;

    /// Packs the weights.
    @Setup
    public void setUp() {
        arena = Arena.ofShared();
        int channels = MatmulBenchmark.inputs(shape);
        int edge = MatmulBenchmark.outputs(shape) / (method == Method.WINOGRAD_DOUBLED ? 2 : 1);
        TensorView kernel = RandomTensors.tensor(arena, 1, 1 / Math.sqrt(9.0 * channels), channels, channels, 3, 3);
        layer = method == Method.DIRECT
                ? new Conv2d(Compute.shared(), PackedMatrix.packConvolution(arena, Precision.F32, kernel), null,
                        channels, 3, 1)
                : new Conv2d(Compute.shared(), WinogradWeight.pack(arena, kernel), null);
        in = FeatureMap.of(RandomTensors.floats(edge * edge * channels, 2), edge, edge, channels);
    }

    /// Frees the weights.
    @TearDown
    public void tearDown() { arena.close(); }

    /// One convolution.
    ///
    /// @return the output, overwritten by the next
    @Benchmark
    public FeatureMap convolve() {
        if (out != null) workspace.giveBack(out);
        out = method == Method.WINOGRAD_DOUBLED ? layer.forwardDoubled(in, workspace) : layer.forward(in, workspace);
        return out;
    }
}
