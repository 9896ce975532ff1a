package io.github.smalti.weights.hub.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.ModelReference;
import io.github.smalti.weights.hub.Patience;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Requests without a download: statuses, redirects, bodies, one server on loopback.
class RequestsTest {
    private static final Patience QUICK = new Patience(3, Duration.ofMillis(1), Duration.ofMillis(2),
            Duration.ofSeconds(2), Duration.ofSeconds(5), Duration.ofSeconds(5), 1);

    /// A status, with a `Location`, an encoding and a body.
    private record Reply(int status, String location, String encoding, int length) {}

    private final Deque<Reply> replies = new ArrayDeque<>();
    private final Requests requests = new Requests(QUICK);
    private HttpServer server;
    private URI uri;
    private ModelService service;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/x");
        service = new WebService(new ModelReference.Web(uri, "0".repeat(64)));
    }

    @AfterEach
    void stop() {
        requests.close();
        requests.close();
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        Reply reply;
        synchronized (replies) {
            reply = replies.isEmpty() ? new Reply(200, null, null, 3) : replies.poll();
        }
        try (exchange) {
            if (reply.status == 0) return; // hangs up
            if (reply.location != null) exchange.getResponseHeaders().set("Location", reply.location);
            if (reply.encoding != null) exchange.getResponseHeaders().set("Content-Encoding", reply.encoding);
            boolean isHead = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(reply.status, isHead || reply.length == 0 ? -1 : reply.length);
            if (!isHead && reply.length > 0) exchange.getResponseBody().write(new byte[reply.length]);
        }
    }

    private RequestsTest then(int status, String location) {
        replies.add(new Reply(status, location, null, 0));
        return this;
    }

    private byte[] read(int most) { return requests.read("GET", uri, null, service, "x", most); }

    private String refusal(org.junit.jupiter.api.function.Executable use) {
        return assertThrows(HubException.class, use).getMessage();
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void followsRedirectsOfEveryKind(int status) {
        then(status, "/y").then(status, uri.toString());
        assertArrayEquals(new byte[3], read(10));
        assertEquals(0, replies.size());
    }

    @Test
    void doesNotFollowOtherStatuses() {
        assertEquals("x: 127.0.0.1 answers 300; open the address in a browser to see whether it needs a login",
                refusal(() -> then(300, "/y").read(10)));
        assertEquals("x: 127.0.0.1 answers 204; open the address in a browser to see whether it needs a login",
                refusal(() -> then(204, null).read(10)));
    }

    @Test
    void bringsBodiesUpToTheirLimit() {
        replies.add(new Reply(200, null, null, 100_000));
        assertEquals(100_000, read(100_000).length);
        replies.add(new Reply(200, null, null, 100_000));
        assertEquals("x: expected at most 99999 bytes, found more", refusal(() -> read(99_999)));
    }

    @ParameterizedTest
    @CsvSource({"gzip, false", "br, false", "' ', true", "identity, true", "IDENTITY, true"})
    void refusesBodiesThatWereChangedOnTheWay(String encoding, boolean isFine) {
        replies.add(new Reply(200, null, encoding, 3));
        if (isFine) assertEquals(3, read(10).length);
        else
            assertTrue(refusal(() -> read(10)).contains("sends it with the encoding " + encoding));
    }

    @Test
    void triesAgainUntilItIsAnswered() {
        then(503, null).then(0, null);
        assertEquals(3, read(10).length);
        then(503, null).then(429, null).then(500, null);
        assertEquals(
                "x: the server 127.0.0.1 answers 500; tried 3 times; check the connection and run the same command "
                        + "again, it goes on where it stopped",
                refusal(() -> read(10)));
    }

    @Test
    void asksForHeadersUntilTheyAreThere() {
        then(503, null).then(0, null);
        assertEquals(200, requests.head(uri, service, "x").status());
        assertEquals("x: 127.0.0.1 answers 404; open the address in a browser to see whether it needs a login",
                refusal(() -> then(404, null).head()));
        assertTrue(
                refusal(() -> then(503, null).then(503, null).then(503, null).head()).contains("answers 503; tried 3"));
        replies.addAll(Collections.nCopies(40, new Reply(0, null, null, 0))); // the JDK's client tries some times itself
        assertTrue(refusal(this::head).contains("tried 3 times"));
        synchronized (replies) {
            replies.clear();
        }
        then(302, "http://127.0.0.1:1/elsewhere");
        assertEquals(302, requests.head(uri, service, "x").status(), "who keeps the bytes is not asked");
    }

    private void head() { requests.head(uri, service, "x"); }

    @Test
    void keepsTheMarkOfAnInterruptedThread() {
        Thread.currentThread().interrupt();
        assertEquals("x: stopped; the next pull goes on where this one ended", refusal(() -> read(10)));
        assertTrue(Thread.interrupted());
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
            "https://h/x; http://h/y; redirects from https to http (http://h/y), which is refused",
            "https://h/x; HTTP://h:81/y?sign=secret; redirects from https to http (HTTP://h:81/y), which is refused",
            "https://h/x; file:///etc/passwd; expected an address of the web, found one of scheme file",
            "https://h/x; //user:secret@h/y; expected an address of the web, found one of scheme https",
            "https://h/x; https://h:0/; expected an address of the web, found one of scheme https and port 0",
            "https://h/x; https://h:65536/; and port 65536", "https://h/x; a b; redirects to what is no address"})
    void refusesRedirectsToUnsafePlaces(String from, String location, String mention) {
        String said = refusal(() -> Requests.next(URI.create(from), location, "x"));
        assertTrue(said.startsWith("x: ") && said.contains(mention) && !said.contains("secret"), said);
    }

    @ParameterizedTest
    @CsvSource({"https://h/x, /y, https://h/y", "https://h/x, http://127.0.0.1:1/y, http://127.0.0.1:1/y",
            "http://h/x, http://i/y, http://i/y", "http://h/x, https://i/y, https://i/y"})
    void allowsOtherRedirects(String from, String location, String to) {
        assertEquals(URI.create(to), Requests.next(URI.create(from), location, "x"));
    }

    @Test
    void refusesAddressesThatAreNotOfTheWeb() {
        for (String odd : new String[]{"ftp://h/x", "http:///x", "mailto:a@b", "http://u@h/x"}) {
            assertTrue(refusal(() -> requests.send("GET", URI.create(odd), Map.of(), null, service.credential(), "x"))
                    .startsWith("x: expected an address of the web"), odd);
        }
        assertEquals("[" + uri + "]", Arrays.toString(new Object[]{service.list(requests).files().getFirst().uri()}));
    }
}
