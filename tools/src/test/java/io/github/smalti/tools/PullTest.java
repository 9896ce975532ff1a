package io.github.smalti.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.weights.hub.PullProgress;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The commands in processes of their own, against a small hub that publishes the embedded model's parts under the names
/// of DALL·E mini's.
class PullTest {
    @TempDir
    Path home;

    private HttpServer server;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        ModelPaths parts = ModelPaths.embedded();
        publish("dalle-mini/dalle-mini", "a".repeat(40), parts.dalle());
        publish("dalle-mini/vqgan_imagenet_f16_16384", "e93a26e7707683d349bf5d5c41c5b0ef69b677a9", parts.vqgan());
        publish("openai/clip-vit-base-patch32", "c".repeat(40), parts.clip());
        server.start();
    }

    @AfterEach
    void stop() { server.stop(0); }

    private void publish(String id, String commit, Path folder) throws IOException {
        List<String> siblings = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                siblings.add("{\"rfilename\":\"" + file.getFileName() + "\",\"lfs\":{\"size\":" + Files.size(file)
                        + ",\"sha256\":\"" + sha256(Files.readAllBytes(file)) + "\"}}");
            }
        }
        String listing = "{\"sha\":\"" + commit + "\",\"siblings\":[" + String.join(",", siblings) + "]}";
        server.createContext("/api/models/" + id + "/revision/", exchange -> answer(exchange, listing.getBytes(
                StandardCharsets.UTF_8)));
        String resolve = "/" + id + "/resolve/" + commit + "/";
        server.createContext(resolve, exchange -> answer(exchange, Files.readAllBytes(folder.resolve(exchange
                .getRequestURI().getPath().substring(resolve.length())))));
    }

    private static void answer(com.sun.net.httpserver.HttpExchange exchange, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return String.format("%064x", new BigInteger(1, MessageDigest.getInstance("SHA-256").digest(bytes)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /// What a command answered: standard output and error together.
    private record Answer(int exit, String text) {}

    private Answer run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules", "jdk.incubator.vector", "-XX:+UseSerialGC", "-cp",
                        System.getProperty("java.class.path"),
                        "io.github.smalti.tools.Smalti"));
        command.addAll(Arrays.asList(arguments));
        Path log = home.resolve("log");
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("HF_") || name.startsWith("WANDB_"));
        builder.environment().put("HF_HOME", home.resolve("hf").toString());
        builder.environment().put("SMALTI_CACHE", home.resolve("own").toString());
        builder.environment().put("HF_ENDPOINT", "http://127.0.0.1:" + server.getAddress().getPort());
        Process process = builder.start();
        assertTrue(process.waitFor(120, TimeUnit.SECONDS), "hangs");
        return new Answer(process.exitValue(), Files.readString(log));
    }

    @Test
    void pullsListsDrawsVerifiesAndRemoves() throws Exception {
        Answer missing = run("generate", "--model", "dalle-mini", "a cat");
        assertEquals(1, missing.exit());
        assertTrue(missing.text().contains(
                "dalle-mini: is not here (hf:dalle-mini/dalle-mini is missing), run: ./smalti pull dalle-mini"),
                missing
                        .text());
        Answer pulled = run("pull", "dalle-mini");
        assertEquals(0, pulled.exit(), pulled.text());
        assertTrue(pulled.text().contains("fetched  flax_model.msgpack"), pulled.text());
        assertFalse(run("pull", "dalle-mini").text().contains("fetched"), "nothing is fetched twice");
        server.stop(0);
        String own = home.resolve("drawn").toString();
        Answer drawn = run("generate", "--model", "dalle-mini", "a cat", "--images", "1", "--seed", "5", "--no-grid",
                "--json", "--out", own);
        assertEquals(0, drawn.exit(), drawn.text());
        assertTrue(drawn.text().contains("\"name\": \"dalle-mini\""), drawn.text());
        Run embedded = Run.of("generate", "a cat", "--images", "1", "--seed", "5", "--no-grid", "--json", "--guidance",
                "10", "--temperature", "1", "--out", home.resolve("embedded").toString());
        assertEquals(embedded.json().path("images").get(0).path("codes"),
                new com.fasterxml.jackson.databind.ObjectMapper()
                        .readTree(drawn.text().substring(drawn.text().indexOf('{'))).path("images").get(0)
                        .path("codes"));
        Answer listed = run("models");
        assertTrue(listed.text().contains("hf:openai/clip-vit-base-patch32"), listed.text());
        assertTrue(listed.text().contains("safetensors"), listed.text());
        assertEquals(0, run("models", "verify", "dalle-mini").exit());
        Path blob = home.resolve("hf/hub/models--dalle-mini--dalle-mini/snapshots").resolve("a".repeat(40)).resolve(
                "config.json").toRealPath();
        Files.write(blob, "{}".getBytes(StandardCharsets.UTF_8));
        Answer damaged = run("models", "verify");
        assertEquals(1, damaged.exit());
        assertTrue(damaged.text().contains("hf:dalle-mini/dalle-mini  config.json: damaged"), damaged.text());
        assertEquals(0, run("models", "rm", "dalle-mini").exit());
        assertTrue(run("models").text().contains("no models are here"));
    }

    @Test
    void saysWhatIsWrong() {
        Run run = Run.of("pull", "hf:nonsense");
        assertEquals(1, run.exit());
        assertTrue(run.err().contains("hf:nonsense: expected hf:owner/name[@revision]"), run.err());
        assertEquals(2, Run.of("pull").exit());
        assertTrue(Run.of("models", "rm", "--help").out().contains("Removes a model"));
    }

    @Test
    void barTellsBytesRateAndTimeLeft() {
        assertEquals("flax_model.msgpack [====            ]  25%  250 MB of 1.0 GB, 12.5 MB/s, 1:00 left", PullBar.line(
                new PullProgress("flax_model.msgpack", "", 250_000_000, 1_000_000_000, 12_500_000)));
        assertEquals("a: another process fetches it",
                PullBar.line(new PullProgress("a", "another process fetches it", 0,
                        9, 0)));
        assertEquals("a 1.5 kB", PullBar.line(new PullProgress("a", "", 1500, -1, 0)));
    }
}
