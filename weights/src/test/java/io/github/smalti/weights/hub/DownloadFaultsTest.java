package io.github.smalti.weights.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import io.github.smalti.weights.hub.internal.Repository;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DownloadFaultsTest extends HubFixture {
    private byte[] weights;

    @BeforeEach
    void publish() { weights = model(); }

    private List<String> ranges() {
        synchronized (twin.seen) {
            return twin.seen.stream().filter(seen -> seen.host().equals("store")).map(seen -> String.valueOf(
                    seen.range())).toList();
        }
    }

    private static long from(String range) { return Long.parseLong(range.substring(6, range.length() - 1)); }

    private Path partial() {
        return repository().resolve("blobs").resolve(HubTwin.sha256(weights) + Repository.PARTIAL);
    }

    private void leave(byte[] start) throws IOException {
        Files.createDirectories(partial().getParent());
        Files.write(partial(), start);
    }

    @Test
    void goesOnWhereTheConnectionWasCut() throws IOException {
        twin.script.addAll(List.of(twin.cutAfter(100_000), twin.cutAfter(50_000)));
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
        assertEquals(List.of("null"), ranges().subList(0, 1));
        long second = from(ranges().get(1));
        long third = from(ranges().get(2)); // the last bytes before a cut may be lost on the way
        assertTrue(second > 50_000 && second <= 100_000, "from " + second);
        assertTrue(third > second && third <= second + 50_000, "from " + third);
        assertEquals(3, ranges().size());
        assertEquals(HubTwin.etag(weights), twin.seen.getLast().ifRange());
    }

    @Test
    void goesOnWhereAnEarlierPullEnded() throws IOException {
        leave(Arrays.copyOf(weights, 123_456));
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
        assertEquals(List.of("bytes=123456-"), ranges());
        assertTrue(twin.served.get() < weights.length - 123_456 + 2000);
    }

    @Test
    void needsNoRequestForAPartThatIsWhole() throws IOException {
        leave(weights);
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
        assertEquals(List.of(), ranges());
    }

    @Test
    void startsAnewIfTheServerIgnoresRanges() throws IOException {
        leave(Arrays.copyOf(weights, 1000));
        twin.script.add((exchange, content) -> twin.send(exchange, 200, content));
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
        assertEquals(1, ranges().size());
    }

    @Test
    void startsAnewIfTheRangeIsRefused() throws IOException {
        leave(Arrays.copyOf(weights, 1000));
        twin.script.add(HubTwin.status(416, "Content-Range", "bytes */300000"));
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
        assertEquals(List.of("bytes=1000-", "null"), ranges());
    }

    @Test
    void startsAnewIfThePartIsOfOtherBytesOrTooLong() throws IOException {
        leave(bytes(1000, 99));
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
        assertEquals(List.of("bytes=1000-", "null"), ranges());
        Files.delete(blob(weights));
        leave(bytes(weights.length + 1, 99));
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
    }

    @Test
    void startsAnewIfAnotherPartIsSent() throws IOException {
        leave(Arrays.copyOf(weights, 1000));
        twin.script.add((exchange, content) -> {
            exchange.getResponseHeaders().set("Content-Range", "bytes 500-299999/300000");
            twin.send(exchange, 206, Arrays.copyOfRange(content, 500, content.length));
        });
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
    }

    @Test
    void tellsAFileThatWasSwappedBetweenTwoTransfers() throws IOException {
        byte[] other = bytes(weights.length, 77);
        twin.script.add((exchange, content) -> {
            twin.cutAfter(100_000).answer(exchange, content);
            twin.swap("model.safetensors", other);
        });
        assertRefused(settings(), MODEL, "expected SHA256 " + HubTwin.sha256(weights),
                "found " + HubTwin.sha256(other));
        assertFalse(Files.exists(blob(weights)));
        assertEquals(List.of(), leftovers(), "wrong bytes are not gone on with");
        twin.swap("model.safetensors", weights);
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
    }

    @Test
    void mendsASwapThatIsSwappedBack() throws IOException {
        twin.script.add(twin.cutAfter(100_000));
        twin.script.add((exchange, content) -> { // ignores If-Range and goes on with other bytes
            int from = (int) from(exchange.getRequestHeaders().getFirst("Range"));
            exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-299999/300000");
            twin.send(exchange, 206, bytes(content.length - from, 5));
        });
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
        assertEquals(3, ranges().size());
        assertEquals("null", ranges().getLast(), "all of it once more");
    }

    @Test
    void refusesWrongBytes() throws IOException {
        twin.swap("model.safetensors", bytes(weights.length, 5));
        assertRefused(settings(), MODEL, "hf:owner/name/model.safetensors", "thrown away");
        assertEquals(List.of(), leftovers());
        assertEquals(1, ranges().size(), "the same bytes would come again");
    }

    @Test
    void refusesAnotherLength() throws IOException {
        twin.swap("model.safetensors", Arrays.copyOf(weights, 200_000));
        assertRefused(settings(), MODEL, "expected 300000 bytes", "offers 200000");
        twin.swap("model.safetensors", Arrays.copyOf(weights, 400_000));
        assertRefused(settings(), MODEL, "offers 400000");
        twin.always = (exchange, content) -> { // chunked: no length is promised
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(content);
            }
        };
        assertRefused(settings(), MODEL, "sends more");
        assertFalse(Files.exists(blob(weights)));
        assertEquals(List.of(), leftovers());
        twin.swap("model.safetensors", weights);
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
    }

    @Test
    void refusesASmallFileWithAnotherHash() {
        twin.files.put("config.json", text("{ }"));
        twin.hubScript.add((exchange, _) -> twin.send(exchange, 200, text("{\"sha\":\"" + HubTwin.COMMIT
                + "\",\"siblings\":[{\"rfilename\":\"config.json\",\"size\":3,\"blobId\":\"" + "a".repeat(40)
                + "\"},{\"rfilename\":\"model.safetensors\",\"size\":5,\"blobId\":\"" + "b".repeat(40) + "\"}]}")));
        assertRefused(settings(), MODEL, "expected GIT_SHA1 " + "a".repeat(40), HubTwin.gitSha1(text("{ }")));
    }

    @Test
    void tellsAHashThatTheServiceChangedMeanwhile() throws IOException {
        byte[] other = bytes(weights.length, 8);
        twin.hubScript.add((exchange, _) -> {
            twin.send(exchange, 200, text("{\"sha\":\"" + HubTwin.COMMIT
                    + "\",\"siblings\":[{\"rfilename\":\"model.safetensors\",\"lfs\":{\"size\":300000,\"sha256\":\""
                    + HubTwin.sha256(other) + "\"}}]}"));
        });
        assertRefused(settings(), MODEL, "it was changed meanwhile");
        assertEquals(List.of(HubTwin.sha256(other) + Repository.PARTIAL), leftovers());
        assertEquals(0, Files.size(repository().resolve("blobs").resolve(leftovers().getFirst())));
    }

    @Test
    void triesAgainAfterPassingFaults() throws IOException {
        twin.hubScript
                .addAll(List.of(HubTwin.status(500), HubTwin.status(503), HubTwin.status(429, "Retry-After", "0")));
        twin.script.addAll(List.of(HubTwin.status(502), HubTwin.status(504), HubTwin.status(408)));
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
    }

    @Test
    void givesUpInTheEnd() {
        twin.always = HubTwin.status(503);
        assertRefused(settings(), MODEL, "answers 503", "tried 4 times", "goes on where it stopped");
        assertEquals(4, ranges().size());
    }

    @Test
    void waitsAsLongAsTheServerAsks() {
        twin.script.add(HubTwin.status(429, "Retry-After", "1"));
        long start = System.nanoTime();
        hub().pull(MODEL, SILENT);
        assertTrue(System.nanoTime() - start >= 1_000_000_000L);
        String inTwo = DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC).plusHours(2));
        twin.hubScript.add(HubTwin.status(503, "Retry-After", inTwo));
        assertRefused(settings(), MODEL, "asks to wait 7");
    }

    @Test
    void givesUpOnADripOfBytes() throws IOException {
        twin.always = (exchange, content) -> drip(exchange, content);
        var impatient = new Patience(4, QUICK.firstPause(), QUICK.longestPause(), QUICK.longestAsked(), QUICK.answer(),
                Duration.ofMillis(400), QUICK.stallBytes());
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> assertRefused(settings().withPatience(
                impatient), MODEL, "the transfer came to rest", "tried 4 times"));
        twin.always = null;
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
    }

    private static void drip(HttpExchange exchange, byte[] content) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        int from = range == null ? 0 : Integer.parseInt(range.substring(6, range.length() - 1));
        if (range != null) exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-299999/300000");
        exchange.sendResponseHeaders(range == null ? 200 : 206, content.length - from);
        try (OutputStream out = exchange.getResponseBody()) {
            for (int i = from; i < content.length; i++) {
                out.write(content[i]);
                out.flush();
                Thread.sleep(20);
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Test
    void givesUpOnASilentServer() {
        twin.always = (_, _) -> sleep(3000);
        var impatient = new Patience(2, QUICK.firstPause(), QUICK.longestPause(), QUICK.longestAsked(),
                Duration.ofMillis(200), QUICK.stall(), QUICK.stallBytes());
        assertRefused(settings().withPatience(impatient), MODEL, "no answer in time", "tried 2 times");
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void refusesACompressedBody() throws IOException {
        twin.always = (exchange, content) -> {
            var packed = new ByteArrayOutputStream();
            try (var gzip = new GZIPOutputStream(packed)) {
                gzip.write(content);
            }
            exchange.getResponseHeaders().set("Content-Encoding", "gzip");
            twin.send(exchange, 200, packed.toByteArray());
        };
        assertRefused(settings(), MODEL, "with the encoding gzip");
        assertFalse(Files.exists(blob(weights)));
    }

    @Test
    void stopsWhenInterruptedAndGoesOnLater() throws Exception {
        twin.always = (exchange, content) -> {
            exchange.sendResponseHeaders(200, content.length);
            OutputStream out = exchange.getResponseBody();
            out.write(content, 0, 10_000);
            out.flush();
            sleep(10_000);
        };
        var said = new String[1];
        var wasInterrupted = new boolean[1];
        Thread pulling = Thread.ofPlatform().start(() -> {
            said[0] = assertRefused(settings().withPatience(Patience.DEFAULT), MODEL);
            wasInterrupted[0] = Thread.currentThread().isInterrupted();
        });
        while (!Files.exists(partial()) || Files.size(partial()) < 10_000) Thread.sleep(5);
        pulling.interrupt();
        pulling.join(10_000);
        assertTrue(wasInterrupted[0], said[0]);
        twin.always = null;
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
        assertEquals("bytes=10000-", ranges().getLast());
    }

    @Test
    void fetchesEmptyFiles() throws IOException {
        twin.with("merges.txt", new byte[0]);
        Path folder = hub().pull(MODEL, SILENT).folder(ModelPart.ANY);
        assertEquals(0, Files.size(folder.resolve("merges.txt")));
        assertNull(hub().find(MODEL).parts().getFirst().files().stream().filter(PulledModel.File::isFetched).findAny()
                .orElse(null));
    }
}
