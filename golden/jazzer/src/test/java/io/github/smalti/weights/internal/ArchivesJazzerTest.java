package io.github.smalti.weights.internal;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/// Tar archives and indexes of shards are read or refused by a [WeightsException].
class ArchivesJazzerTest {
    private static final String TIME = "1m";

    @TempDir
    static Path folder;

    static List<byte[]> archives() {
        byte[] archive = new byte[2048];
        put(archive, 0, "model/config.yaml");
        put(archive, 124, "00000000005");
        put(archive, 156, "0");
        put(archive, 257, "ustar\00000");
        Arrays.fill(archive, 148, 156, (byte) ' ');
        int sum = 0;
        for (int i = 0; i < 512; i++) sum += archive[i];
        put(archive, 148, "0" + Integer.toOctalString(sum));
        put(archive, 512, "a: 1\n");
        return List.of(archive);
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
    void tar(byte[] bytes) throws IOException {
        try {
            var tar = new TarReader("bundle.tar", new ByteArrayInputStream(bytes), ReadLimits.DEFAULT);
            while (tar.next() != null) tar.copyTo(OutputStream.nullOutputStream());
        } catch (WeightsException _) {
            // refused as declared
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
