package io.github.smalti.weights.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/// What the tests of the hub share: a twin, a cache, settings that lose no time.
abstract class HubFixture {
    static final Patience QUICK = new Patience(4, Duration.ofMillis(2), Duration.ofMillis(10), Duration.ofSeconds(2),
            Duration.ofSeconds(10), Duration.ofSeconds(10), 2048);
    static final ModelReference MODEL = ModelReference.parse("hf:owner/name");
    static final PullListener SILENT = _ -> {};

    @TempDir
    Path home;

    final HubTwin twin = new HubTwin();

    @AfterEach
    void stopTwin() { twin.close(); }

    static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static byte[] text(String text) { return text.getBytes(StandardCharsets.UTF_8); }

    /// A model with a small and a large file.
    byte[] model() {
        byte[] weights = bytes(300_000, 1);
        twin.with("config.json", text("{}")).with("model.safetensors", weights).with("README.md", text("# not needed"));
        return weights;
    }

    HubSettings settings() { return settings(null); }

    HubSettings settings(String token) {
        return new HubSettings(twin.endpoint(), home.resolve("hub"), token == null ? null : new Secret(token, "a test"),
                URI.create("http://127.0.0.1:1"), null, home.resolve("own"), false, true, QUICK);
    }

    Hub hub() { return new Hub(settings()); }

    Path repository() { return home.resolve("hub").resolve("models--owner--name"); }

    Path blob(byte[] content) {
        return repository().resolve("blobs").resolve(content.length >= HubTwin.LARGE
                ? HubTwin.sha256(content)
                : HubTwin.gitSha1(content));
    }

    void assertWhole(byte[] weights) throws IOException {
        Path file = repository().resolve("snapshots").resolve(HubTwin.COMMIT).resolve("model.safetensors");
        assertArrayEquals(weights, Files.readAllBytes(file));
        assertArrayEquals(weights, Files.readAllBytes(blob(weights)));
        assertEquals(List.of(), leftovers());
    }

    /// Files that an interrupted pull left.
    List<String> leftovers() throws IOException {
        if (!Files.exists(home.resolve("hub"))) return List.of();
        try (Stream<Path> paths = Files.walk(home.resolve("hub"))) {
            return paths.map(path -> path.getFileName().toString())
                    .filter(name -> name.endsWith(".incomplete") || name.endsWith(".tmp")).toList();
        }
    }

    /// Pulls and expects a refusal whose sentence says all of these.
    String assertRefused(HubSettings settings, ModelReference reference, String... says) {
        var refusal = assertThrows(HubException.class, () -> new Hub(settings).pull(reference, SILENT));
        for (String part : says) assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
        assertTrue(refusal.getMessage().length() < 2000);
        return refusal.getMessage();
    }

    List<String> requests(String host) {
        List<String> found = new ArrayList<>();
        synchronized (twin.seen) {
            for (HubTwin.Seen seen : twin.seen) {
                if (seen.host().equals(host)) found.add(seen.method() + " " + seen.path().replaceAll("\\?.*", ""));
            }
        }
        return found;
    }
}
