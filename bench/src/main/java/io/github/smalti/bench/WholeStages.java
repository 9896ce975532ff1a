package io.github.smalti.bench;

import io.github.smalti.core.Precision;
import io.github.smalti.dvae.Vqgan;
import io.github.smalti.pipeline.GeneratedImages;
import io.github.smalti.pipeline.LoadOptions;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.pipeline.Progress;
import io.github.smalti.pipeline.ProgressListener;
import io.github.smalti.pipeline.RankedImage;
import io.github.smalti.pipeline.TextToImage;
import io.github.smalti.tokenizer.BartTokenizer;
import io.github.smalti.transformer.DalleBartConfig;
import io.github.smalti.weights.ModelConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A whole image, from the sentence to a PNG file, without ranking; the limit is the sum of the stages' limits.
final class WholeStages implements StageGroup {
    private static final String PROMPT = "a watercolor painting of a red cat that wears a hat and sits on a green chair";
    private static final int EMPTY_PROMPT = 2;

    private final Setup setup;
    private final ModelPaths paths;
    private TextToImage model;
    private Parts parts;

    /// What must be done, by the events that tell of it.
    ///
    /// @param prefill both prompts, which share each pass over the weights
    /// @param steps   each step of all images
    /// @param decode  one picture
    private record Parts(Work prefill, List<Work> steps, Work decode) {
        Line line(String name, int images) {
            List<Work> all = new ArrayList<>(steps);
            all.addFirst(prefill);
            for (int i = 0; i < images; i++) all.add(decode);
            return new Line(name, all);
        }
    }

    WholeStages(Setup setup, ModelPaths paths) {
        this.setup = setup;
        this.paths = new ModelPaths(paths.dalle(), paths.vqgan(), null);
    }

    @Override
    public List<Stage> beforeLoading() { return List.of(); }

    @Override
    public List<Stage> open() {
        if (!setup.wants("whole")) return List.of();
        parts = parts();
        model = TextToImage.load(paths, new LoadOptions(setup.precision(), setup.team().size()));
        return List.of(new Whole());
    }

    /// Sizes are read from the files.
    private Parts parts() {
        DalleBartConfig dalle = DalleBartConfig.of(
                ModelConfig.readJson(paths.dalle().resolve("config.json")));
        int tokens = BartTokenizer.read(paths.dalle()).encode(" " + PROMPT, dalle.textLength()).length();
        Precision precision = setup.precision();
        Work prompt = Costs.encoder(dalle, precision, tokens).plus(Costs.crossKeysAndValues(dalle, precision, tokens));
        Work empty = Costs.encoder(dalle, precision, EMPTY_PROMPT)
                .plus(Costs.crossKeysAndValues(dalle, precision, EMPTY_PROMPT));
        List<Work> steps = new ArrayList<>();
        for (int p = 0; p < dalle.imageLength(); p++) {
            steps.add(Costs.step(dalle, precision, 2 * setup.batch(), p, tokens));
        }
        try (Vqgan codec = Vqgan.load(paths.vqgan(), setup.compute())) {
            return new Parts(new Work(prompt.flop() + empty.flop(), prompt.bytes()), steps,
                    Costs.vqganDecode(codec.config(), codec.gridRows(), codec.gridCols()));
        }
    }

    @Override
    public void close() { if (model != null) model.close(); }

    private final class Whole implements Stage {
        @Override
        public List<Line> lines() {
            String images = setup.batch() == 1 ? "whole image" : setup.batch() + " whole images";
            return List.of(parts.line(images + ", prompt to PNG", setup.batch()));
        }

        @Override
        public double[] run() {
            long start = System.nanoTime();
            draw(_ -> true);
            return new double[]{(System.nanoTime() - start) * 1e-9};
        }

        @Override
        public Sample[] run(MachineProbe probe) {
            var pieces = new Pieces(probe);
            draw(pieces);
            return new Sample[]{pieces.end()};
        }

        private void draw(ProgressListener listener) {
            try {
                Path folder = Files.createTempDirectory("smalti-bench");
                GeneratedImages images = model.generate(PROMPT, options -> options.images(setup.batch())
                        .batch(setup.batch()).seed(1).guidanceScale(10f).progress(listener));
                for (RankedImage image : images) image.writePng(folder.resolve(image.index() + ".png"));
                ModelCache.delete(folder);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public long plannedBytes() { return model.plan(setup.batch(), true).anonymousBytes(); }

        @Override
        public String word() { return "whole"; }
    }

    /// Compares the pieces of a call with the limits around each; the time of the probes is nobody's.
    private final class Pieces implements ProgressListener {
        private static final long PACE_NANOS = 250_000_000;

        private final MachineProbe probe;
        private List<Work> works = new ArrayList<>(List.of(parts.prefill));
        private Sample sum = Sample.NONE;
        private long start = System.nanoTime();

        Pieces(MachineProbe probe) { this.probe = probe; }

        @Override
        public boolean on(Progress event) {
            switch (event) {
                case Progress.TokensDone(int done, _) -> works.add(parts.steps.get(done / setup.batch() - 1));
                case Progress.ImageDone _ -> works.add(parts.decode);
                default -> {
                    return true;
                }
            }
            if (System.nanoTime() - start > PACE_NANOS) look();
            return true;
        }

        private void look() {
            double seconds = (System.nanoTime() - start) * 1e-9;
            MachineLimits before = probe.last();
            sum = sum.plus(Sample.of(new Line("piece", works), seconds, before, probe.take()));
            works = new ArrayList<>();
            start = System.nanoTime();
        }

        /// The whole call; what follows the last probe is writing files, and is counted.
        Sample end() {
            look();
            return sum;
        }
    }
}
