package io.github.smalti.tools;

import io.github.smalti.core.Raster;
import io.github.smalti.pipeline.ImageFiles;
import io.github.smalti.pipeline.ImageRecord;
import io.github.smalti.pipeline.LoadOptions;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.pipeline.RankedImage;
import io.github.smalti.pipeline.TextToImage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `smalti replay`: draws a picture again from its own record.
@Command(name = "replay", sortOptions = false,
        description = "Draws a picture again from the record in its PNG file and compares the two, bit for bit.",
        footer = {
                "Example:", "  smalti replay smalti-out/01-a-cat-with-a-hat.png", "",
                "Exit code 1 if the pictures differ, or if another model made the picture. The precision is that of the",
                "record, whatever --precision says."})
final class Replay implements Callable<Integer> {
    @ParentCommand
    private Smalti smalti;

    @Parameters(paramLabel = "PNG", description = "A picture that smalti generate wrote.")
    private Path file;

    @Mixin
    private ModelOptions model;

    @Option(names = "--force", description = "Load a model that is larger than this machine's memory. Default: refuse.")
    private boolean force;

    @Override
    public Integer call() {
        Terminal terminal = smalti.terminal();
        ImageRecord record = ImageRecord.read(file);
        Raster expected = ImageFiles.read(file);
        ModelPaths paths = model.paths();
        LoadOptions load = model.load(record.model().precision());
        model.checkMemory(terminal, paths, load, 1, force);
        RankedImage again;
        try (var bar = new ProgressBar(terminal, "")) {
            bar.show("loading the model ...");
            try (var loaded = TextToImage.load(new ModelPaths(paths.dalle(), paths.vqgan(), null), load)) {
                again = loaded.replay(record);
            }
        }
        Raster found = again.toRaster();
        boolean isSame = expected.rows() == found.rows() && expected.cols() == found.cols()
                && expected.channels() == found.channels() && Arrays.equals(expected.samples(), found.samples());
        terminal.print("prompt  " + Sentence.line(record.prompt()));
        terminal.print("seed    " + record.seed() + ", image " + record.index());
        terminal.print("model   " + Sentence.line(record.model().name()) + ", " + record.model().sha256());
        terminal.print("result  " + (isSame ? "the same picture, bit for bit" : "another picture"));
        if (isSame) return ExitCode.OK;
        terminal.say(file + ": the picture differs from the one that its record describes: it was changed after it was "
                + "drawn, or drawn by another version (" + Sentence.line(record.version()) + ")");
        return ExitCode.SOFTWARE;
    }
}
