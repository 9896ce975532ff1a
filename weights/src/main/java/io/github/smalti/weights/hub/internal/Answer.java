package io.github.smalti.weights.hub.internal;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.Map;

/// The answer at the end of a chain of redirects.
///
/// @param status  HTTP status
/// @param uri     who gave it
/// @param headers its headers
/// @param linked  headers `x-…` that the service itself gave on the way, by lower-case name; the first one counts
/// @param etag    the `ETag` that the service itself gave on the way, or null
/// @param body    its body; closed with the answer
public record Answer(int status, URI uri, HttpHeaders headers, Map<String, String> linked, String etag,
        InputStream body) implements AutoCloseable {
    /// A header of the last answer.
    ///
    /// @param name its name
    /// @return its value, or null
    public String header(String name) { return headers.firstValue(name).orElse(null); }

    /// A header that holds a count.
    ///
    /// @param name its name
    /// @return the count, or -1
    public long count(String name) { return counted(header(name)); }

    /// A header of the service itself that holds a count.
    ///
    /// @param name its lower-case name
    /// @return the count, or -1
    public long linkedCount(String name) { return counted(linked.get(name)); }

    private static long counted(String text) {
        return text != null && text.strip().matches("\\d{1,18}") ? Long.parseLong(text.strip()) : -1;
    }

    /// Ends the transfer.
    @Override
    public void close() {
        try {
            body.close();
        } catch (IOException _) {
            // nothing more is wanted from it
        }
    }
}
