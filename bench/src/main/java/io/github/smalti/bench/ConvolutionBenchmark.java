package io.github.smalti.bench;

import io.github.smalti.core.Compute;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
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

/// The 3×3 convolutions of the VQGAN decoder: channels at an edge length, and an odd one.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx4g"})
public class ConvolutionBenchmark {
    /// How the sums are computed.
    public enum Algorithm {
        /// As they are written down.
        DIRECT,
        /// By Winograd's F(4×4, 3×3).
        WINOGRAD,
        /// The same behind a doubling of pixels, from the map before it.
        DOUBLED_WINOGRAD
    }

    /// Channels (in and out) and edge length of the output in pixels.
    @Param({"512x16", "256x64", "128x128", "128x256", "48x77"})
    public String shape;
    /// How the sums are computed.
    @Param({"DIRECT", "WINOGRAD", "DOUBLED_WINOGRAD"})
    public Algorithm algorithm;

    private Arena arena;
    private Conv2d layer;
    private FeatureMap in;
    private final Workspace workspace = new Workspace(Compute.shared().team().size());

    /// Packs the weights.
    @Setup
    public void setUp() {
        arena = Arena.ofShared();
        int channels = MatmulBenchmark.inputs(shape);
        int edge = MatmulBenchmark.outputs(shape) / (algorithm == Algorithm.DOUBLED_WINOGRAD ? 2 : 1);
        var weight = RandomTensors.tensor(arena, 1, 1 / Math.sqrt(9.0 * channels), channels, channels, 3, 3);
        Compute compute = Compute.shared();
        layer = algorithm == Algorithm.DIRECT
                ? new Conv2d(compute, PackedMatrix.packConvolution(arena, Precision.F32, weight), null, channels, 3, 1)
                : new Conv2d(compute, WinogradWeight.pack(compute.team(), arena, weight), null);
        in = FeatureMap.of(RandomTensors.floats(edge * edge * channels, 2), edge, edge, channels);
    }

    /// Frees the weights.
    @TearDown
    public void tearDown() { arena.close(); }

    /// One convolution.
    ///
    /// @return the output, overwritten by the next call
    @Benchmark
    public FeatureMap convolve() {
        FeatureMap out = algorithm == Algorithm.DOUBLED_WINOGRAD
                ? layer.forwardDoubled(in, workspace)
                : layer.forward(in, workspace);
        workspace.giveBack(out);
        return out;
    }
}
