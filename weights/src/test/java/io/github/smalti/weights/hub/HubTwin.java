package io.github.smalti.weights.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.smalti.weights.hub.internal.ContentHash;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/// A twin of the model hub on loopback: one port for the service, one for the host that keeps large files.
///
/// It answers as the service does: a listing with `?blobs=true`; `resolve` redirects small files to a relative address
/// and large ones to the other host, with `X-Linked-Etag`, `X-Linked-Size` and `X-Repo-Commit` on the redirect itself;
/// the other host has `ETag`s of its own, ranges and `If-Range`; refusals carry `X-Error-Code`.
final class HubTwin implements AutoCloseable {
    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    static final int LARGE = 1000;

    /// A request as it came.
    record Seen(String host, String method, String path, String authorization, String range, String ifRange,
            String encoding) {}

    /// How the host of large files answers one request.
    interface Behaviour { void answer(HttpExchange exchange, byte[] content) throws IOException; }

    final List<Seen> seen = Collections.synchronizedList(new ArrayList<>());
    final AtomicLong served = new AtomicLong();
    final Map<String, byte[]> files = new LinkedHashMap<>();
    final ConcurrentLinkedDeque<Behaviour> script = new ConcurrentLinkedDeque<>();
    final ConcurrentLinkedDeque<Behaviour> hubScript = new ConcurrentLinkedDeque<>();
    private final Map<String, byte[]> contents = new ConcurrentHashMap<>();
    private final HttpServer hub;
    private final HttpServer store;
    volatile String commit = COMMIT;
    volatile String wantedToken;
    volatile boolean isGated;
    volatile boolean listsHashes = true;
    volatile Behaviour always;

    HubTwin() {
        try {
            hub = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
            store = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start(hub, exchange -> {
            Behaviour next = hubScript.poll();
            if (next != null) {
                next.answer(exchange, new byte[0]);
            } else {
                hub(exchange);
            }
        }, "hub");
        start(store, exchange -> {
            byte[] content = contents.get(exchange.getRequestURI().getPath());
            Behaviour next = script.poll();
            if (next == null) next = always;
            if (content == null) {
                fail(exchange, 404, null);
            } else if (next != null) {
                next.answer(exchange, content);
            } else {
                serve(exchange, content);
            }
        }, "store");
    }

    private interface Handler { void handle(HttpExchange exchange) throws IOException; }

    private void start(HttpServer server, Handler handler, String name) {
        server.createContext("/", exchange -> {
            var headers = exchange.getRequestHeaders();
            seen.add(new Seen(name, exchange.getRequestMethod(), exchange.getRequestURI().toString(),
                    headers.getFirst("Authorization"), headers.getFirst("Range"), headers.getFirst("If-Range"),
                    headers.getFirst("Accept-Encoding")));
            try (exchange) {
                handler.handle(exchange);
            }
        });
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    URI endpoint() { return URI.create("http://127.0.0.1:" + hub.getAddress().getPort()); }

    URI store() { return URI.create("http://127.0.0.1:" + store.getAddress().getPort()); }

    /// Adds a file of the only repository, `owner/name`.
    HubTwin with(String name, byte[] content) {
        files.put(name, content);
        contents.put("/objects/" + sha256(content), content);
        return this;
    }

    /// Lets the store keep other bytes under the address of a file.
    void swap(String name, byte[] other) { contents.put("/objects/" + sha256(files.get(name)), other); }

    private void hub(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getRawPath();
        exchange.getResponseHeaders().set("X-Request-Id", "Root=1");
        if (wantedToken != null && !("Bearer " + wantedToken).equals(exchange.getRequestHeaders().getFirst(
                "Authorization"))) {
            fail(exchange, 401, isGated ? "GatedRepo" : "RepoNotFound");
        } else if (path.startsWith("/api/models/owner/name/revision/")) {
            String revision = path.substring(path.lastIndexOf('/') + 1);
            if (revision.equals("main") || revision.equals("pr%2F1") || revision.equals(commit)) {
                send(exchange, 200, listing().getBytes(StandardCharsets.UTF_8));
            } else {
                fail(exchange, 404, "RevisionNotFound");
            }
        } else if (path.startsWith("/owner/name/resolve/" + commit + "/")) {
            resolve(exchange, path);
        } else if (path.startsWith("/api/resolve-cache/models/owner/name/" + commit + "/")) {
            byte[] content = files.get(name(path, 7));
            exchange.getResponseHeaders().set("X-Repo-Commit", commit);
            exchange.getResponseHeaders().set("ETag", "\"" + gitSha1(content) + "\"");
            send(exchange, 200, content);
        } else {
            fail(exchange, 401, "RepoNotFound");
        }
    }

    private static String name(String path, int steps) {
        String rest = path;
        for (int i = 0; i < steps; i++) rest = rest.substring(rest.indexOf('/') + 1);
        return URLDecoder.decode(rest, StandardCharsets.UTF_8);
    }

    private void resolve(HttpExchange exchange, String path) throws IOException {
        String name = name(path, 5);
        byte[] content = files.get(name);
        if (content == null) {
            fail(exchange, 404, "EntryNotFound");
            return;
        }
        var headers = exchange.getResponseHeaders();
        headers.set("X-Repo-Commit", commit);
        boolean isLarge = content.length >= LARGE;
        if (isLarge) {
            headers.set("X-Linked-Size", Integer.toString(content.length));
            headers.set("X-Linked-Etag", "\"" + sha256(content) + "\"");
            headers.set("ETag", "\"" + sha256(content) + "\"");
            headers.set("Location", store() + "/objects/" + sha256(content) + "?X-Signature=signed-secret");
        } else {
            headers.set("Location", "/api/resolve-cache/models/owner/name/" + commit + "/" + name + "?etag=x");
        }
        send(exchange, isLarge ? 302 : 307, "redirecting".getBytes(StandardCharsets.UTF_8));
    }

    private String listing() {
        List<String> siblings = new ArrayList<>();
        files.forEach((name, content) -> {
            String start = "{\"rfilename\":\"" + name + "\"";
            if (listsHashes) {
                start += ",\"size\":" + content.length + ",\"blobId\":\"" + gitSha1(content) + "\"";
                if (content.length >= LARGE) {
                    start += ",\"lfs\":{\"sha256\":\"" + sha256(content) + "\",\"size\":" + content.length
                            + ",\"pointerSize\":134}";
                }
            }
            siblings.add(start + "}");
        });
        return "{\"_id\":\"1\",\"id\":\"owner/name\",\"sha\":\"" + commit + "\",\"private\":false,\"gated\":" + isGated
                + ",\"siblings\":[" + String.join(",", siblings) + "]}";
    }

    /// Answers as the host of large files does.
    void serve(HttpExchange exchange, byte[] content) throws IOException {
        var headers = exchange.getResponseHeaders();
        String etag = etag(content);
        headers.set("ETag", etag);
        headers.set("Accept-Ranges", "bytes");
        String range = exchange.getRequestHeaders().getFirst("Range");
        String ifRange = exchange.getRequestHeaders().getFirst("If-Range");
        if (range == null || ifRange != null && !ifRange.equals(etag)) {
            send(exchange, 200, content);
            return;
        }
        int from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
        if (from >= content.length) {
            headers.set("Content-Range", "bytes */" + content.length);
            fail(exchange, 416, null);
            return;
        }
        headers.set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        send(exchange, 206, Arrays.copyOfRange(content, from, content.length));
    }

    static String etag(byte[] content) { return "\"store-" + Arrays.hashCode(content) + "\""; }

    void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        boolean isHead = exchange.getRequestMethod().equals("HEAD");
        if (isHead) exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
        exchange.sendResponseHeaders(status, isHead || body.length == 0 ? -1 : body.length);
        if (isHead) return;
        try (OutputStream out = exchange.getResponseBody()) {
            for (int at = 0; at < body.length; at += 8192) {
                int count = Math.min(8192, body.length - at);
                out.write(body, at, count);
                served.addAndGet(count);
            }
        }
    }

    static void fail(HttpExchange exchange, int status, String code) throws IOException {
        if (code != null) exchange.getResponseHeaders().set("X-Error-Code", code);
        exchange.sendResponseHeaders(status, -1);
    }

    /// Answers with a status only.
    static Behaviour status(int status, String... headers) {
        return (exchange, _) -> {
            for (int i = 0; i < headers.length; i += 2) exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            fail(exchange, status, null);
        };
    }

    /// Promises everything from where it was asked, and hangs up after some bytes.
    Behaviour cutAfter(int count) {
        return (exchange, content) -> {
            String range = exchange.getRequestHeaders().getFirst("Range");
            int from = range == null ? 0 : Integer.parseInt(range.substring(6, range.length() - 1));
            var headers = exchange.getResponseHeaders();
            headers.set("ETag", etag(content));
            if (range != null) {
                headers.set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
            }
            exchange.sendResponseHeaders(range == null ? 200 : 206, content.length - from);
            OutputStream out = exchange.getResponseBody();
            out.write(content, from, Math.min(count, content.length - from));
            out.flush();
            try {
                Thread.sleep(50); // what a client has not read when it learns of the end, it may throw away
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        };
    }

    static String sha256(byte[] content) { return hash(ContentHash.Kind.SHA256, content); }

    static String gitSha1(byte[] content) { return hash(ContentHash.Kind.GIT_SHA1, content); }

    static String hash(ContentHash.Kind kind, byte[] content) {
        var digest = new ContentHash(kind, "").begin(content.length);
        digest.update(content);
        return ContentHash.found(digest);
    }

    @Override
    public void close() {
        hub.stop(0);
        store.stop(0);
    }
}
