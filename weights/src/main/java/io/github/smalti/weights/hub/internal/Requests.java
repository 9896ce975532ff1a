package io.github.smalti.weights.hub.internal;

import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.Patience;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.Map;

/// Sends requests and follows redirects by hand, so that a credential reaches its own origin only.
///
/// Opens its client with the first request; belongs to one pull and one thread.
public final class Requests implements AutoCloseable {
    private static final int MAX_REDIRECTS = 5;
    private static final int MOST_PORT = 65_535;
    private static final String AGENT = "smalti";

    private final Patience patience;
    private HttpClient client;

    /// Nothing is opened yet.
    ///
    /// @param patience how long to wait
    public Requests(Patience patience) { this.patience = patience; }

    /// How long to wait.
    Patience patience() { return patience; }

    /// Sends one request, without another try.
    ///
    /// @param method     `GET`, `HEAD` or `POST`
    /// @param start      the address
    /// @param headers    headers besides the usual ones
    /// @param json       body of a `POST`, or null
    /// @param credential what may be sent along to its origin
    /// @param what       what is asked for, in words
    /// @return the answer after redirects; for `HEAD`, the one that redirects to another origin
    /// @throws IOException  if the connection fails or the answer takes too long
    /// @throws HubException if redirects lead in circles or to an unsafe place, or the thread is interrupted
    Answer send(String method, URI start, Map<String, String> headers, String json, Credential credential, String what)
            throws IOException {
        URI uri = checked(start, what);
        Map<String, String> linked = new HashMap<>();
        String etag = null;
        for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
            HttpResponse<InputStream> response = exchange(method, uri, headers, json, credential, what);
            HttpHeaders found = response.headers();
            if (credential.isSameOrigin(uri)) {
                found.map().forEach((name, values) -> {
                    if (name.startsWith("x-")) linked.putIfAbsent(name, values.getFirst());
                });
                etag = found.firstValue("etag").orElse(etag);
            }
            int status = response.statusCode();
            boolean isRedirect = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
            if (!isRedirect) return new Answer(status, uri, found, linked, etag, response.body());
            URI to = next(uri, found.firstValue("location").orElse(null), what);
            // the service has told all it knows of the file; who keeps the bytes may not answer HEAD
            boolean isTold = method.equals("HEAD") && !credential.isSameOrigin(to);
            if (isTold) return new Answer(status, uri, found, linked, etag, response.body());
            response.body().close();
            uri = to;
        }
        throw new HubException(what + ": more than " + MAX_REDIRECTS + " redirects, the last one to "
                + Sentences.address(uri) + "; the service is broken, or the address is not one of a model");
    }

    private HttpResponse<InputStream> exchange(String method, URI uri, Map<String, String> headers, String json,
            Credential credential, String what) throws IOException {
        var request = HttpRequest.newBuilder(uri).timeout(patience.answer()).header("User-Agent", AGENT)
                .header("Accept-Encoding", "identity");
        headers.forEach(request::header);
        if (credential.isFor(uri)) request.header("Authorization", credential.header());
        if (json != null) request.header("Content-Type", "application/json");
        request.method(method, json == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(json));
        if (client == null) {
            client = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(patience.answer()).build();
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            throw Backoff.stopped(what, e);
        }
    }

    /// Where a redirect leads, if it may.
    static URI next(URI from, String location, String what) {
        if (location == null)
            throw new HubException(what + ": " + from.getHost() + " redirects without saying whereto");
        URI to;
        try {
            to = checked(from.resolve(location), what);
        } catch (IllegalArgumentException e) {
            throw new HubException(what + ": " + from.getHost() + " redirects to what is no address", e);
        }
        if (Credential.isSafe(from) && !Credential.isSafe(to) && !Credential.isLoopback(to)) {
            throw new HubException(what + ": " + from.getHost() + " redirects from https to http ("
                    + Sentences.address(to) + "), which is refused");
        }
        return to;
    }

    private static URI checked(URI uri, String what) {
        boolean isWeb = "https".equalsIgnoreCase(uri.getScheme()) || "http".equalsIgnoreCase(uri.getScheme());
        boolean hasPort = uri.getPort() != 0 && uri.getPort() <= MOST_PORT;
        if (isWeb && hasPort && uri.getHost() != null && uri.getRawUserInfo() == null) return uri;
        throw new HubException(what + ": expected an address of the web, found one of scheme " + uri.getScheme()
                + (hasPort ? "" : " and port " + uri.getPort()));
    }

    /// Sends a request until it is answered, and reads a small body.
    ///
    /// @param method     `GET` or `POST`
    /// @param uri        the address
    /// @param json       body of a `POST`, or null
    /// @param service    who is asked
    /// @param what       what is asked for, in words
    /// @param maxBytes   longest body that is read
    /// @return the body
    /// @throws HubException if it cannot be had
    byte[] read(String method, URI uri, String json, ModelService service, String what, int maxBytes) {
        var backoff = new Backoff(patience);
        while (true) {
            try (Answer answer = send(method, uri, Map.of(), json, service.credential(), what);
                    Stall stall = Stall.watch(answer.body(), patience)) {
                if (Backoff.isPassing(answer.status())) {
                    backoff.after(answer, what);
                    continue;
                }
                if (answer.status() != 200) throw service.refusal(answer, what);
                refuseEncoded(answer, what);
                byte[] body = stall.readAll(answer.body(), maxBytes + 1);
                if (body.length > maxBytes) {
                    throw new HubException(what + ": expected at most " + maxBytes + " bytes, found more");
                }
                return body;
            } catch (IOException e) {
                backoff.after(e, what);
            }
        }
    }

    /// Asks for headers only, until they are answered.
    ///
    /// @param uri     the address
    /// @param service who is asked
    /// @param what    what is asked for, in words
    /// @throws HubException if they cannot be had
    Answer head(URI uri, ModelService service, String what) {
        var backoff = new Backoff(patience);
        while (true) {
            try (Answer answer = send("HEAD", uri, Map.of(), null, service.credential(), what)) {
                if (Backoff.isPassing(answer.status())) {
                    backoff.after(answer, what);
                    continue;
                }
                if (answer.status() >= 400) throw service.refusal(answer, what);
                return answer;
            } catch (IOException e) {
                backoff.after(e, what);
            }
        }
    }

    /// Refuses a body that was changed on the way: its length and hash would be those of something else.
    ///
    /// @param answer the answer
    /// @param what   what was asked for
    static void refuseEncoded(Answer answer, String what) {
        String encoding = answer.header("Content-Encoding");
        if (encoding == null || encoding.isBlank() || encoding.strip().equalsIgnoreCase("identity")) return;
        throw new HubException(what + ": " + answer.uri().getHost() + " sends it with the encoding " + encoding
                + " although none was asked for; a proxy may be in between, try without it");
    }

    /// Ends all connections.
    @Override
    public void close() { if (client != null) client.shutdownNow(); }
}
