package io.github.smalti.bench;

import io.github.smalti.core.Precision;
import io.github.smalti.transformer.DalleBart;
import io.github.smalti.transformer.DalleBartConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The transformer's stages: loading, prefill, decoder steps, and where a step's time goes.
final class DalleStages implements StageGroup {
    private final Setup setup;
    private final Path folder;
    private DalleBart model;

    DalleStages(Setup setup, Path folder) {
        this.setup = setup;
        this.folder = folder;
    }

    private DalleBart load() { return DalleBart.load(folder, setup.compute(), setup.precision()); }

    @Override
    public List<Stage> beforeLoading() { return setup.wants("load") ? List.of(new Load()) : List.of(); }

    @Override
    public List<Stage> open() {
        model = load();
        List<Stage> stages = new ArrayList<>();
        if (setup.wants("prefill")) stages.add(new Prefill());
        if (setup.wants("loop")) stages.add(new Loop());
        if (setup.wants("parts"))
            stages.add(new StepParts(setup, model.codeCount(),
                    (steps, listener) -> Drawing.of(model, setup.batch(), steps, listener)));
        return stages;
    }

    @Override
    public void close() { if (model != null) model.close(); }

    /// From opening the file to the first code of an image; the limit is reading the file once.
    private final class Load implements Stage {
        @Override
        public List<Line> lines() {
            Work reading = new Work(0, fileBytes());
            return List.of(new Line("load until the first token", reading),
                    new Line("of it, open and pack", reading));
        }

        private double fileBytes() {
            try (Stream<Path> files = Files.list(folder)) {
                return files.mapToLong(file -> file.toFile().length()).max().orElse(0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public double[] run() {
            long start = System.nanoTime();
            try (DalleBart loaded = load()) {
                double packed = (System.nanoTime() - start) * 1e-9;
                Drawing.of(loaded, 1, 1, (_, _, _) -> {});
                return new double[]{(System.nanoTime() - start) * 1e-9, packed};
            }
        }

        @Override
        public String word() { return "load"; }
    }

    /// Encoder and cross-attention's keys and values of two full prompts.
    ///
    /// The border between both is the first product with the shape of cross-attention's keys and values.
    private final class Prefill implements Stage {
        @Override
        public List<Line> lines() {
            DalleBartConfig config = model.config();
            Precision precision = setup.precision();
            int tokens = config.textLength();
            Work encoder = Costs.encoder(config, precision, tokens).forRows(2);
            Work cross = Costs.crossKeysAndValues(config, precision, tokens).forRows(2);
            return List.of(new Line("encoder, 2 prompts of " + tokens, encoder),
                    new Line("cross keys and values", cross));
        }

        @Override
        public double[] run() {
            setup.timing().switchOn(true);
            try {
                Drawing drawing = Drawing.of(model, setup.batch(), 1, (_, _, _) -> {});
                long[] cross = setup.timing().matmulSpan(2 * model.config().dModel());
                return new double[]{(cross[0] - drawing.startNanos()) * 1e-9, (cross[1] - cross[0]) * 1e-9};
            } finally {
                setup.timing().switchOn(false);
            }
        }

        @Override
        public String word() { return "prefill"; }
    }

    /// All steps of a batch of images with guidance; single positions come from the same run.
    private final class Loop implements Stage {
        private final List<Window> windows = Window.of(model.codeCount());

        @Override
        public List<Line> lines() {
            DalleBartConfig config = model.config();
            int rows = 2 * setup.batch();
            List<Line> lines = new ArrayList<>();
            Work steps = Work.NONE;
            for (int p = 1; p < config.imageLength(); p++) steps = steps.plus(step(rows, p));
            lines.add(new Line("decoder loop, " + rows + " rows, steps 1-" + (config.imageLength() - 1), steps));
            for (Window window : windows) lines.add(new Line("one step of " + window, step(rows, window.middle())));
            return lines;
        }

        private Work step(int rows, int position) {
            return Costs.step(model.config(), setup.precision(), rows, position, model.textLength());
        }

        @Override
        public double[] run() {
            Drawing drawing = Drawing.of(model, setup.batch(), model.codeCount(), (_, _, _) -> {});
            double[] seconds = new double[1 + windows.size()];
            seconds[0] = drawing.secondsAfterFirst();
            for (int i = 0; i < windows.size(); i++) seconds[i + 1] = windows.get(i).medianSeconds(drawing);
            return seconds;
        }

        @Override
        public Sample[] run(MachineProbe probe) {
            int steps = model.codeCount();
            var limits = new StepLimits(probe, steps, windows);
            Drawing drawing = Drawing.of(model, setup.batch(), steps, limits);
            List<Line> lines = lines();
            var samples = new Sample[lines.size()];
            samples[0] = limits.loop(drawing, step -> step(2 * setup.batch(), step));
            for (int i = 0; i < windows.size(); i++) {
                double median = windows.get(i).medianSeconds(drawing);
                samples[i + 1] = limits.window(lines.get(i + 1), windows.get(i), median);
            }
            return samples;
        }

        public long plannedBytes() { return model.plan(setup.batch(), true).anonymousBytes(); }

        @Override
        public String word() { return "loop"; }
    }
}
