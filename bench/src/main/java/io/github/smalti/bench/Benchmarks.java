package io.github.smalti.bench;

import io.github.smalti.bench.checkpoint.RandomDalleBart;
import io.github.smalti.core.Compute;
import java.util.Collection;
import java.util.Locale;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/// Runs the benchmarks with JMH's own options and prints, for each, its rate and its share of the machine's limit.
///
/// `java --add-modules jdk.incubator.vector -jar bench/target/benchmarks.jar [JMH options]`; `-h` lists them, a name picks benchmarks, `-rf json` keeps
/// the raw results. The limits are measured before and after, in the same process.
public final class Benchmarks {
    /// What an operation must do: the roofline's two sides.
    private record Work(double flop, double bytes) {}

    private Benchmarks() {}

    /// Runs benchmarks.
    ///
    /// @param args JMH options
    /// @throws CommandLineOptionException if an option is unknown
    /// @throws RunnerException            if a benchmark fails
    public static void main(String[] args) throws CommandLineOptionException, RunnerException {
        var options = new CommandLineOptions(args);
        if (options.shouldHelp()) {
            try {
                options.showHelp();
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            return;
        }
        MachineLimits before = MachineLimits.measure(Compute.shared().team());
        Collection<RunResult> results = new Runner(options).run();
        MachineLimits after = MachineLimits.measure(Compute.shared().team());
        double gigaFlops = Math.max(before.gigaFlops(), after.gigaFlops());
        double gigaBytes = Math.max(before.gigaBytes(), after.gigaBytes());
        System.out.printf(Locale.ROOT,
                "%nlimits of this machine, %d threads: %.0f GFLOP/s, %.1f GB/s (before: %.0f, %.1f; after: %.0f, %.1f)%n",
                Compute.shared().team().size(), gigaFlops, gigaBytes, before.gigaFlops(), before.gigaBytes(),
                after.gigaFlops(),
                after.gigaBytes());
        System.out.printf("kernels: %s; JDK %s%n%n", Compute.shared().kernels().name(),
                System.getProperty("java.vm.version"));
        System.out.printf("| benchmark | us | GFLOP/s | GB/s | share of the nearer limit |%n|---|---|---|---|---|%n");
        for (RunResult result : results) print(result, gigaFlops, gigaBytes);
    }

    private static void print(RunResult result, double gigaFlops, double gigaBytes) {
        BenchmarkParams params = result.getParams();
        double micros = result.getPrimaryResult().getScore();
        var name = new StringBuilder(params.getBenchmark().replaceAll(".*\\.(\\w+)Benchmark\\.(\\w+)", "$1.$2"));
        for (String key : params.getParamsKeys()) name.append(' ').append(params.getParam(key));
        Work work = work(params);
        if (work == null) {
            System.out.printf(Locale.ROOT, "| %s | %.1f | | | |%n", name, micros);
            return;
        }
        double flops = work.flop / micros / 1e3;
        double bytes = work.bytes / micros / 1e3;
        double share = Math.max(flops / gigaFlops, bytes / gigaBytes);
        System.out.printf(Locale.ROOT, "| %s | %.1f | %.1f | %.1f | %.0f%% of %s |%n", name, micros, flops, bytes,
                100 * share,
                flops / gigaFlops > bytes / gigaBytes ? "FMA" : "memory");
    }

    private static Work work(BenchmarkParams params) {
        String name = params.getBenchmark();
        if (name.contains("Matmul")) {
            double weights = (double) MatmulBenchmark.inputs(params.getParam("shape"))
                    * MatmulBenchmark.outputs(params.getParam("shape"));
            int rows = Integer.parseInt(params.getParam("rows"));
            return new Work(2 * weights * rows, weights * bytes(params));
        }
        if (name.contains("Convolution")) {
            double channels = MatmulBenchmark.inputs(params.getParam("shape"));
            double edge = MatmulBenchmark.outputs(params.getParam("shape"));
            return new Work(18 * channels * channels * edge * edge, 8 * channels * edge * edge);
        }
        if (name.contains("Search")) {
            String shape = params.getParam("shape");
            var sizes = new SearchStages.Sizes(MatmulBenchmark.inputs(shape), MatmulBenchmark.outputs(shape), 1);
            var least = sizes.work(io.github.smalti.core.Precision.valueOf(params.getParam("precision")));
            return new Work(least.flop(), least.bytes());
        }
        if (name.contains("DecoderStep")) {
            RandomDalleBart mini = RandomDalleBart.MINI;
            double d = mini.dModel();
            double weights = mini.layers() * (6 * d * d + 3 * d * mini.ffnDim()) + d * mini.imageVocab();
            int rows = 2 * Integer.parseInt(params.getParam("images"));
            return new Work(2 * weights * rows, weights * bytes(params));
        }
        return null;
    }

    private static int bytes(BenchmarkParams params) {
        return io.github.smalti.core.Precision.valueOf(params.getParam("precision")).bytes();
    }
}
