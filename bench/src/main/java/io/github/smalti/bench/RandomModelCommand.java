package io.github.smalti.bench;

import io.github.smalti.bench.checkpoint.RandomModel;
import io.github.smalti.core.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `smalti bench random-model`: a checkpoint of random weights in the exact published layout.
@Command(name = "random-model", sortOptions = false, description = {
        "Writes a model with random weights and the file layout, names, shapes and element types of the published one;"
                + " it draws noise at the real model's speed.",
        "A folder of dalle-mini or dalle-mega has dalle/, vqgan/ and clip/ and serves generate --model."},
        footer = {"Examples:", "  smalti bench random-model dalle-mini /tmp/mini",
                "  smalti generate \"noise\" --model /tmp/mini --precision bf16",
                "  smalti bench random-model mega /tmp/mega --dtype f16"})
final class RandomModelCommand implements Callable<Integer> {
    private static final List<String> TYPES = List.of("f16", "bf16", "f32");
    private static final double GIGA = 1e-9;

    @ParentCommand
    private Bench bench;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MODEL",
            description = "mini, mega, rudalle, mindalle (transformers), vqgan-f16, gumbel-f8, dvae (image codecs), clip-b32, "
                    + "clip-l14, clip-rn50, dalle-mini or dalle-mega (all parts).")
    private String model;

    @Parameters(index = "1", paramLabel = "FOLDER", description = "Where the files go; created if missing.")
    private Path folder;

    @Option(names = "--dtype", paramLabel = "TYPE", defaultValue = "f16",
            description = "Element type of the checkpoints: f16, bf16 or f32. Default: ${DEFAULT-VALUE}.")
    private String dtype;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "Any whole number; the same seed writes the same files. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--force", description = "Replace the files of a folder that is not empty. Default: refuse.")
    private boolean force;

    @Override
    public Integer call() throws IOException {
        RandomModel chosen = model();
        if (!TYPES.contains(dtype)) {
            throw new ParameterException(spec.commandLine(), "--dtype: expected f16, bf16 or f32, found " + dtype);
        }
        if (!force && isUsed()) {
            throw new BenchException(
                    folder + " is not empty: name another folder, or add --force to replace its files");
        }
        DType type = DType.valueOf(dtype.toUpperCase(Locale.ROOT));
        Console console = bench.console();
        long start = System.nanoTime();
        chosen.write(folder, type, seed,
                (done, total) -> console.progress((double) done / total, String.format(Locale.ROOT,
                        "writing %.1f of %.1f GB", done * GIGA, total * GIGA)));
        double seconds = (System.nanoTime() - start) * GIGA;
        console.print(String.format(Locale.ROOT, "%s: %s, %.2f GB of %s in %.1f s", folder, chosen.description(),
                chosen.files().byteSize(type) * GIGA, dtype, seconds));
        return 0;
    }

    private RandomModel model() {
        for (RandomModel known : RandomModel.values()) if (known.word().equals(model)) return known;
        String words = String.join(", ", Stream.of(RandomModel.values()).map(RandomModel::word).toList());
        throw new ParameterException(spec.commandLine(), "MODEL: expected one of " + words + ", found " + model);
    }

    private boolean isUsed() throws IOException {
        if (!Files.exists(folder)) return false;
        if (!Files.isDirectory(folder)) throw new BenchException(folder + " is no folder");
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isPresent();
        }
    }
}
