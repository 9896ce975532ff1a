package io.github.smalti.pipeline;

import io.github.smalti.clip.Clip;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.dvae.Vqgan;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.transformer.DalleBart;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Opens and closes checkpoints of every format and models of every family again and again; fails if memory, mappings
/// or descriptors are gained. Run by [ReopenTest] in a JVM of its own.
public final class ReopenMain {
    private static final int WARM_UP = 150;
    private static final long MOST_GROWTH = 8 << 20;
    private static final List<String> FILES = List.of("bad-files/torch/good.pt", "bad-files/torch/deflated.pt",
            "bad-files/torch/good-legacy.pt", "bad-files/flax/good-chunked.msgpack", "openai-dvae/b/decoder.pkl",
            "clip/openai/model-torchscript.pt", "bad-files/safetensors/good.safetensors");

    private record Sample(long memory, long descriptors, long mappings) {
        static Sample now() throws IOException, InterruptedException {
            for (int i = 0; i < 3; i++) {
                System.gc();
                Thread.sleep(100);
            }
            String golden = GoldenCase.path("").toString();
            try (var lines = Files.lines(Path.of("/proc/self/status"));
                    var maps = Files.lines(Path.of("/proc/self/maps"));
                    var open = Files.list(Path.of("/proc/self/fd"))) {
                long memory = lines.filter(line -> line.startsWith("RssAnon:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10).sum();
                return new Sample(memory, open.count(), maps.filter(line -> line.contains(golden)).count());
            }
        }
    }

    private ReopenMain() {}

    /// @param arguments cycles
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int cycles = Integer.parseInt(arguments[0]);
        for (int i = 0; i < WARM_UP; i++) cycle();
        Sample before = Sample.now();
        for (int i = 0; i < cycles; i++) cycle();
        Sample after = Sample.now();
        System.out.println(cycles + " cycles: " + before + " became " + after);
        boolean isFlat = after.memory - before.memory < MOST_GROWTH && after.descriptors <= before.descriptors
                && after.mappings == 0;
        System.exit(isFlat ? 0 : 1);
    }

    private static void cycle() {
        for (String file : FILES) {
            try (Checkpoint checkpoint = Checkpoints.open(GoldenCase.path(file))) {
                checkpoint.tensor(checkpoint.names().getFirst()).elementCount();
            }
        }
        Compute compute = Compute.shared();
        DalleBart.load(GoldenCase.path("dalle-mini/mini"), compute, Precision.BF16).close();
        Vqgan.load(GoldenCase.path("vqgan/f4-attn"), compute).close();
        Clip.load(GoldenCase.path("clip/hf"), compute, Precision.INT8).close();
    }
}
