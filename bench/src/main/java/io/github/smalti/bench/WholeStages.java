package io.github.smalti.bench;

import io.github.smalti.core.Precision;
import io.github.smalti.dvae.Vqgan;
import io.github.smalti.pipeline.GeneratedImages;
import io.github.smalti.pipeline.LoadOptions;
import io.github.smalti.pipeline.ModelPaths;
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
    private List<Work> works;

    WholeStages(Setup setup, ModelPaths paths) {
        this.setup = setup;
        this.paths = new ModelPaths(paths.dalle(), paths.vqgan(), null);
    }

    @Override
    public List<Stage> beforeLoading() { return List.of(); }

    @Override
    public List<Stage> open() {
        if (!setup.wants("whole")) return List.of();
        works = works();
        model = TextToImage.load(paths, new LoadOptions(setup.precision(), setup.team().size()));
        return List.of(new Whole());
    }

    /// Prefill of prompt and empty prompt, all steps, and each picture's decoding; sizes are read from the files.
    private List<Work> works() {
        DalleBartConfig dalle = DalleBartConfig.of(
                ModelConfig.readJson(paths.dalle().resolve("config.json")));
        int tokens = BartTokenizer.read(paths.dalle()).encode(" " + PROMPT, dalle.textLength()).length();
        Precision precision = setup.precision();
        List<Work> sum = new ArrayList<>();
        for (int length : new int[]{tokens, EMPTY_PROMPT}) {
            sum.add(Costs.encoder(dalle, precision, length));
            sum.add(Costs.crossKeysAndValues(dalle, precision, length));
        }
        sum.add(Costs.loop(dalle, precision, 2 * setup.batch(), tokens));
        try (Vqgan codec = Vqgan.load(paths.vqgan(), setup.compute())) {
            Work decode = Costs.vqganDecode(codec.config(), codec.gridRows(), codec.gridCols());
            for (int i = 0; i < setup.batch(); i++) sum.add(decode);
        }
        return sum;
    }

    @Override
    public void close() { if (model != null) model.close(); }

    private final class Whole implements Stage {
        @Override
        public List<Line> lines() {
            String images = setup.batch() == 1 ? "whole image" : setup.batch() + " whole images";
            return List.of(new Line(images + ", prompt to PNG", works));
        }

        @Override
        public double[] run() {
            try {
                Path folder = Files.createTempDirectory("smalti-bench");
                long start = System.nanoTime();
                GeneratedImages images = model.generate(PROMPT,
                        options -> options.images(setup.batch()).batch(setup.batch()).seed(1).guidanceScale(10f));
                for (RankedImage image : images) image.writePng(folder.resolve(image.index() + ".png"));
                double seconds = (System.nanoTime() - start) * 1e-9;
                for (RankedImage image : images) Files.delete(folder.resolve(image.index() + ".png"));
                Files.delete(folder);
                return new double[]{seconds};
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public long plannedBytes() { return model.plan(setup.batch(), true).anonymousBytes(); }

        @Override
        public String word() { return "whole"; }
    }
}
