package io.github.smalti.weights.internal;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.smalti.golden.Checksums;
import io.github.smalti.weights.Bundles;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/// Tar archives, bundles and indexes of shards are read or refused by a [WeightsException], an archive that ends too
/// early also by an [IOException].
class ArchivesJazzerTest {
    private static final String TIME = "1m";
    private static final int BLOCK = 512;

    @TempDir
    static Path folder;

    static List<byte[]> archives() {
        byte[] archive = new byte[2048];
        put(archive, 0, "model/config.yaml");
        put(archive, 124, "00000000005");
        put(archive, 156, "0");
        put(archive, 257, "ustar\00000");
        put(archive, BLOCK, "a: 1\n");
        return List.of(Checksums.ofTar(archive));
    }

    static List<byte[]> bundles() throws IOException {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(archives().getFirst());
        }
        return List.of(archives().getFirst(), out.toByteArray());
    }

    private static void put(byte[] out, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, out, at, bytes.length);
    }

    static List<byte[]> indexes() {
        return List.of("{\"metadata\": {}, \"weight_map\": {\"a\": \"model-1.safetensors\"}}".getBytes(
                StandardCharsets.US_ASCII));
    }

    @MethodSource("archives")
    @FuzzTest(maxDuration = TIME)
    void tar(byte[] bytes) {
        try {
            var tar = new TarReader("bundle.tar", new ByteArrayInputStream(Checksums.ofTar(bytes)), ReadLimits.DEFAULT);
            while (tar.next() != null) tar.copyTo(OutputStream.nullOutputStream());
        } catch (WeightsException | IOException _) {
            // refused as declared
        }
    }

    /// Whatever an archive says, all that appears is the new folder, and it only when all was unpacked.
    @MethodSource("bundles")
    @FuzzTest(maxDuration = TIME)
    void bundle(byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("bundle"), Checksums.ofTar(bytes));
        Path inner = Files.createDirectories(folder.resolve("inner"));
        Path unpacked = inner.resolve("unpacked");
        try {
            Bundles.unpack(file, unpacked, ReadLimits.DEFAULT);
        } catch (WeightsException | IOException _) {
            if (Files.exists(unpacked)) throw new AssertionError("left behind: " + unpacked);
        }
        deleteAll(unpacked);
        try (Stream<Path> left = Stream.concat(Files.list(inner), Files.list(folder))) {
            List<Path> others = left.filter(path -> !path.equals(file) && !path.equals(inner)
                    && !path.getFileName().toString().startsWith("model.")).toList();
            if (!others.isEmpty()) throw new AssertionError("written outside: " + others);
        }
    }

    private static void deleteAll(Path root) throws IOException {
        if (!Files.exists(root)) return;
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        }
    }

    @MethodSource("indexes")
    @FuzzTest(maxDuration = TIME)
    void shardIndex(byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("model.safetensors.index.json"), bytes);
        try {
            Checkpoints.open(file).close();
        } catch (WeightsException _) {
            // refused as declared
        }
    }
}
