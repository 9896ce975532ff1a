package io.github.smalti.bench;

import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.CodeGenerators;
import io.github.smalti.transformer.MinDalle;
import io.github.smalti.transformer.RuDalle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Stages of a decoder-only transformer, without guidance, as its project draws: loading, the text, steps, and where a
/// step's time goes.
final class DecoderStages implements StageGroup {
    private final Setup setup;
    private final Path folder;
    private CodeGenerator model;
    private DecoderCosts costs;

    DecoderStages(Setup setup, Path folder) {
        this.setup = setup;
        this.folder = folder;
    }

    private CodeGenerator load() { return CodeGenerators.load(folder, setup.compute(), setup.precision()); }

    private static int textVocabSize(CodeGenerator model) {
        return model instanceof RuDalle rudalle
                ? rudalle.config().textVocabSize() - rudalle.textLength()
                : ((MinDalle) model).config().promptRows();
    }

    private Drawing draw(int steps, Drawing.StepListener listener) {
        return Drawing.of(model, textVocabSize(model), 1f, setup.batch(), steps, listener);
    }

    @Override
    public List<Stage> beforeLoading() { return setup.wants("load") ? List.of(new Load()) : List.of(); }

    @Override
    public List<Stage> open() {
        model = load();
        costs = DecoderCosts.of(model);
        List<Stage> stages = new ArrayList<>();
        if (setup.wants("prefill")) stages.add(new Prefill());
        if (setup.wants("loop")) stages.add(new Loop());
        if (setup.wants("parts")) stages.add(new StepParts(setup, model.codeCount(), this::draw));
        return stages;
    }

    @Override
    public void close() { if (model != null) model.close(); }

    /// From opening the file to the first code of an image; the limit is reading the file once.
    private final class Load implements Stage {
        @Override
        public List<Line> lines() {
            double bytes = CodeGenerators.plan(folder, setup.precision(), 1, false).mappedBytes();
            return List.of(new Line("load until the first token", new Work(0, bytes)),
                    new Line("of it, open and pack", new Work(0, bytes)));
        }

        @Override
        public double[] run() {
            long start = System.nanoTime();
            try (CodeGenerator loaded = load()) {
                double packed = (System.nanoTime() - start) * 1e-9;
                Drawing.of(loaded, textVocabSize(loaded), 1f, 1, 1, (_, _, _) -> {});
                return new double[]{(System.nanoTime() - start) * 1e-9, packed};
            }
        }

        @Override
        public String word() { return "load"; }
    }

    /// A full text up to the first code.
    private final class Prefill implements Stage {
        @Override
        public List<Line> lines() {
            return List.of(new Line("text of " + model.textLength() + " until the first code",
                    costs.prefill(setup.precision())));
        }

        @Override
        public double[] run() { return new double[]{draw(1, (_, _, _) -> {}).secondsToFirst()}; }

        @Override
        public String word() { return "prefill"; }
    }

    /// All steps of a batch of images; single positions come from the same run.
    private final class Loop implements Stage {
        private final List<Window> windows = Window.of(model.codeCount());

        @Override
        public List<Line> lines() {
            List<Line> lines = new ArrayList<>();
            Work steps = Work.NONE;
            for (int position = 1; position < model.codeCount(); position++) steps = steps.plus(step(position));
            lines.add(new Line("decoder loop, " + setup.batch() + " rows, steps 1-" + (model.codeCount() - 1), steps));
            for (Window window : windows) lines.add(new Line("one step of " + window, step(window.middle())));
            return lines;
        }

        private Work step(int position) { return costs.step(setup.precision(), setup.batch(), position); }

        @Override
        public double[] run() {
            Drawing drawing = draw(model.codeCount(), (_, _, _) -> {});
            double[] seconds = new double[1 + windows.size()];
            seconds[0] = drawing.secondsAfterFirst();
            for (int i = 0; i < windows.size(); i++) seconds[i + 1] = windows.get(i).medianSeconds(drawing);
            return seconds;
        }

        @Override
        public Sample[] run(MachineProbe probe) {
            var limits = new StepLimits(probe, model.codeCount(), windows);
            Drawing drawing = draw(model.codeCount(), limits);
            List<Line> lines = lines();
            var samples = new Sample[lines.size()];
            samples[0] = limits.loop(drawing, this::step);
            for (int i = 0; i < windows.size(); i++) {
                double median = windows.get(i).medianSeconds(drawing);
                samples[i + 1] = limits.window(lines.get(i + 1), windows.get(i), median);
            }
            return samples;
        }

        @Override
        public long plannedBytes() { return model.plan(setup.batch(), false).anonymousBytes(); }

        @Override
        public String word() { return "loop"; }
    }
}
