package io.github.smalti.bench;

import io.github.smalti.bench.checkpoint.RandomDalleBart;
import io.github.smalti.bench.checkpoint.RandomVqgan;
import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.dvae.Vqgan;
import io.github.smalti.transformer.DalleBart;
import io.github.smalti.transformer.DalleBartConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// How the time of an image grows: with the batch, the threads, the number of tokens and the size of the picture.
///
/// The prediction is the roofline with the limits probed around it: for each step the larger of its FLOP and
/// its bytes (weights once for all rows, keys and values of every row), and the direct convolutions' FLOP.
final class Growth {
    private static final int PREFIX = 8;
    private static final int MOST_TRIES = 4;

    /// One thing that grows, all else fixed.
    ///
    /// @param title  what grows
    /// @param xLabel its unit
    /// @param model  what is drawn or decoded
    /// @param points time per image
    record Column(String title, String xLabel, String model, List<SvgPlot.Point> points) {}

    /// What to run.
    ///
    /// @param dalle     the transformer; its image length is varied by `tokens`
    /// @param vqgan     the codec
    /// @param precision of the transformer's matrices
    /// @param rounds    rounds of each point, of which the median counts
    /// @param batches   images at once
    /// @param threads   threads that compute; the last one computes all other columns
    /// @param tokens    codes of an image
    /// @param sides     pixel rows and columns, multiples of the codec's tile
    record Plan(RandomDalleBart dalle, RandomVqgan vqgan, Precision precision, int rounds, int[] batches, int[] threads,
            int[] tokens, int[] sides) {}

    private final Plan plan;
    private final Path scratch;
    private final Console console;
    private int done;

    /// Prepares a run.
    ///
    /// @param plan    what to run
    /// @param scratch an existing folder for random models, each deleted after use
    /// @param console where progress is shown
    Growth(Plan plan, Path scratch, Console console) {
        this.plan = plan;
        this.scratch = scratch;
        this.console = console;
    }

    /// Measures all columns.
    List<Column> run() throws IOException {
        List<Column> columns = new ArrayList<>();
        int most = plan.threads[plan.threads.length - 1];
        try (Team team = new Team(most); var probe = new MachineProbe(team)) {
            var compute = new Compute(Kernels.best(), team);
            String name = plan.dalle.layers() + " + " + plan.dalle.layers() + " layers of " + plan.dalle.dModel();
            try (var model = new Loaded(plan.dalle, compute)) {
                List<SvgPlot.Point> points = new ArrayList<>();
                for (int batch : plan.batches) points.add(draw(model.bart, probe, batch, batch));
                columns.add(new Column("batch", "images at once", name + ", " + plan.dalle.imageLength() + " tokens",
                        points));
            }
            columns.add(new Column("threads", "threads", name + ", 1 image", threads()));
            List<SvgPlot.Point> points = new ArrayList<>();
            for (int tokens : plan.tokens) {
                try (var model = new Loaded(plan.dalle.withImageLength(tokens), compute)) {
                    points.add(draw(model.bart, probe, 1, tokens));
                }
            }
            columns.add(new Column("tokens", "tokens of an image", name + ", 1 image", points));
            columns.add(new Column("image size", "pixel rows and columns",
                    "VQGAN of " + plan.vqgan.channels() + " channels, decoding", pictures(compute, probe)));
        }
        return columns;
    }

    /// A random transformer in a folder that goes with it.
    private final class Loaded implements AutoCloseable {
        private final Path folder = Files.createTempDirectory(scratch, "growth");
        private final DalleBart bart;

        Loaded(RandomDalleBart sizes, Compute compute) throws IOException {
            console.progress(0, "writing random weights");
            sizes.write(folder, DType.F16, 1, (_, _) -> {});
            bart = DalleBart.load(folder, compute, plan.precision);
        }

        @Override
        public void close() throws IOException {
            bart.close();
            ModelCache.delete(folder);
        }
    }

    private List<SvgPlot.Point> threads() throws IOException {
        List<SvgPlot.Point> points = new ArrayList<>();
        for (int threads : plan.threads) {
            try (Team team = new Team(threads);
                    var probe = new MachineProbe(team);
                    var model = new Loaded(plan.dalle, new Compute(Kernels.best(), team))) {
                points.add(draw(model.bart, probe, 1, threads));
            }
        }
        return points;
    }

    private SvgPlot.Point draw(DalleBart model, MachineProbe probe, int batch, double x) {
        int steps = model.codeCount();
        Drawing.of(model, batch, Math.min(PREFIX, steps), (_, _, _) -> {}); // warms up
        return point(x, batch, () -> {
            var limits = new StepLimits(probe, steps, List.of());
            Drawing drawing = Drawing.of(model, batch, steps, limits);
            return limits.loop(drawing, step -> work(model.config(), 2 * batch, step));
        });
    }

    private Work work(DalleBartConfig config, int rows, int step) {
        double cache = Costs.keyValueBytes(config, plan.precision, rows, 2, step, config.textLength());
        return Costs.step(config, plan.precision, rows, step, config.textLength()).plus(new Work(0, cache));
    }

    private List<SvgPlot.Point> pictures(Compute compute, MachineProbe probe) throws IOException {
        Path folder = Files.createTempDirectory(scratch, "growth");
        List<SvgPlot.Point> points = new ArrayList<>();
        plan.vqgan.write(folder, DType.F16, 1, (_, _) -> {});
        try (Vqgan codec = Vqgan.load(folder, compute)) {
            for (int side : plan.sides) {
                int grid = side / codec.pixelsPerCode();
                int[] codes = CodecStages.codes(codec, grid, grid);
                codec.decode(codes, grid, grid); // warms up
                var line = new Line("", Costs.vqganDecode(codec.config(), grid, grid));
                points.add(point(side, 1, () -> {
                    MachineLimits before = probe.take();
                    long start = System.nanoTime();
                    codec.decode(codes, grid, grid);
                    double seconds = (System.nanoTime() - start) * 1e-9;
                    return Sample.of(line, seconds, before, probe.take());
                }));
            }
        } finally {
            ModelCache.delete(folder);
        }
        return points;
    }

    /// Rounds whose machine changed its speed are repeated, up to [#MOST_TRIES] times as many in all.
    private SvgPlot.Point point(double x, int images, Supplier<Sample> run) {
        int total = plan.batches.length + plan.threads.length + plan.tokens.length + plan.sides.length;
        console.progress((double) done++ / total, "point " + done + " of " + total);
        var measured = new Series();
        var shares = new Series();
        var unsteady = new Series();
        for (int tries = 0; shares.size() < plan.rounds && tries < MOST_TRIES * plan.rounds; tries++) {
            Sample sample = run.get();
            measured.add(sample.seconds() / images);
            if (sample.isKept()) shares.add(sample.share());
            unsteady.add(sample.leastSeconds() / sample.seconds());
        }
        double share = shares.size() == 0 ? unsteady.median() : shares.median();
        return new SvgPlot.Point(x, measured.median(), share * measured.median());
    }
}
