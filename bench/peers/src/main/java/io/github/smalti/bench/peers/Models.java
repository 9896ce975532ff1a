package io.github.smalti.bench.peers;

import io.github.smalti.bench.checkpoint.RandomClip;
import io.github.smalti.bench.checkpoint.RandomDalleBart;
import io.github.smalti.bench.checkpoint.RandomFolder;
import io.github.smalti.bench.checkpoint.RandomGumbelVqgan;
import io.github.smalti.bench.checkpoint.RandomOpenAiDvae;
import io.github.smalti.bench.checkpoint.RandomRuDalle;
import io.github.smalti.bench.checkpoint.RandomVqgan;
import io.github.smalti.core.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The random checkpoints of the workloads.
final class Models {
    private static final int SEED = 1;

    private Models() {}

    /// Writes a workload's checkpoint if it is not there.
    static void write(String workload, Path folder) throws IOException {
        String name = name(workload);
        if (name.isEmpty() || Files.isDirectory(folder.resolve(name))) return;
        model(name).write(folder.resolve(name), DType.F32, SEED, (_, _) -> {});
    }

    private static String name(String workload) {
        return switch (workload.charAt(0)) {
            case 'A' -> "";
            case 'F' -> "clip";
            case 'I' -> "mini";
            default -> workload.split(" ")[2];
        };
    }

    private static RandomFolder model(String name) {
        RandomDalleBart mega = RandomDalleBart.MEGA;
        RandomRuDalle xl = RandomRuDalle.XL;
        return switch (name) {
            case "mini" -> RandomFolder.of(RandomDalleBart.MINI);
            case "mega-2-layers" -> RandomFolder.of(new RandomDalleBart(mega.dModel(), mega.heads(), mega.ffnDim(), 2,
                    mega.textVocab(), mega.imageVocab(), mega.startToken(), mega.imageLength(), mega.textLength()));
            case "vqgan" -> RandomFolder.of(RandomVqgan.F16_16384);
            case "gumbel" -> RandomFolder.of(RandomGumbelVqgan.F8_8192);
            case "dvae" -> RandomFolder.of(RandomOpenAiDvae.PUBLISHED);
            case "rudalle-4-layers" -> RandomFolder.of(new RandomRuDalle(xl.dModel(), 4, xl.textVocab(),
                    xl.textLength(), xl.codes(), xl.gridSize()));
            case "clip" -> RandomFolder.of(RandomClip.B32);
            default -> throw new IllegalArgumentException("no such model: " + name);
        };
    }
}
