package io.github.smalti.bench;

import io.github.smalti.bench.checkpoint.RandomDalleBart;
import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.DalleBart;
import io.github.smalti.transformer.Sampling;
import io.github.smalti.transformer.TextIds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// A decoder step of DALL·E mini on random weights of its published shapes: the first 32 of 256 steps with guidance,
/// sampling included, and a prompt of two tokens (its encoding is under 2 % of the time).
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx4g"})
public class DecoderStepBenchmark {
    static final int STEPS = 32;

    /// Images drawn at once; guidance makes two rows of each.
    @Param({"1", "8"})
    public int images;

    /// How weights are stored.
    @Param({"BF16", "F32"})
    public Precision precision;

    private Path folder;
    private DalleBart model;

    /// Writes a random checkpoint and loads it.
    ///
    /// @throws IOException if there is no room for it
    @Setup
    public void setUp() throws IOException { setUp(RandomDalleBart.MINI.withImageLength(STEPS)); }

    void setUp(RandomDalleBart sizes) throws IOException {
        folder = Files.createTempDirectory("smalti-bench");
        sizes.write(folder, DType.F16, 1, (_, _) -> {});
        model = DalleBart.load(folder, Compute.shared(), precision);
    }

    /// Frees the model and deletes the checkpoint.
    ///
    /// @throws IOException if it cannot be deleted
    @TearDown
    public void tearDown() throws IOException {
        model.close();
        for (String name : List.of("config.json", "flax_model.msgpack")) Files.deleteIfExists(folder.resolve(name));
        Files.delete(folder);
    }

    /// Draws 32 codes of each image.
    ///
    /// @return the codes
    @Benchmark
    @OperationsPerInvocation(STEPS)
    public int[][] draw() { return model.generate(request(), (_, _) -> true); }

    CodeRequest request() {
        var text = new TextIds(new int[]{0, 2}, 2);
        return new CodeRequest(text, text, new Sampling.Random(1f, 0, 1f), 10f, 1,
                IntStream.range(0, images).toArray());
    }

    Path folder() { return folder; }
}
