package io.github.smalti.pipeline;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.transformer.CodeGenerators;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/// Packs the embedded model and draws from it while its file is cut, again and again; says how many rounds ended in the
/// one exception. In a process of its own, since a JVM that does not guard a mapped read would die.
final class CutPackedMain {
    private CutPackedMain() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Path folder = Path.of(args[0]);
        Precision precision = Precision.valueOf(args[1]);
        int rounds = Integer.parseInt(args[2]);
        var random = new Random(Long.parseLong(args[3]));
        int refused = 0;
        for (int round = 0; round < rounds; round++) {
            Path file = pack(folder.resolve(precision + "-" + round), precision);
            if (isRefusedWhenCut(file, precision, random.nextLong(Files.size(file)), random.nextInt(300))) refused++;
        }
        System.out.println("refused " + refused + " of " + rounds);
    }

    /// Copies the embedded model with its transformer packed.
    private static Path pack(Path to, Precision precision) throws IOException {
        Path from = ModelPaths.embedded().dalle().getParent();
        try (Stream<Path> files = Files.walk(from)) {
            for (Path path : files.filter(Files::isRegularFile).toList()) {
                Path copy = to.resolve(from.relativize(path).toString());
                Files.createDirectories(copy.getParent());
                if (!path.endsWith(Path.of("dalle", "flax_model.msgpack"))) {
                    Files.copy(path, copy, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        Path file = to.resolve("dalle").resolve("model.safetensors");
        try (var model = CodeGenerators.load(from.resolve("dalle"), Compute.shared(), precision)) {
            model.weights().getFirst().writePacked(file, Map.of());
        }
        return file;
    }

    private static boolean isRefusedWhenCut(Path file, Precision precision, long left, int delay)
            throws InterruptedException {
        Path folder = file.getParent().getParent();
        try (var model = TextToImage.load(folder, LoadOptions.DEFAULT.withPrecision(precision))) {
            Thread cutter = Thread.ofPlatform().start(() -> cut(file, left, delay));
            try {
                for (int i = 0; i < 100; i++) model.generate("a red car", options -> options.images(2).seed(delay));
                return false;
            } catch (WeightsException e) {
                return e.getMessage().contains("changed by another process");
            } finally {
                cutter.join();
            }
        }
    }

    private static void cut(Path file, long bytes, int delay) {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            Thread.sleep(delay);
            channel.truncate(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
