package io.github.smalti.weights.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Pulls in other processes: killed, and several at once.
class ProcessesTest extends HubFixture {
    private static final int KILLS = 20;

    private Process start() throws IOException {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m",
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
                PullMain.class
                        .getName(),
                twin.endpoint().toString(), home.toString())
                .redirectErrorStream(true).redirectOutput(home.resolve("child.log").toFile()).start();
    }

    private void forget() throws IOException {
        try (Stream<Path> paths = Files.walk(home.resolve("hub"))) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
        }
    }

    @Test
    void goesOnAfterBeingKilledAtAnyPoint() throws Exception {
        long seed = Long.getLong("tests.seed", System.nanoTime());
        var random = new Random(seed);
        byte[] weights = model();
        int resumed = 0;
        int begun = 0;
        for (int i = 0; i < KILLS; i++) {
            String point = "-Dtests.seed=" + seed + ", kill " + i;
            int at = random.nextInt(weights.length + weights.length / 20); // a few die after the last byte
            int delay = random.nextInt(30);
            boolean mustBegin = i % 2 == 0 && at > 0 && at < weights.length; // the others may die before a byte is kept
            if (mustBegin) begun++;
            var child = new AtomicReference<Process>();
            twin.script.add((exchange, content) -> {
                exchange.sendResponseHeaders(200, content.length);
                OutputStream out = exchange.getResponseBody();
                out.write(content, 0, Math.min(at, content.length));
                out.flush();
                if (mustBegin) awaitPart(weights);
                pause(delay);
                child.get().destroyForcibly();
            });
            child.set(start());
            assertTrue(child.get().waitFor(30, TimeUnit.SECONDS), point);
            if (Files.exists(blob(weights)))
                assertEquals(HubTwin.sha256(weights), HubTwin.sha256(Files.readAllBytes(blob(
                        weights))), point);
            int before = twin.seen.size();
            hub().pull(MODEL, SILENT);
            assertWhole(weights);
            assertEquals(2, hub().find(MODEL).parts().getFirst().files().size(), point);
            if (twin.seen.subList(before, twin.seen.size()).stream().anyMatch(seen -> seen.range() != null)) resumed++;
            twin.script.clear();
            forget();
        }
        assertTrue(resumed >= begun && begun > 0,
                "only " + resumed + " of " + begun + " went on where they were killed; -Dtests.seed=" + seed);
    }

    private void awaitPart(byte[] weights) throws IOException {
        Path partial = Path.of(blob(weights) + ".smalti.incomplete");
        for (int i = 0; i < 1000 && !(Files.exists(partial) && Files.size(partial) > 0); i++) pause(5);
    }

    @Test
    void removesWhatProcessesLeftThatWereKilledWhileTheyGaveANameToAFile() throws Exception {
        byte[] weights = model();
        hub().pull(MODEL, SILENT);
        String end = "." + UUID.randomUUID() + ".tmp";
        Path snapshot = repository().resolve("snapshots").resolve(HubTwin.COMMIT);
        List<Path> left = List.of(repository().resolve("refs").resolve("main" + end), snapshot.resolve(
                "model.safetensors" + end));
        Path other = snapshot.resolve("notes.tmp"); // not ours
        for (Path path : left) Files.writeString(path, "0");
        Files.writeString(other, "0");
        hub().pull(MODEL, SILENT);
        for (Path path : left) assertFalse(Files.exists(path), path.toString());
        assertTrue(Files.exists(other));
        Files.delete(other);
        assertWhole(weights);
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void oneOfSeveralProcessesFetches() throws Exception {
        byte[] weights = model();
        for (int count : new int[]{2, 4}) {
            twin.always = (exchange, content) -> {
                exchange.sendResponseHeaders(200, content.length);
                OutputStream out = exchange.getResponseBody();
                out.write(content, 0, 1000);
                out.flush();
                pause(700); // long enough for the others to come
                out.write(content, 1000, content.length - 1000);
            };
            List<Process> children = new ArrayList<>();
            for (int i = 0; i < count; i++) children.add(start());
            for (Process child : children) {
                assertTrue(child.waitFor(60, TimeUnit.SECONDS));
                assertEquals(0, child.exitValue(), Files.readString(home.resolve("child.log")));
            }
            assertWhole(weights);
            assertEquals(1, requests("store").size());
            twin.seen.clear();
            forget();
        }
    }

    @Test
    void oneOfSeveralThreadsFetches() throws Exception {
        byte[] weights = model();
        List<Thread> threads = new ArrayList<>();
        var failed = new AtomicReference<Throwable>();
        for (int i = 0; i < 4; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    hub().pull(MODEL, SILENT);
                } catch (RuntimeException e) {
                    failed.set(e);
                }
            }));
        }
        for (Thread thread : threads) thread.join();
        assertFalse(failed.get() != null, String.valueOf(failed.get()));
        assertWhole(weights);
        assertEquals(1, requests("store").size());
    }
}
